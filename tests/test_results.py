"""What is said of a pooled result: whether it hangs on one trial, whether groups differ, whether trials are missing."""

from __future__ import annotations

from math import exp

import pytest

from reviewbook.analyses import Analysis, Question, Study
from reviewbook.effect_sizes import Effect, Measure
from reviewbook.results import FACTS, Result, firmness, in_sentences, left_out, p_value
from reviewbook.synthesis import between, egger, leave_one_out, pool

NO_FUNNEL = "With fewer than ten trials, a funnel plot or a test of its asymmetry would tell little; neither is made."


def result(
    effects: list[tuple[float, float]], measure: Measure = Measure.MD, *, split: int = 0, pooled: bool = True
) -> Result:
    """Effects with their standard errors, pooled; the first ``split`` of them make a group."""
    keys = tuple("ABCDEFGHIJKLMNO"[: len(effects)])
    studies = tuple(
        Study(key, "first" if i < split else "second", "24 h", None, None, Effect(yi, se**2), True)
        for i, (key, (yi, se)) in enumerate(zip(keys, effects, strict=True))
    )
    given = [one.effect for one in studies]
    parts = (("first", pool(given[:split])), ("second", pool(given[split:]))) if split else ()
    analysis = Analysis(
        studies,
        pool(given),
        parts,
        between([one for _, one in parts]) if parts else None,
        leave_one_out(given) if len(given) >= 3 else (),
        egger(given),
    )
    return Result("ma", Question(measure, "score", (), (("", keys),)), analysis, pooled)


def said(found: Result) -> str:
    return firmness(found, [f"{one.key} 2001" for one in found.analysis.studies])


SPREAD = [(-2.0, 0.5), (-1.0, 0.5), (0.4, 0.5), (-1.6, 0.5)]
FIRM = [(-2.0, 0.3), (-2.2, 0.3), (-1.9, 0.3), (-2.5, 0.3)]
ONE_AGAINST = [(-2.0, 0.3), (-2.2, 0.3), (-1.9, 0.3), (1.2, 0.3)]


def test_the_range_names_the_trials_at_its_ends() -> None:
    found = result(SPREAD)
    low, high = (pool([Effect(y, 0.25) for y, _ in SPREAD if y != left]).estimate for left in (0.4, -2.0))
    assert f"from {low:.2f} (without C 2001) to {high:.2f} (without A 2001).".replace("-", "−") in said(found)
    assert FACTS["leave-one-out"](found) == f"{low:.2f} to {high:.2f}".replace("-", "−")


def test_a_ratio_is_shown_as_a_ratio() -> None:
    low = exp(pool([Effect(y, 0.25) for y in (-2.0, -1.0, -1.6)]).estimate)
    assert f"the estimate runs from {low:.2f} (without C 2001)" in said(result(SPREAD, Measure.RR))


@pytest.mark.parametrize(
    ("effects", "verdict"),
    [
        (FIRM, "The interval excludes no difference with all trials and whichever is left out. "),
        (
            ONE_AGAINST,
            "includes no difference; without D 2001 it excludes it, so the answer hangs on that trial. ",
        ),
        (
            [(-2.0, 0.3), (-3.2, 0.3), (-1.0, 0.3), (-2.5, 0.3)],
            "With all trials the interval excludes no difference; without A 2001, B 2001 or D 2001 it includes it, so",
        ),
        ([(-2.0, 2), (1.0, 2), (-1.0, 2), (2.5, 2)], "The interval includes no difference with all trials and which"),
        (
            FIRM[:3],
            "Intervals of two trials tell little: most are very wide, and too narrow where two agree by chance. ",
        ),
    ],
)
def test_a_reader_learns_whether_the_answer_hangs_on_one_trial(
    effects: list[tuple[float, float]], verdict: str
) -> None:
    assert verdict in said(result(effects)) + " "


def test_trials_that_agree_have_no_range() -> None:
    assert said(result([(0.4, 0.2)] * 4)).startswith("Whichever trial is left out, the estimate is 0.40. ")


@pytest.mark.parametrize(("effects", "pooled"), [(SPREAD[:2], True), (SPREAD, False)])
def test_two_trials_or_trials_not_pooled_are_not_left_out(effects: list[tuple[float, float]], pooled: bool) -> None:
    found = result(effects, pooled=pooled)
    assert left_out(found) == ()
    assert FACTS["leave-one-out"](found) == ""
    assert said(found) == (NO_FUNNEL if pooled else "")


def test_a_single_trial_is_not_said_to_be_firm_or_not() -> None:
    assert said(result(SPREAD[:1])) == ""


# Small trials


def test_a_slanted_funnel_is_told_with_its_other_reasons() -> None:
    slanted = result([(0.1 + 2 * se + wobble, se) for se, wobble in zip(ERRORS, WOBBLES, strict=True)])
    test = slanted.analysis.asymmetry
    assert test is not None and test.p < 0.001
    assert "show other effects than more precise ones (Egger's test, p < 0.001)." in said(slanted)
    assert "never published are one possible reason; other patients, doses or methods, and chance" in said(slanted)
    assert "false alarm" not in said(slanted)
    assert NO_FUNNEL not in said(slanted)


def test_an_even_funnel_does_not_rule_out_missing_trials() -> None:
    even = result([(0.1 + wobble, se) for se, wobble in zip(ERRORS, WOBBLES, strict=True)], Measure.OR)
    assert even.analysis.asymmetry is not None
    assert f"({p_value(even.analysis.asymmetry.p)}), which does not rule out that trials are missing." in said(even)
    assert said(even).endswith("With effects of this kind the test may also raise a false alarm.")


def test_equally_precise_trials_have_no_test() -> None:
    assert "Egger's test is not made" in said(result([(0.1 * i, 0.2) for i in range(10)]))
    assert NO_FUNNEL in said(result([(0.1 * i, 0.2) for i in range(9)]))


ERRORS = [0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55]
WOBBLES = [0.02, -0.03, 0.01, 0.04, -0.05, 0.03, -0.02, 0.05, -0.04, 0.01]


# Groups


@pytest.mark.parametrize(
    ("effects", "split", "words"),
    [
        ([*FIRM[:3], (0.1, 0.3), (0.3, 0.3), (-0.2, 0.3)], 3, "The groups differ by more than chance alone would"),
        ([*FIRM[:3], (-2.1, 0.3), (-2.3, 0.3), (-1.8, 0.3)], 3, "which does not show them alike."),
        (FIRM, 2, "with fewer than three trials in a group it tells little either way."),
    ],
)
def test_a_difference_between_groups_is_told_in_plain_words(
    effects: list[tuple[float, float]], split: int, words: str
) -> None:
    found = result(effects, split=split)
    assert found.analysis.difference is not None
    assert words in in_sentences(found)
    assert f"Q {found.analysis.difference.q:.1f} on 1 df, {p_value(found.analysis.difference.p)}" in in_sentences(found)


def test_a_question_without_groups_says_nothing_of_them() -> None:
    assert "group" not in in_sentences(result(FIRM))


@pytest.mark.parametrize(
    ("p", "shown"), [(1e-7, "p < 0.001"), (0.00423, "p = 0.0042"), (0.049, "p = 0.049"), (0.6, "p = 0.6")]
)
def test_a_p_value_is_shown_with_few_digits(p: float, shown: str) -> None:
    assert p_value(p) == shown
