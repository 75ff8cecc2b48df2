"""Where the graded findings stand: conditions by certainty and direction, and what they mean for 100 people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp
from typing import NamedTuple

from .analyses import Analysis
from .book import Finding
from .contrasts import select
from .effect_sizes import Measure
from .grading import RANDOMISED, Certainty
from .records import Record, Status

CONDITIONS = {
    "depression": "Depression, one infusion",
    "depression-repeated": "Depression, repeated infusions",
    "depression-routes": "Depression, other routes of ketamine",
    "depression-esketamine": "Depression, esketamine spray",
    "depression-ect": "Depression, against or with ECT",
    "depression-active": "Depression, against other treatments",
    "relapse": "Relapse of depression",
    "clinic": "Depression, in everyday clinics",
    "bipolar": "Bipolar depression",
    "suicidality": "Suicidal thoughts and suicide",
    "ptsd": "Post-traumatic stress disorder",
    "anxiety": "Anxiety disorders",
    "ocd": "Obsessive–compulsive disorder",
    "substance-use": "Substance use disorders",
    "eating": "Eating disorders",
    "perinatal": "Around childbirth",
    "adolescents": "Adolescents",
    "older-adults": "Older adults",
    "pain": "Chronic pain",
    "beyond-mood": "Pleasure, thinking, quality of life",
    "prediction": "Who responds",
    "trials": "The trials themselves",
}
"""What a finding can be about, in the order of the map."""

DIRECTIONS = {
    "benefit": ("▲", "points to benefit"),
    "no difference": ("●", "points to no difference"),
    "harm": ("▼", "points to harm or less benefit"),
    "unclear": ("?", "cannot tell"),
}
"""Which way a finding points: a sign and words."""


class Cell(NamedTuple):
    """One finding on the map.

    Attributes:
        finding: the finding.
        sign, words: which way it points.
        people: how many people were randomised in the trials that it cites, each counted once.
    """

    finding: Finding
    sign: str
    words: str
    people: int


def evidence_map(
    findings: Sequence[Finding], records: Mapping[str, Record]
) -> tuple[tuple[str, Mapping[Certainty, tuple[Cell, ...]]], ...]:
    """The findings that name a condition, by condition and certainty, in the order of :data:`CONDITIONS`."""
    rows = []
    for condition, title in CONDITIONS.items():
        cells: dict[Certainty, tuple[Cell, ...]] = {}
        for finding in findings:
            if finding.condition == condition and (level := Certainty.parse(finding.certainty)) is not None:
                sign, words = DIRECTIONS.get(finding.direction, DIRECTIONS["unclear"])
                cell = Cell(finding, sign, words, randomised(finding, records))
                cells[level] = (*cells.get(level, ()), cell)
        if cells:
            rows.append((title, cells))
    return tuple(rows)


def randomised(finding: Finding, records: Mapping[str, Record]) -> int:
    """How many people the randomised trials cited by a finding hold; not those inside a cited review, or retracted."""
    known = [records[key] for key in finding.keys if key in records]
    return sum(r.n or 0 for r in known if r.design in RANDOMISED and r.status is not Status.RETRACTED)


def absolute(asked: str, records: Mapping[str, Record], analysis: Analysis | None, measure: Measure | None) -> str:
    """What a finding means for 100 people, in words.

    Args:
        asked: ``key outcome @ time point`` of one trial, or the name of a meta-analysis.
        records: the records that may be cited.
        analysis, measure: the meta-analysis of that name, if there is one.

    Raises:
        ValueError: with the cure, if there are no such data.
    """
    if analysis is not None and measure is not None:
        return _of_analysis(analysis, measure)
    key, _, outcome = asked.partition(" ")
    if not outcome:
        raise ValueError(f"there is no meta-analysis {asked!r}; or write 'key outcome @ time point'")
    contrast = select(records, [outcome], [key])[0]
    treated, control = contrast.rates
    return f"{treated:.0f} of 100 ({contrast.treated.arm}) against {control:.0f} of 100 ({contrast.control.arm})"


def _of_analysis(analysis: Analysis, measure: Measure) -> str:
    """The pooled effect for 100 people at the comparator's own rate, summed over the trials."""
    controls = [study.control for study in analysis.studies if study.control and study.control.events is not None]
    people = sum(arm.n or 0 for arm in controls)
    if measure not in (Measure.RR, Measure.OR) or not people:
        raise ValueError("only ratios of counts can be told for 100 people")
    base = sum(arm.events or 0 for arm in controls) / people
    low, middle, high = (
        100 * _risk(base, value, measure)
        for value in (analysis.total.ci_low, analysis.total.estimate, analysis.total.ci_high)
    )
    return f"{middle:.0f} of 100 (95% CI {low:.0f} to {high:.0f}) against {100 * base:.0f} of 100, pooled"


def _risk(base: float, log_ratio: float, measure: Measure) -> float:
    """The risk that a ratio makes of the comparator's risk, at most 1."""
    if measure is Measure.RR:
        return min(1.0, base * exp(log_ratio))
    odds = base / (1 - base) * exp(log_ratio) if base < 1 else float("inf")
    return 1.0 if odds == float("inf") else odds / (1 + odds)
