"""The arithmetic of certainty."""

import pytest

from reviewbook.grading import Certainty, Reason, grade, reasons, start
from reviewbook.records import Design

HIGH = ["rct-parallel", "rct-crossover", "pharmacokinetic"]
VERY_LOW = ["preclinical-in-vivo", "preclinical-in-vitro", "case-report", "commentary", "news"]


@pytest.mark.parametrize("design", Design)
def test_start_of_one_design(design: Design) -> None:
    expected = (
        Certainty.HIGH
        if design in HIGH
        else Certainty.VERY_LOW
        if design in VERY_LOW
        else Certainty.MODERATE
        if design == "label"
        else Certainty.LOW
    )
    assert start([design]) is expected


def test_the_best_design_counts() -> None:
    assert start([Design.PRECLINICAL_IN_VIVO, Design.COHORT]) is Certainty.LOW
    assert start([Design.NEWS, Design.RCT_CROSSOVER]) is Certainty.HIGH
    assert start([]) is Certainty.VERY_LOW


def test_each_reason_takes_one_level_and_a_very_serious_one_two() -> None:
    assert grade([Design.RCT_PARALLEL], reasons("imprecision (few people)"), ()) is Certainty.MODERATE
    assert grade([Design.RCT_PARALLEL], reasons("imprecision (very serious: nine people)"), ()) is Certainty.LOW
    assert (
        grade([Design.RCT_PARALLEL], reasons("imprecision (a); risk of bias (b); indirectness (c)"), ())
        is Certainty.VERY_LOW
    )
    assert (
        grade([Design.COHORT], reasons("imprecision (very serious: a); risk of bias (very serious: b)"), ())
        is Certainty.VERY_LOW
    )


def test_only_observational_evidence_in_people_is_raised() -> None:
    up = reasons("large effect (it was large)")
    assert grade([Design.COHORT], (), up) is Certainty.MODERATE
    assert grade([Design.PRECLINICAL_IN_VIVO], (), up) is Certainty.VERY_LOW
    assert grade([Design.RCT_PARALLEL], reasons("imprecision (few)"), up) is Certainty.MODERATE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("risk of bias (they knew; all of them)", (Reason("risk of bias", "they knew; all of them", 1),)),
        ("Risk of Bias (a) ; imprecision", (Reason("risk of bias", "a", 1), Reason("imprecision", "", 1))),
        ("imprecision (Very serious: few (n = 9))", (Reason("imprecision", "few (n = 9)", 2),)),
        ("publication-bias (x);", (Reason("publication bias", "x", 1),)),
        ("(odd", (Reason("(odd", "", 1),)),
        ("a) ; b", (Reason("a)", "", 1), Reason("b", "", 1))),
    ],
)
def test_reasons_are_split_at_semicolons_outside_of_parentheses(text: str, expected: tuple[Reason, ...]) -> None:
    assert reasons(text) == expected


def test_levels_are_read_and_written() -> None:
    assert [level.words for level in Certainty] == ["very low", "low", "moderate", "high"]
    assert [level.symbol for level in Certainty] == ["●○○○", "●●○○", "●●●○", "●●●●"]
    assert Certainty.parse(" Very-Low ") is Certainty.VERY_LOW
    assert Certainty.parse("lowish") is None
    assert Certainty.VERY_LOW.css == "certainty-very-low"
