"""The ends of an axis and its ticks, for the plots of effects."""

from __future__ import annotations

from math import ceil, exp, floor, log, log10

RATIO_TICKS = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000)


def effect_ticks(low: float, high: float, ratio: bool) -> tuple[float, float, list[float]]:
    """An axis that holds the effects from ``low`` to ``high``.

    Args:
        low, high: the ends of what is shown, on the scale of the analysis.
        ratio: whether that scale is logarithmic.

    Returns:
        The ends of the axis and its ticks, on the same scale.
    """
    return _ratio_ticks(low, high) if ratio else plain_ticks(low, high)


def _ratio_ticks(low: float, high: float) -> tuple[float, float, list[float]]:
    logs = [log(tick) for tick in RATIO_TICKS]
    low = min(low, log(0.5))
    high = max(high, log(2))
    inside = [at for at in logs if low - 1e-9 <= at <= high + 1e-9]
    while len(inside) > 6:
        inside = [at for at in inside if at == 0 or inside.index(at) % 2 == inside.index(0.0) % 2]
    return low, high, inside


def plain_ticks(low: float, high: float) -> tuple[float, float, list[float]]:
    """An axis of at most eight round steps that begins and ends with a tick."""
    span = high - low
    step = 10 ** floor(log10(span))
    step = next(step * part for part in (0.1, 0.2, 0.5, 1, 2) if span / (step * part) <= 6)
    ticks = [round(step * i, 10) for i in range(floor(low / step), ceil(high / step) + 1)]
    return ticks[0], ticks[-1], ticks


def tick_text(at: float, ratio: bool = False, of_100: bool = False) -> str:
    """A tick as readers see it: a ratio, or people of 100 where effects are proportions."""
    return f"{exp(at) if ratio else at * (100 if of_100 else 1):.3g}".replace("-", "−")
