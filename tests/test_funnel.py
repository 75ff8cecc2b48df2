"""The funnel plot: where trials and limits lie, and what it says of itself."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbook.funnel import BOTTOM, LEFT, RIGHT, TOP, Dot, Funnel
from reviewbook.svg import PAGE, PRINT, SMALL, WIDTH

SVG = "{http://www.w3.org/2000/svg}"
ONE_PIXEL = 0.11  # coordinates are written to a tenth


def funnel(*dots: tuple[float, float], middle: float = 0.3, ratio: bool = False, of_100: bool = False) -> Funnel:
    trials = tuple(Dot(f"Trial {i}", f"{effect:.2f}", effect, se) for i, (effect, se) in enumerate(dots))
    return Funnel("Funnel plot: response", trials, middle, "risk ratio", ratio, of_100)


def drawn(picture: Funnel) -> ET.Element:
    return ET.fromstring(picture.svg("d", PRINT))


def numbers(node: ET.Element, *names: str) -> list[float]:
    return [float(node.attrib[name]) for name in names]


def line(picture: ET.Element, kind: str) -> list[list[float]]:
    return [numbers(one, "x1", "y1", "x2", "y2") for one in picture.iter(f"{SVG}line") if one.get("class") == kind]


dots = st.lists(st.tuples(st.floats(-4, 4), st.floats(0.01, 2)), min_size=10, max_size=26)


@given(dots, st.floats(-2, 2), st.booleans())
def test_trials_lie_within_the_plot_and_the_limits_at_196_standard_errors(
    trials: list[tuple[float, float]], middle: float, ratio: bool
) -> None:
    picture = drawn(funnel(*trials, middle=middle, ratio=ratio))
    circles = [numbers(circle, "cx", "cy") for circle in picture.iter(f"{SVG}circle")]
    assert len(circles) == len(trials)
    for x, y in circles:
        assert LEFT - ONE_PIXEL <= x <= RIGHT + ONE_PIXEL
        assert TOP <= y <= BOTTOM
    ((top_x, top_y, end_x, end_y),) = line(picture, "middle")
    assert (top_x, top_y, end_y) == (end_x, TOP, BOTTOM)
    ((nothing, *_),) = line(picture, "nothing")
    low, high = sorted(line(picture, "limit"), key=lambda ends: ends[2])
    assert low[:2] == high[:2] == [top_x, TOP]
    assert low[3] == high[3] == BOTTOM
    # The scales, from the trial that lies lowest.
    deepest = max(se for _, se in trials) * 1.06
    per_effect = (high[2] - low[2]) / (2 * 1.959964 * deepest)
    near = ONE_PIXEL * (1 + 2 * WIDTH / (high[2] - low[2]))
    assert nothing == pytest.approx(top_x - middle * per_effect, abs=near)
    for (x, y), (effect, se) in zip(circles, trials, strict=True):
        assert y == pytest.approx(TOP + (BOTTOM - TOP) * se / deepest, abs=ONE_PIXEL)
        assert x == pytest.approx(top_x + (effect - middle) * per_effect, abs=near)


@given(dots, st.booleans(), st.booleans())
def test_words_stay_within_the_drawing_and_are_large_enough(
    trials: list[tuple[float, float]], ratio: bool, of_100: bool
) -> None:
    picture = drawn(funnel(*trials, ratio=ratio, of_100=of_100 and not ratio))
    for text in picture.iter(f"{SVG}text"):
        assert float(text.attrib["font-size"]) >= SMALL
        width = len(text.text or "") * SMALL * 0.56
        share = {"middle": 0.5, "end": 1.0}.get(text.get("text-anchor", ""), 0.0)
        left = float(text.attrib["x"]) - share * width
        assert left >= 0 and left + width <= WIDTH


TRIALS = [(0.1 * i, 0.05 * i + 0.1) for i in range(10)]


def test_a_ratio_has_its_ticks_where_the_ratios_lie() -> None:
    picture = drawn(funnel(*TRIALS, ratio=True))
    texts = {text.text: float(text.attrib["x"]) for text in picture.iter(f"{SVG}text") if text.get("y") == "253"}
    assert {"0.5", "1", "2"} <= texts.keys()
    assert texts["2"] - texts["1"] == pytest.approx(texts["1"] - texts["0.5"], abs=2 * ONE_PIXEL)
    ((nothing, *_),) = line(picture, "nothing")
    assert texts["1"] == pytest.approx(nothing)
    assert "Standard error of the logarithm" in [text.text for text in picture.iter(f"{SVG}text")]


def test_people_of_100_are_shown_as_such() -> None:
    picture = drawn(funnel(*TRIALS, of_100=True))
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert "50" in texts
    assert "standard error 10;" in funnel(*TRIALS, of_100=True).describe()


def test_it_says_each_trial_and_how_many_lie_outside() -> None:
    said = funnel((0.3, 0.2), (0.3 + 1.95 * 0.1, 0.1), (0.3 - 1.97 * 0.15, 0.15)).describe()
    assert said == (
        "Trial 1: 0.49, standard error 0.1; Trial 2: 0.00, standard error 0.15; Trial 0: 0.30, standard error 0.2. "
        "1 of 3 trials lie outside the limits."
    )


def test_it_has_a_name_and_the_colours_of_the_page() -> None:
    page = ET.fromstring(funnel(*TRIALS).svg("d", PAGE))
    assert page.attrib["role"] == "img"
    assert page.attrib["aria-labelledby"] == "d-title d-desc"
    assert page.findtext(f"{SVG}title") == "Funnel plot: response"
    assert {circle.attrib["style"].split(";")[0] for circle in page.iter(f"{SVG}circle")} == {f"fill:{PAGE.accent}"}


def test_no_difference_is_on_the_axis_even_far_from_all_trials() -> None:
    ((at, *_),) = line(drawn(funnel(*((9 + 0.1 * i, 0.2) for i in range(10)), middle=9.5)), "nothing")
    assert at == pytest.approx(LEFT)
