"""Effect sizes of single trials, with their sampling variances.

Ratios are on the log scale. Formulas and defaults are those of the function ``escalc`` of R's metafor
(Viechtbauer 2010, Journal of Statistical Software 36(3)), so that anyone can check them there.

Continuity: where a trial has an empty cell (nobody, or everybody, had the event in an arm), 1/2 is added to all
four cells of that trial, for ratios and for the risk difference alike; other trials are left as they are.
"""

from __future__ import annotations

from enum import StrEnum
from math import exp, isfinite, lgamma, log, sqrt
from typing import NamedTuple


class Measure(StrEnum):
    """What is compared, and on which scale."""

    OR = "OR"
    RR = "RR"
    RD = "RD"
    MD = "MD"
    SMD = "SMD"
    GEN = "GEN"

    @property
    def is_ratio(self) -> bool:
        """Whether effects are logarithms of ratios."""
        return self in (Measure.OR, Measure.RR)

    @property
    def words(self) -> str:
        """The measure as readers know it."""
        return _WORDS[self]


_WORDS = {
    Measure.OR: "odds ratio",
    Measure.RR: "risk ratio",
    Measure.RD: "risk difference",
    Measure.MD: "mean difference",
    Measure.SMD: "standardised mean difference (Hedges g)",
    Measure.GEN: "effect",
}

OF_COUNTS = (Measure.OR, Measure.RR, Measure.RD)
OF_MEANS = (Measure.MD, Measure.SMD)


class Effect(NamedTuple):
    """The effect in one trial.

    Attributes:
        yi: the effect, treatment against comparator (a log ratio for OR and RR).
        vi: its sampling variance.
    """

    yi: float
    vi: float


def of_counts(measure: Measure, events_t: float, n_t: float, events_c: float, n_c: float) -> Effect:
    """The effect from people with the event and all people, in the treated (t) and the comparator arm (c).

    Raises:
        ValueError: if a count is negative, not finite, or larger than its arm, or an arm is empty.
    """
    for arm, events, n in (("treated", events_t, n_t), ("comparator", events_c, n_c)):
        if not (isfinite(events) and isfinite(n)):
            raise ValueError(f"the counts of the {arm} arm must be numbers")
        if n <= 0:
            raise ValueError(f"the {arm} arm has no participants")
        if events < 0:
            raise ValueError(f"the {arm} arm has {events:g} events")
        if events > n:
            raise ValueError(f"the {arm} arm has {events:g} events among {n:g} participants")
    a, b, c, d = events_t, n_t - events_t, events_c, n_c - events_c
    if 0 in (a, b, c, d):
        a, b, c, d = a + 0.5, b + 0.5, c + 0.5, d + 0.5
    m, n = a + b, c + d
    if measure is Measure.OR:
        return Effect(log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d)
    if measure is Measure.RR:
        return Effect(log((a / m) / (c / n)), 1 / a - 1 / m + 1 / c - 1 / n)
    if measure is Measure.RD:
        return Effect(a / m - c / n, a * b / m**3 + c * d / n**3)
    raise ValueError(f"{measure} is not a measure of counts")


def of_means(
    measure: Measure, mean_t: float, sd_t: float, n_t: float, mean_c: float, sd_c: float, n_c: float
) -> Effect:
    """The effect from means, standard deviations and numbers of people, in the treated (t) and comparator arm (c).

    The standardised mean difference is Hedges g with the exact correction for small samples (Hedges 1981).

    Raises:
        ValueError: if a value is not finite, a standard deviation is negative or none is above zero,
            or an arm has too few people.
    """
    for arm, mean, sd, n in (("treated", mean_t, sd_t, n_t), ("comparator", mean_c, sd_c, n_c)):
        if not (isfinite(mean) and isfinite(sd) and isfinite(n)):
            raise ValueError(f"mean, standard deviation and n of the {arm} arm must be numbers")
        if sd < 0:
            raise ValueError(f"the standard deviation of the {arm} arm is negative: {sd:g}")
        if n < 2:
            raise ValueError(f"the {arm} arm has {n:g} participants; a standard deviation needs two")
    if sd_t == 0 and sd_c == 0:
        raise ValueError("both standard deviations are zero")
    if measure is Measure.MD:
        return Effect(mean_t - mean_c, sd_t**2 / n_t + sd_c**2 / n_c)
    if measure is Measure.SMD:
        freedom = n_t + n_c - 2
        pooled = sqrt(((n_t - 1) * sd_t**2 + (n_c - 1) * sd_c**2) / freedom)
        g = _small_sample(freedom) * (mean_t - mean_c) / pooled
        return Effect(g, 1 / n_t + 1 / n_c + g**2 / (2 * (n_t + n_c)))
    raise ValueError(f"{measure} is not a measure of means")


def _small_sample(freedom: float) -> float:
    """The factor that takes the bias from a standardised mean difference."""
    return exp(lgamma(freedom / 2) - log(sqrt(freedom / 2)) - lgamma((freedom - 1) / 2))


def given(yi: float, vi: float) -> Effect:
    """An effect that a source reports with its variance.

    Raises:
        ValueError: if either is not finite, or the variance is not above zero.
    """
    if not (isfinite(yi) and isfinite(vi)):
        raise ValueError("yi and vi must be numbers")
    if vi <= 0:
        raise ValueError(f"the variance must be above zero, not {vi:g}")
    return Effect(yi, vi)
