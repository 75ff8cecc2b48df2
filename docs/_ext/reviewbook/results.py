"""What came out of a meta-analysis, in words and numbers that readers see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, sqrt
from typing import NamedTuple

from .analyses import Analysis, Question, Study
from .contrasts import Z95
from .effect_sizes import Measure


class Result(NamedTuple):
    """A meta-analysis of the book, as the rest of the book may show it.

    Attributes:
        name: its label.
        question: what was asked.
        analysis: what came out.
        pooled: whether the trials are pooled, or only shown together.
        title: what a link to it says.
    """

    name: str
    question: Question
    analysis: Analysis
    pooled: bool
    title: str = ""


def bounds(one: Study) -> tuple[float, float]:
    """The 95% interval of one trial's effect."""
    half = Z95 * sqrt(one.effect.vi)
    return one.effect.yi - half, one.effect.yi + half


def number(value: float, measure: Measure) -> str:
    """An effect as readers see it: a ratio to two decimals, a risk difference in people of 100."""
    if measure.is_ratio:
        return f"{exp(value):.2f}"
    return (f"{100 * value:.1f}" if measure is Measure.RD else f"{value:.2f}").replace("-", "−")


def with_interval(value: float, low: float, high: float, measure: Measure) -> str:
    """``2.31 (1.40 to 3.82)``"""
    return f"{number(value, measure)} ({number(low, measure)} to {number(high, measure)})"


FACTS: dict[str, Callable[[Result], str]] = {
    "estimate": lambda r: number(r.analysis.total.estimate, r.question.measure),
    "of-100": lambda r: f"{number(r.analysis.total.estimate, Measure.RD)} of 100 people",
    "interval": lambda r: "95% CI " + _to(r.analysis.total.ci_low, r.analysis.total.ci_high, r),
    "prediction": lambda r: _to(r.analysis.total.pi_low, r.analysis.total.pi_high, r),
    "trials": lambda r: str(r.analysis.total.k),
    "people": lambda r: f"{people(r.analysis.studies):,}",
    "i2": lambda r: f"{r.analysis.total.i2:.0f}%",
    "tau2": lambda r: f"{r.analysis.total.tau2:.2f}",
}
"""What the role ``pooled`` takes."""


def _to(low: float, high: float, result: Result) -> str:
    return f"{number(low, result.question.measure)} to {number(high, result.question.measure)}"


def people(studies: Sequence[Study]) -> int:
    """How many people the arms hold."""
    return sum(arm.n or 0 for one in studies for arm in (one.treated, one.control) if arm)


def in_sentences(result: Result) -> str:
    """How the trials were brought together and how much they differ, in words."""
    measure, total = result.question.measure, result.analysis.total
    unit = ", in people of 100" if measure is Measure.RD else ""
    if not result.pooled:
        return f"Effects are {measure.words}s{unit}. The trials are not pooled."
    estimate = with_interval(total.estimate, total.ci_low, total.ci_high, measure)
    counted = f"{total.k} trials, {people(result.analysis.studies):,} people"
    parts = [
        f"Pooled {measure.words}{unit}: {estimate}, {counted}.",
        f"A new trial's effect would be expected in the range {_to(total.pi_low, total.pi_high, result)}."
        if total.k > 1
        else "",
        f"Variance between trials τ² {total.tau2:.3g}, I² {total.i2:.0f}%, Q {total.q:.1f}.",
    ]
    if result.analysis.difference:
        between = result.analysis.difference
        parts.append(f"Difference between the groups: Q {between.q:.1f} on {between.df} df, p = {between.p:.2g}.")
    parts.append("Random effects by REML, intervals by Hartung, Knapp, Sidik and Jonkman.")
    return " ".join(filter(None, parts))
