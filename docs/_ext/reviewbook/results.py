"""What came out of a meta-analysis, and how firm it is, in words and numbers that readers see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, sqrt
from typing import NamedTuple

from .analyses import Analysis, Question, Study
from .contrasts import Z95
from .effect_sizes import OF_COUNTS, Measure
from .synthesis import FUNNEL_NEEDS, LEFT_OUT_NEEDS, Pooled


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
    "leave-one-out": lambda r: _range_left_out(r),
}
"""What the role ``pooled`` takes; an empty text where the trials do not give it."""


GROUP_NEEDS = 3
"""With fewer trials in a subgroup, the test between subgroups rests on a spread that is hardly known."""


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
        kind, bracket, rest = measure.words.partition(" (")
        return f"Effects are {kind}s{bracket}{rest}{unit}. The trials are not pooled."
    estimate = with_interval(total.estimate, total.ci_low, total.ci_high, measure)
    counted = f"{total.k} trials, {people(result.analysis.studies):,} people"
    parts = [
        f"Pooled {measure.words}{unit}: {estimate}, {counted}.",
        f"A new trial's effect would be expected in the range {_to(total.pi_low, total.pi_high, result)}."
        if total.k > 1
        else "",
        f"Variance between trials τ² {total.tau2:.3g}, I² {total.i2:.0f}%, Q {total.q:.1f}.",
    ]
    parts.append(_between_groups(result))
    parts.append("Random effects by REML, intervals by Hartung, Knapp, Sidik and Jonkman.")
    return " ".join(filter(None, parts))


def _between_groups(result: Result) -> str:
    """The test for a difference between subgroups; empty where there is none."""
    test = result.analysis.difference
    if test is None:
        return ""
    said = f"Q {test.q:.1f} on {test.df} df, {p_value(test.p)}"
    if any(group.k < GROUP_NEEDS for _, group in result.analysis.groups):
        return f"Test between the groups: {said}; with fewer than three trials in a group it tells little either way."
    if test.p < 0.05:
        return f"The groups differ by more than chance alone would often make them ({said})."
    return f"The groups differ by no more than chance alone would often make them ({said}), which does not show them alike."


def p_value(p: float) -> str:
    """``p = 0.04``"""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


# How firm it is


def left_out(result: Result) -> tuple[tuple[Study, Pooled], ...]:
    """Each trial with what the others give together; empty unless at least three are pooled."""
    if not (result.pooled and result.analysis.left_out):
        return ()
    return tuple(zip(result.analysis.studies, result.analysis.left_out, strict=True))


def _range_left_out(result: Result) -> str:
    estimates = [pooled.estimate for _, pooled in left_out(result)]
    return _to(min(estimates), max(estimates), result) if estimates else ""


def firmness(result: Result, names: Sequence[str]) -> str:
    """Whether the answer hangs on one trial, and whether trials may be missing, in words.

    Args:
        result: a meta-analysis.
        names: how its trials are called, in order.

    Returns:
        Sentences; nothing where the trials are not pooled, or there is only one.
    """
    if not result.pooled or result.analysis.total.k < 2:
        return ""
    return " ".join(filter(None, (*_leaving_one_out(result, names), _asymmetry(result))))


def _leaving_one_out(result: Result, names: Sequence[str]) -> tuple[str, ...]:
    without = [(pooled, name) for (_, pooled), name in zip(left_out(result), names, strict=False)]
    if not without:
        return ()
    (low, first), (high, last) = (f(without, key=lambda one: one[0].estimate) for f in (min, max))
    shown = [number(one.estimate, result.question.measure) for one in (low, high)]
    if shown[0] == shown[1]:
        runs = f"Whichever trial is left out, the estimate is {shown[0]}."
    else:
        runs = (
            "Leaving out one trial at a time, the estimate runs "
            f"from {shown[0]} (without {first}) to {shown[1]} (without {last})."
        )
    if result.analysis.total.k == LEFT_OUT_NEEDS:
        return (
            runs,
            "Intervals of two trials tell little: most are very wide, and too narrow where two agree by chance.",
        )
    here = _includes_nothing(result.analysis.total)
    says, otherwise = ("includes", "excludes") if here else ("excludes", "includes")
    turned = [name for pooled, name in without if _includes_nothing(pooled) != here]
    if not turned:
        return runs, f"The interval {says} no difference with all trials and whichever is left out."
    hangs = "that trial" if len(turned) == 1 else "single trials"
    firm = f"With all trials the interval {says} no difference; without {_any_of(turned)} it {otherwise} it"
    return runs, f"{firm}, so the answer hangs on {hangs}."


def _any_of(names: Sequence[str]) -> str:
    """``A, B or C``"""
    *several, last = names
    return f"{', '.join(several)} or {last}" if several else last


def _includes_nothing(pooled: Pooled) -> bool:
    """Whether no difference, which is zero on the scale of the analysis, lies in the interval."""
    return pooled.ci_low <= 0 <= pooled.ci_high


def _asymmetry(result: Result) -> str:
    """What a funnel plot and Egger's test say, or why there are none."""
    total, test = result.analysis.total, result.analysis.asymmetry
    if total.k < FUNNEL_NEEDS:
        return (
            "With fewer than ten trials, a funnel plot or a test of its asymmetry would tell little; neither is made."
        )
    if test is None:
        return "Egger's test is not made, because the trials are all equally precise."
    measure = result.question.measure
    warns = measure in OF_COUNTS or measure is Measure.SMD
    alarm = " With effects of this kind the test may also raise a false alarm." if warns else ""
    if test.p < 0.1:
        return (
            f"Less precise trials, mostly the smaller ones, show other effects than more precise ones "
            f"(Egger's test, {p_value(test.p)}). Trials that were never published are one possible reason; "
            f"other patients, doses or methods, and chance, are others.{alarm}"
        )
    return (
        f"Egger's test gives no clear sign that less precise trials, mostly the smaller ones, show other effects than "
        f"more precise ones ({p_value(test.p)}), which does not rule out that trials are missing.{alarm}"
    )
