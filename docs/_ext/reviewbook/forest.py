"""A forest plot: the effect of each trial with its interval, and what they give together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from .axes import effect_ticks, tick_text
from .svg import SMALL, WIDTH, Theme, coordinate, frame, halo, text_at

MOST_ROWS = 26
"""More do not fit on a page of the PDF."""
LEFT, RIGHT = 8.0, WIDTH - 10.0


class Mark(NamedTuple):
    """One line of the plot, on the scale of the analysis.

    Attributes:
        label: the trial, or what is pooled.
        shown: the effect and its interval in words.
        estimate, low, high: the effect and its 95% interval.
        weight: the part of the trial in the estimate, or 0 for what is pooled.
        reach: the prediction interval of what is pooled.
    """

    label: str
    shown: str
    estimate: float
    low: float
    high: float
    weight: float = 0.0
    reach: tuple[float, float] | None = None


class Band(NamedTuple):
    """A heading with its trials, and what they give together."""

    heading: str
    marks: tuple[Mark, ...]
    pooled: Mark | None


class Forest(NamedTuple):
    """A forest plot.

    Attributes:
        title: what it shows.
        bands: the groups, from above.
        total: what all give together.
        ratio: whether the scale is logarithmic (effects are logarithms).
        sides: what lies to the left and to the right of no effect.
        of_100: whether effects are proportions, shown as people of 100.
    """

    title: str
    bands: tuple[Band, ...]
    total: Mark | None
    ratio: bool
    sides: tuple[str, str]
    of_100: bool = False

    def describe(self) -> str:
        """The effects in words."""
        marks = [mark for band in self.bands for mark in (*band.marks, band.pooled) if mark]
        return (
            "; ".join(f"{mark.label}: {mark.shown}" for mark in [*marks, *([self.total] if self.total else [])]) + "."
        )

    @property
    def rows(self) -> int:
        """How many lines it has."""
        return sum(len(band.marks) + bool(band.pooled) for band in self.bands) + bool(self.total)

    def svg(self, name: str, theme: Theme) -> str:
        """The drawing; ``name`` makes its ids unique on a page."""
        low, high, ticks = self._axis()

        def x(value: float) -> float:
            return LEFT + (RIGHT - LEFT) * (min(max(value, low), high) - low) / (high - low)

        y, rows = 22.0, []
        for band in self.bands:
            if band.heading:
                rows.append(text_at(2, y + 12, band.heading, more=' font-weight="600"'))
                y += 20
            for mark in band.marks:
                rows += _row(mark, x, y, theme, low, high)
                y += 32
            if band.pooled:
                # Its heading names the group; a longer label would run into the effect.
                drawn = band.pooled._replace(label="Pooled") if band.heading else band.pooled
                rows += _row(drawn, x, y, theme, low, high)
                y += 40
        if self.total:
            rows += _row(self.total, x, y + 2, theme, low, high)
            y += 40
        grid = [
            f'<line x1="{coordinate(x(at))}" x2="{coordinate(x(at))}" y1="20" y2="{coordinate(y)}" '
            f'style="stroke:{theme.muted}" stroke-opacity="{"0.9" if at == 0 else "0.25"}"/>'
            for at in ticks
        ]
        ends = (ticks[0], ticks[-1])
        for at in ticks:
            anchor = "start" if at == ends[0] else "end" if at == ends[1] else "middle"
            place = (
                2.0 if at == ends[0] and x(at) < 16 else WIDTH - 2.0 if at == ends[1] and x(at) > WIDTH - 16 else x(at)
            )
            grid.append(
                text_at(
                    place,
                    y + 15,
                    tick_text(at, self.ratio, self.of_100),
                    SMALL,
                    theme.muted,
                    anchor if place != x(at) else "middle",
                )
            )
        head = [
            text_at(2, 13, f"← {self.sides[0]}", SMALL, theme.muted),
            text_at(WIDTH - 2, 13, f"{self.sides[1]} →", SMALL, theme.muted, "end"),
        ]
        return frame(name, self.title, self.describe(), y + 24, theme, [*head, *grid, *rows])

    def _axis(self) -> tuple[float, float, list[float]]:
        """The ends of the axis and its ticks; intervals far outside the effects are cut off with an arrow."""
        marks = [mark for band in self.bands for mark in (*band.marks, band.pooled) if mark]
        marks += [self.total] if self.total else []
        points = [mark.estimate for mark in marks] + [0.0]
        pooled = [mark for mark in marks if not mark.weight]
        inner = points + [end for mark in pooled for end in (mark.low, mark.high)]
        span = max(max(inner) - min(inner), 1e-9)
        low = max(min([*inner, *(mark.low for mark in marks)]), min(inner) - 0.6 * span)
        high = min(max([*inner, *(mark.high for mark in marks)]), max(inner) + 0.6 * span)
        return effect_ticks(low, high, self.ratio)


def _row(mark: Mark, x: Callable[[float], float], y: float, theme: Theme, low: float, high: float) -> Iterator[str]:
    """A label with its effect, and below them the interval with a square, or a diamond for what is pooled."""
    bold = ' font-weight="600"' if not mark.weight else ""
    yield text_at(2, y + 11, mark.label, SMALL, more=halo(theme) + bold)
    yield text_at(WIDTH - 2, y + 11, mark.shown, SMALL, anchor="end", more=halo(theme) + bold)
    at = y + 21
    if mark.weight:
        yield (
            f'<line x1="{coordinate(x(mark.low))}" x2="{coordinate(x(mark.high))}" y1="{coordinate(at)}" '
            f'y2="{coordinate(at)}" style="stroke:{theme.accent}" stroke-width="1.6"/>'
        )
        for end, limit, sign in ((mark.low, low, 1), (mark.high, high, -1)):
            if (end - limit) * sign < 0:
                tip = x(end)
                yield (
                    f'<path d="M{coordinate(tip + 6 * sign)} {coordinate(at - 4)}L{coordinate(tip)} {coordinate(at)}'
                    f'L{coordinate(tip + 6 * sign)} {coordinate(at + 4)}" fill="none" style="stroke:{theme.accent}" '
                    'stroke-width="1.6"/>'
                )
        side = 4 + 8 * mark.weight**0.5
        yield (
            f'<rect x="{coordinate(x(mark.estimate) - side / 2)}" y="{coordinate(at - side / 2)}" '
            f'width="{coordinate(side)}" height="{coordinate(side)}" style="fill:{theme.accent}"/>'
        )
        return
    middle, left, right = x(mark.estimate), x(mark.low), x(mark.high)
    yield (
        f'<path d="M{coordinate(left)} {coordinate(at)}L{coordinate(middle)} {coordinate(at - 6)}'
        f'L{coordinate(right)} {coordinate(at)}L{coordinate(middle)} {coordinate(at + 6)}Z" style="fill:{theme.accent}"/>'
    )
    if mark.reach:
        yield (
            f'<line x1="{coordinate(x(mark.reach[0]))}" x2="{coordinate(x(mark.reach[1]))}" y1="{coordinate(at + 10)}" '
            f'y2="{coordinate(at + 10)}" style="stroke:{theme.muted}" stroke-width="3"/>'
        )
