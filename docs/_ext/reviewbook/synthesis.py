"""Random-effects meta-analysis: REML with Hartung-Knapp-Sidik-Jonkman intervals and a prediction interval.

Nothing here knows of Sphinx. Formulas as in Viechtbauer 2005 (J Educ Behav Stat 30:261), Hartung and Knapp 2001
(Stat Med 20:3875), Sidik and Jonkman 2002 (Stat Med 21:3153) and Higgins and Thompson 2002 (Stat Med 21:1539);
results are held to those of R's metafor, ``rma(method = "REML", test = "knha")`` with ``predict``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, isfinite, log, sqrt
from statistics import NormalDist
from typing import NamedTuple

from .effect_sizes import Effect

FUNNEL_NEEDS = 10
"""Fewer trials say nothing about a funnel's asymmetry (Sterne et al. 2011, BMJ 343:d4002)."""
LEFT_OUT_NEEDS = 3
"""Of fewer trials, leaving one out leaves nothing that is pooled."""


class Pooled(NamedTuple):
    """A pooled effect, on the scale of the effects.

    Attributes:
        k: the number of trials.
        estimate: the mean of the distribution of effects.
        ci_low, ci_high: its 95% confidence interval (of one trial: the normal interval of that trial).
        pi_low, pi_high: the 95% prediction interval: where the effect of a new trial would lie.
        tau2: the variance between trials.
        i2: how much of the variance is between trials, in per cent.
        q: Cochran's Q.
        weights: the part that each trial has in the estimate; they sum to 1.
        se: the standard error of the estimate that the interval rests on.
    """

    k: int
    estimate: float
    ci_low: float
    ci_high: float
    pi_low: float
    pi_high: float
    tau2: float
    i2: float
    q: float
    weights: tuple[float, ...]
    se: float

    @property
    def p_heterogeneity(self) -> float:
        """The p value of Q; 1 for one trial."""
        return _chance_of_more(self.q, self.k - 1) if self.k > 1 else 1.0


class Asymmetry(NamedTuple):
    """Egger's regression: how much effects rise with their standard errors, and the p value of its being nothing.

    This slope is the intercept in Egger's own form, the regression of effect over standard error on precision.
    """

    slope: float
    se: float
    p: float


class Between(NamedTuple):
    """A test for a difference between subgroups: Q on ``df`` degrees of freedom."""

    q: float
    df: int
    p: float


def pool(effects: Sequence[Effect]) -> Pooled:
    """Pool the effects of one or more trials.

    Raises:
        ValueError: if there is none, or one is not finite or has a variance that is not above zero.
    """
    _check(effects)
    y, v = [effect.yi for effect in effects], [effect.vi for effect in effects]
    k = len(effects)
    if k == 1:
        half = NormalDist().inv_cdf(0.975) * sqrt(v[0])
        return Pooled(1, y[0], y[0] - half, y[0] + half, y[0] - half, y[0] + half, 0.0, 0.0, 0.0, (1.0,), sqrt(v[0]))
    tau2 = reml(y, v)
    w = [1 / (one + tau2) for one in v]
    total = sum(w)
    mean = _mean(y, w)
    se = sqrt(sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True)) / (k - 1) / total)
    t = _t_quantile(0.975, k - 1)
    reach = t * sqrt(se**2 + tau2)
    return Pooled(
        k,
        mean,
        mean - t * se,
        mean + t * se,
        mean - reach,
        mean + reach,
        tau2,
        100 * tau2 / (tau2 + _typical_variance(v)),
        _cochran_q(y, v),
        tuple(a / total for a in w),
        se,
    )


def reml(y: Sequence[float], v: Sequence[float]) -> float:
    """The restricted maximum likelihood estimate of the variance between trials, not below zero.

    Args:
        y: the effects of two or more trials.
        v: their sampling variances, above zero.
    """
    # The likelihood may have several hills: look at it on a grid first, from far below to far above the spread of
    # the effects, then climb the highest hill.
    spread = max(y) - min(y)
    if spread == 0:
        return 0.0
    top = max(spread**2, 1e-12) * 10
    low = min(min(v), top) * 1e-6
    steps = [low * (top / low) ** (i / 80) for i in range(81)]
    grid = [0.0, *steps]
    heights = [_restricted_likelihood(tau2, y, v) for tau2 in grid]
    best = max(range(len(grid)), key=heights.__getitem__)
    left, right = grid[max(0, best - 1)], grid[min(len(grid) - 1, best + 1)]

    def slope(tau2: float) -> float:
        return _score(tau2, y, v)

    if left == 0.0 and slope(0.0) <= 0 and heights[0] >= heights[best]:
        return 0.0
    return _root(slope, left, right)


def _restricted_likelihood(tau2: float, y: Sequence[float], v: Sequence[float]) -> float:
    w = [1 / (one + tau2) for one in v]
    mean = _mean(y, w)
    return 0.5 * (sum(log(a) for a in w) - log(sum(w)) - sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True)))


def _score(tau2: float, y: Sequence[float], v: Sequence[float]) -> float:
    """The slope of the restricted likelihood at ``tau2``."""
    w = [1 / (one + tau2) for one in v]
    mean, total = _mean(y, w), sum(w)
    squares = sum(a * a for a in w)
    return 0.5 * (sum((a * (b - mean)) ** 2 for a, b in zip(w, y, strict=True)) - total + squares / total)


def _root(slope: Callable[[float], float], left: float, right: float) -> float:
    """Where a slope that is above zero on the left turns below it, by bisection."""
    if slope(left) <= 0:
        return left
    while right - left > 1e-13 * max(1e-12, right):
        middle = (left + right) / 2
        if middle in (left, right):
            break
        if slope(middle) > 0:
            left = middle
        else:
            right = middle
    return (left + right) / 2


def _mean(y: Sequence[float], w: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)


def _cochran_q(y: Sequence[float], v: Sequence[float]) -> float:
    w = [1 / one for one in v]
    mean = _mean(y, w)
    return sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))


def _typical_variance(v: Sequence[float]) -> float:
    w = [1 / one for one in v]
    return (len(v) - 1) * sum(w) / (sum(w) ** 2 - sum(a * a for a in w))


def leave_one_out(effects: Sequence[Effect]) -> tuple[Pooled, ...]:
    """The pooled effect without each trial in turn; nothing for fewer than two trials."""
    if len(effects) < 2:
        return ()
    return tuple(pool([*effects[:index], *effects[index + 1 :]]) for index in range(len(effects)))


def between(groups: Mapping[str, Pooled] | Iterable[Pooled]) -> Between:
    """Test whether the pooled effects of two or more subgroups differ, each with a variance between trials of its own.

    Raises:
        ValueError: if there are fewer than two subgroups.
    """
    several = list(groups.values()) if isinstance(groups, Mapping) else list(groups)
    if len(several) < 2:
        raise ValueError("a difference between subgroups needs two of them")
    if any(group.se == 0 for group in several):
        raise ValueError("a subgroup has no spread at all, so nothing can be tested")
    q = _cochran_q([group.estimate for group in several], [group.se**2 for group in several])
    return Between(q, len(several) - 1, _chance_of_more(q, len(several) - 1))


def egger(effects: Sequence[Effect]) -> Asymmetry | None:
    """Egger's test for a funnel's asymmetry (Egger et al. 1997, BMJ 315:629); None below ten trials.

    The weighted regression of the effects on their standard errors, which is the same test.
    """
    _check(effects)
    k = len(effects)
    if k < FUNNEL_NEEDS:
        return None
    y, x, w = [e.yi for e in effects], [sqrt(e.vi) for e in effects], [1 / e.vi for e in effects]
    mean_x, mean_y = _mean(x, w), _mean(y, w)
    spread = sum(a * (b - mean_x) ** 2 for a, b in zip(w, x, strict=True))
    if spread <= 1e-12 * sum(w) * mean_x**2:
        return None  # all trials are equally precise: there is no funnel
    slope = sum(a * (b - mean_x) * (c - mean_y) for a, b, c in zip(w, x, y, strict=True)) / spread
    rest = sum(a * (c - mean_y - slope * (b - mean_x)) ** 2 for a, b, c in zip(w, x, y, strict=True))
    se = sqrt(rest / (k - 2) / spread)
    p = 2 * _t_below(-abs(slope / se), k - 2) if se > 0 else 0.0
    return Asymmetry(slope, se, p)


def _check(effects: Sequence[Effect]) -> None:
    if not effects:
        raise ValueError("there is no trial to pool")
    for number, effect in enumerate(effects, 1):
        if not (isfinite(effect.yi) and isfinite(effect.vi) and 0 < effect.vi < inf):
            raise ValueError(f"trial {number} has the effect {effect.yi:g} with the variance {effect.vi:g}")


# scipy takes longer to load than all that is pooled; a build that pools nothing does not load it.


def _chance_of_more(q: float, df: int) -> float:
    """The probability that chi-squared on ``df`` degrees of freedom is above ``q``."""
    from scipy.special import chdtrc  # type: ignore[import-untyped]

    return float(chdtrc(df, q))


def _t_quantile(p: float, df: int) -> float:
    """The value that Student's t on ``df`` degrees of freedom stays below with the probability ``p``."""
    from scipy.special import stdtrit

    return float(stdtrit(df, p))


def _t_below(value: float, df: int) -> float:
    """The probability that Student's t on ``df`` degrees of freedom is below ``value``."""
    from scipy.special import stdtr

    return float(stdtr(df, value))
