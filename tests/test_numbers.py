"""Numbers, their units, names, and how they are traced."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from reviewbook.names import name_key, names
from reviewbook.numbers import tokens
from reviewbook.passages import passages
from reviewbook.records import Record
from reviewbook.tracing import Pool, unknown_names, untraced, vocabulary
from reviewbook.units import WEAK, unit_of_heading

# The same examples on every run, however busy the machine is.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


def read(text: str) -> list[tuple[str, str | None]]:
    """Values and units in a text, the values as plain decimals."""
    return [(f"{number.value.normalize():f}", number.unit) for number in tokens(text)]


def traced(sentence: str, *record: str, sources: int = 1) -> bool:
    return not untraced(tokens(sentence), vocabulary(record), sources)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("64%", [("64", "%")]),
        ("64 per cent", [("64", "%")]),
        ("14.2 percentage points", [("14.2", "pp")]),
        ("−10 points and -3 points", [("-10", "point"), ("-3", "point")]),
        ("P<.001", [("0.001", "p")]),
        ("p = 0.05", [("0.05", "p")]),
        ("0·5 mg/kg", [("0.5", "mg/kg")]),
        ("1,234 people", [("1234", "people")]),
        ("1\u2009234 people", [("1234", "people")]),
        ("12,500", [("12500", None)]),
        ("in 2013, 64%", [("2013", None), ("64", "%")]),
        ("0.5–1.0 mg/kg", [("0.5", "mg/kg"), ("1", "mg/kg")]),
        ("0.2 or 0.5 mg/kg", [("0.2", "mg/kg"), ("0.5", "mg/kg")]),
        ("30, 60 and 90%", [("30", "%"), ("60", "%"), ("90", "%")]),
        ("a 40- to 60-min infusion", [("40", "min"), ("60", "min")]),
        ("2- and 4-week", [("2", "week"), ("4", "week")]),
        ("between 18 and 65 years", [("18", "year"), ("65", "year")]),
        ("3.2 ± 0.4 h", [("3.2", "h"), ("0.4", "h")]),
        ("at 24 h, 64%", [("24", "h"), ("64", "%")]),
        ("day 28", [("28", "day")]),
        ("on days 1, 7 and 28", [("1", "day"), ("7", "day"), ("28", "day")]),
        ("on day 1, 12 of 20", [("1", "day"), ("12", None), ("20", None)]),
        ("weeks 2–4", [("2", "week"), ("4", "week")]),
        ("n = 403", [("403", None)]),
        ("95% CI 3.9 to 24.2", [("95", "% CI"), ("3.9", None), ("24.2", None)]),
        ("8.6 (SD 3.1) points", [("8.6", None), ("3.1", "SD of")]),
        ("24-hour, 36-year-old, 17-item", [("24", "h"), ("36", "year"), ("17", None)]),
        ("12 mL/min/kg", [("12", "mL/min/kg")]),
        ("10 mg per kg per day", [("10", "mg/kg/day")]),
        ("5 mg kg⁻¹", [("5", "mg")]),
        ("1.5 × 10⁻³ M", [("0.0015", "M")]),
        ("2 x 10^6 cells", [("2000000", None)]),
        ("$4,720 and £20", [("4720", "$"), ("20", "£")]),
        ("2:1", [("2", ":1")]),
        ("5 March 2019", [("5", "month 03"), ("2019", "month 03")]),
        ("March 5, 2019", [("5", "month 03"), ("2019", "month 03")]),
        ("2019-03-05", [("2019", "month 03"), ("5", "month 03")]),
        ("the 1990s", [("1990", "decade")]),
        ("the 28th day", [("28", "day")]),
        ("two trials, twelve people and twenty-four hours", [("2", None), ("12", "people"), ("24", "h")]),
        ("two hundred and five people", [("205", "people")]),
        ("half of them", [("0.5", "fraction")]),
        ("three quarters of them", [("0.75", "fraction")]),
        ("one in five", [("0.2", "fraction")]),
        ("9 in 10 people", [("0.9", "fraction")]),
        ("64 of 100", [("64", "of 100")]),
        ("twice, doubled, threefold, 3-fold", [("2", "fold"), ("2", "fold"), ("3", "fold"), ("3", "fold")]),
        ("two and a half hours", [("2.5", "h")]),
        ("a dozen", [("12", None)]),
        ("½ of it", [("0.5", "fraction")]),
        ("1 weeks", [("1", "week (plural)")]),
        ("a 1,000-hour test", [("1000", "h")]),
        # not numbers
        ("one, first, second and a third trial", []),
        ("the half-life, in a double-blind trial", []),
        ("it separates the two.", []),
        ("5-HT2A, GluN2B and phase 3", []),
    ],
)
def test_a_number_is_read_with_its_unit(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5-HT2A and GluN2B", ["5-HT2A", "GluN2B"]),
        ("mTORC1-dependent", ["mTORC1"]),
        ("anti-IL-6", ["IL-6"]),
        ("interleukin-6", ["interleukin-6"]),
        ("(2R,6R)-HNK", ["2R,6R"]),
        ("(2S,6S;2R,6R)-hydroxynorketamine", ["2S,6S;2R,6R"]),
        ("6-hydroxynorketamine", ["6-hydroxynorketamine"]),
        ("CYP2B6*6, Val66Met and rs6265", ["CYP2B6*6", "Val66Met", "rs6265"]),
        ("CP-101,606 and MK-0657", ["CP-101,606", "MK-0657"]),
        ("[11C]ABP688 and 18F-FDG", ["[11C]ABP688", "18F-FDG"]),
        ("phase 3, type 2 and layers 2/3", ["phase 3", "type 2", "layers 2/3"]),
        ("D2/3 and GluN2A/GluN2B", ["D2/3", "GluN2A", "GluN2B"]),
        ("MADRS-10, HAM-D17, GLYX-13", ["MADRS-10", "HAM-D17", "GLYX-13"]),
        ("NCT02417064", ["NCT02417064"]),
        ("AZD6765’s", ["AZD6765"]),
        ("24h, 0.5mg/kg, 3T, day-28, post-2010, mid-1990s, 28th", []),
    ],
)
def test_a_name_is_told_by_its_shape(text: str, expected: list[str]) -> None:
    assert list(names(text)) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HAM-D17", "HAMD-17"),
        ("phase 3", "Phase-3"),
        ("[11C]ABP688", "11C-ABP688"),
        ("carbon-13", "13C"),
        ("5-HT2A", "5‑HT2A"),
    ],
)
def test_spellings_of_a_name_are_one(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_a_name_joined_from_two_holds_both() -> None:
    pool = vocabulary(["D2/3 receptors and phases 2 and 3"])
    assert unknown_names(["D2", "D3", "phase 2", "phase 3"], pool) == ()
    assert unknown_names(["D1", "phase 1"], pool) == ("D1", "phase 1")


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("Dose (mg/kg)", "mg/kg"),
        ("Responders, %", "%"),
        ("Half-life [h]", "h"),
        ("%", "%"),
        ("Drug", None),
        ("People (n)", None),
        ("Year", None),
    ],
)
def test_a_heading_may_hold_the_unit_of_its_column(heading: str, unit: str | None) -> None:
    assert unit_of_heading(heading) == unit


@pytest.mark.parametrize(
    ("sentence", "record"),
    [
        ("two thirds", "2/3 of them"),
        ("12 of 20", "12/20 (60%)"),
        ("a fifth of them", "20% of them"),
        ("one in four", "25%"),
        ("64 of every 100", "64%"),
        ("18.4 ml/min/kg", "18.1 ml/min/kg alone and 18.4 in the racemate"),
        ("6.5 to 13 mg/kg", "1 to 4.5 mg/kg into a vein, 6.5 to 13 mg/kg into a muscle"),
        ("80 of 97", "Of 97 randomised, 80 were analysed."),
        ("fell from 30 to 12 points", "from 30 to 12 points"),
        ("16 points", "a fall of 16"),
        ("in the 1990s", "in 1992"),
    ],
)
def test_a_number_said_in_another_way_is_traced(sentence: str, record: str) -> None:
    assert traced(sentence, record)


@pytest.mark.parametrize(
    ("sentence", "record"),
    [
        ("64%", "64 people"),
        ("64%", "64 percentage points"),
        ("5 mg", "5 mg/kg"),
        ("7 days", "1 week"),
        ("28 people", "28%"),
        ("0.50 mg", "0.5 mg"),
        ("07 people", "7 people"),
        ("12 points", "14 points (SD 12)"),
        ("an effect of 0.4", "0.7 (95% CI 0.4 to 0.9)"),
        ("95%", "14% (95% CI 3 to 24)"),
        ("0.5 to 13 mg/kg", "1 to 4.5 mg/kg and 0.5 and 6.5 to 13 mg/kg"),
        ("33 of 41", "33 of 38 and 20 of 41"),
        ("9–3 days", "3–9 days"),
        ("at 3 and 3 days", "at 3 and 7 days"),
        ("5 April 2019", "5 March 2019"),
        ("a third of them", "33%"),
    ],
)
def test_a_number_that_says_something_else_is_not_traced(sentence: str, record: str) -> None:
    assert not traced(sentence, record)


def test_a_number_word_may_count_the_sources() -> None:
    assert traced("Two trials agree.", "nothing", sources=2)
    assert not traced("Two trials agree.", "nothing", sources=1)
    assert not traced("2 trials agree.", "nothing", sources=2)
    assert not traced("Two weeks passed.", "nothing", sources=2)


def test_pools_of_several_sources_add_up() -> None:
    pool = vocabulary(["64% with GluN2B"]) | vocabulary(["28 people with mTORC1"])
    assert not untraced(tokens("64% and 28 people"), pool)
    assert not unknown_names(["GluN2B", "mTORC1"], pool)
    assert untraced(tokens("28%"), pool)
    assert Pool() | pool == pool | Pool() == pool


def pool_of(record: Record, year: int | None) -> Pool:
    """Return what the source of ``record``, published in ``year``, can be cited for by some sentence: its numbers and names."""
    found = tuple(passages(record, year))
    whole = vocabulary(dict.fromkeys(passage.whole for passage in found))
    return vocabulary(passage.text for passage in found) | Pool(texts=whole.texts)


RECORD = Record.model_validate(
    yaml.safe_load("""
key: doe2001
design: rct-parallel
population: adults between 18 and 65 years
n: 73
intervention: ketamine 0.5 mg/kg over 40 min
comparator: midazolam 0.045 mg/kg
findings: [{id: a, text: "At 24 h 64% responded.", locator: "Table 9 on page 11"}]
outcomes:
- {outcome: response, timepoint: 7 days, definition: ">=50% fall", locator: page 12, arms: [{arm: ketamine, n: 47, percent: 44.7, events: 21}]}
- {outcome: score, timepoint: 24 h, scale: MADRS-10, locator: page 13, arms: [{arm: midazolam, n: 25, mean: -8.8, sd: 12}]}
caveats: [only 3 sites]
read: [{what: abstract, where: page 14, when: 2026-11-23}]
""")
)


@pytest.mark.parametrize(
    "text",
    [
        "18 to 65 years", "73 people", "0.5 mg/kg", "40 min", "0.045 mg/kg", "24 h", "64%", "7 days", "a 50% fall", "47 people",
        "21 of 47", "44.7%", "8.8 points", "SD 12", "SD 12.0", "3 sites", "in 2001",
    ],
)  # fmt: skip
def test_all_that_a_record_says_of_its_source_can_be_cited(text: str) -> None:
    assert not untraced(tokens(text), pool_of(RECORD, 2001), 1)


@pytest.mark.parametrize(
    "text", ["9 people", "11 people", "12 people", "13 people", "14 people", "2026", "23 people", "12 points"]
)
def test_what_a_record_says_of_itself_cannot_be_cited(text: str) -> None:
    assert untraced(tokens(text), pool_of(RECORD, 2001), 1)


UNITS = {
    "%": ["%", " %", " per cent", " percent"],
    "mg/kg": [" mg/kg", "mg/kg", " mg per kg", " milligrams per kilogram", "\u00a0mg/kg"],
    "h": [" h", "h", " hours", "-hour", " hrs", "-h"],
    "day": [" days", "-day", " d"],
    "week": [" weeks", "-week"],
    "people": [" people", " participants", " patients"],
    "pp": [" percentage points", " percentage-points"],
    "ng/mL": [" ng/ml", " ng/mL", " nanograms per millilitre"],
    "µM": [" µM", " μM", " uM"],
    None: ["", " trials"],
}
decimals = st.tuples(st.integers(2, 99_999), st.integers(0, 3)).map(lambda pair: Decimal(pair[0]).scaleb(-pair[1]))


@st.composite
def written(draw: st.DrawFn, value: Decimal) -> str:
    """Write a number in one of the ways that authors and sources use."""
    text = f"{value:f}"
    whole, point, part = text.partition(".")
    if len(whole) > 3:
        whole = draw(st.sampled_from([whole, f"{int(whole):,}", f"{int(whole):,}".replace(",", "\u2009")]))
    point = draw(st.sampled_from([".", "·"])) if part else ""
    whole = draw(st.sampled_from(["", "0"])) if whole == "0" and part else whole
    return draw(st.sampled_from(["", "−", "-"])) + whole + point + part


@given(st.data(), decimals, st.sampled_from(list(UNITS)))
def test_a_number_is_traced_however_it_is_written(data: st.DataObject, value: Decimal, unit: str | None) -> None:
    record, sentence = (
        f"It was {data.draw(written(value))}{data.draw(st.sampled_from(UNITS[unit]))} there." for _ in range(2)
    )
    assert traced(sentence, record)


@given(st.data(), decimals, st.sampled_from(list(UNITS)), st.sampled_from(list(UNITS)))
def test_a_number_is_not_traced_with_another_unit(
    data: st.DataObject, value: Decimal, unit: str | None, other: str | None
) -> None:
    assume(len({unit, other} - {None, "people"}) > (unit == other) and unit != other)
    record = f"It was {value:f}{data.draw(st.sampled_from(UNITS[unit]))} there."
    sentence = f"It was {value:f}{data.draw(st.sampled_from(UNITS[other]))} there."
    assert not traced(sentence, record)


@given(st.data(), st.lists(st.tuples(decimals, st.sampled_from(list(UNITS))), min_size=1, max_size=4))
def test_any_changed_digit_is_caught_if_the_record_holds_the_true_numbers_only(
    data: st.DataObject, found: list[tuple[Decimal, str | None]]
) -> None:
    text = "".join(f"It was {value:f}{UNITS[unit][0]} there. " for value, unit in found)
    assert traced(text, text)
    place = data.draw(st.sampled_from([index for index, char in enumerate(text) if char.isdigit()]))
    digit = data.draw(st.sampled_from([char for char in "0123456789" if char != text[place]]))
    changed = text[:place] + digit + text[place + 1 :]
    true = {(abs(number.value), number.unit) for number in tokens(text)}
    assume({(abs(number.value), number.unit) for number in tokens(changed)} - true)
    assert not traced(changed, text)


@given(
    st.data(),
    st.lists(
        st.sampled_from(["5-HT2A", "GluN2B", "mTORC1", "(2R,6R)-HNK", "phase 3", "IL-6", "GLYX-13", "Val66Met"]),
        min_size=1,
    ),
)
def test_any_changed_digit_of_a_name_is_caught(data: st.DataObject, found: list[str]) -> None:
    text = "It was " + " with ".join(found) + " there."
    assert not unknown_names(names(text), vocabulary([text]))
    place = data.draw(st.sampled_from([index for index, char in enumerate(text) if char.isdigit()]))
    digit = data.draw(st.sampled_from([char for char in "0123456789" if char != text[place]]))
    changed = text[:place] + digit + text[place + 1 :]
    assert unknown_names(names(changed), vocabulary([text]))


fragments = st.sampled_from(
    [
        *"0123456789.,:;%-–−/()[]±×=<> ", "half", "two", "twelve", " of ", " to ", " and ", "mg/kg", " h", " days", "day ", "CI ", "SD ", "p = ", "5-HT2A",
        "(2R,6R)-HNK", "March", "1990s", "½", "10⁻³", "phase ", "in ", "twice", "percentage points", "people", "$",
    ]
)  # fmt: skip
texts = st.lists(fragments, max_size=25).map("".join) | st.text(max_size=40)


@given(texts)
@example("1/0")
@example("0 in 0")
@example("99 May 0000")
def test_numbers_stand_where_they_say_and_never_overlap(text: str) -> None:
    end = 0
    for number in tokens(text):
        assert end <= number.start < number.end <= len(text)
        assert text[number.start : number.end] == number.text
        end = number.end
    for name in names(text):
        assert name.replace(" ", "") in text.replace(" ", "")


@given(texts)
def test_a_text_is_traced_to_itself(text: str) -> None:
    pool = vocabulary([text])
    odd = [number for number in tokens(text) if re.match(r"[-−–]?0\d", number.text)]
    assume(not odd)  # "07" is never traced
    assert untraced(tokens(text), pool, 0) == ()
    assert unknown_names(names(text), pool) == ()


def test_every_record_of_the_book_is_traced_to_itself() -> None:
    """What a record says in one finding can be said in one sentence that cites it."""
    folder = Path(__file__).parent.parent / "docs" / "sources"
    failed = []
    for path in sorted(folder.glob("*.yml")):
        record = Record.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
        pool = pool_of(record, None)
        for finding in record.findings:
            failed += [f"{path.stem} {finding.id}: {number.text}" for number in untraced(tokens(finding.text), pool)]
            failed += [f"{path.stem} {finding.id}: {name}" for name in unknown_names(names(finding.text), pool)]
    assert failed == []


def test_units_have_one_spelling_each() -> None:
    assert len(set(WEAK)) == 4
    for unit, spellings in UNITS.items():
        assert {number.unit for spelling in spellings for number in tokens(f"It was 7{spelling} there")} == {unit}
