"""A chart of pairs: how many of 100 people had something with a treatment, and with what it was compared."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import NamedTuple

from .range_chart import nice_top, ticks
from .svg import LINE, SMALL, WIDTH, Theme, coordinate, frame, halo, text_at, text_width

MOST_ROWS = 18
"""More do not fit on a page of the PDF."""


class Pair(NamedTuple):
    """One comparison: a label, and how many of 100 in the treated and in the comparator arm."""

    label: str
    treated: float
    control: float

    @property
    def shown(self) -> str:
        """The two values in whole people."""
        return f"{whole(self.treated)} v {whole(self.control)}"


class Group(NamedTuple):
    """Pairs under one heading."""

    heading: str
    pairs: tuple[Pair, ...]


class PairChart(NamedTuple):
    """Pairs in groups, on one axis from zero.

    Attributes:
        title: what it shows.
        groups: the groups, from above.
    """

    title: str
    groups: tuple[Group, ...]

    def describe(self) -> str:
        """The values in words."""
        return " ".join(
            f"{group.heading}: " + "; ".join(f"{pair.label}, {pair.shown} of 100" for pair in group.pairs) + "."
            for group in self.groups
        )

    def svg(self, name: str, theme: Theme) -> str:
        """The drawing; ``name`` makes its ids unique on a page."""
        body = [*_legend(theme)]
        y = 34.0
        top = self.top

        def x(value: float) -> float:
            return LEFT + (RIGHT - LEFT) * value / top

        rows = []
        for group in self.groups:
            rows.append(text_at(LEFT - 4, y + 12, group.heading, more=' font-weight="600"'))
            y += 22
            for pair in group.pairs:
                room = WIDTH - 12 - text_width(pair.shown, SMALL) - 8
                for line in wrap(pair.label, int(room / text_width("x", SMALL)), break_long_words=False):
                    rows.append(text_at(LEFT - 4, y + 11, line, SMALL, more=halo(theme)))
                    y += LINE
                rows.append(
                    text_at(WIDTH - 4, y - 4, pair.shown, SMALL, anchor="end", more=halo(theme) + ' font-weight="600"')
                )
                rows.append(_bar(x(pair.treated), x(pair.control), y + 7, theme))
                y += 20
            y += 6
        for tick in ticks(top):
            body.append(
                f'<line x1="{coordinate(x(tick))}" x2="{coordinate(x(tick))}" y1="30" y2="{coordinate(y)}" '
                f'style="stroke:{theme.muted}" stroke-opacity="0.3"/>'
            )
            last = tick == top
            end = f"{tick:g} of 100" if last else f"{tick:g}"
            body.append(
                text_at(WIDTH if last else x(tick), y + 15, end, SMALL, theme.muted, "end" if last else "middle")
            )
        return frame(name, self.title, self.describe(), y + 24, theme, [*body, *rows])

    @property
    def top(self) -> float:
        """The end of the axis, at most 100."""
        peak = max(max(pair.treated, pair.control) for group in self.groups for pair in group.pairs)
        return min(100.0, nice_top(max(peak, 10.0)))


LEFT, RIGHT = 8.0, WIDTH - 12.0


def whole(value: float) -> str:
    """A number of people in 100 without decimals; "<1" for what is above 0 and below 0.5."""
    return "<1" if 0 < value < 0.5 else f"{value + 1e-9:.0f}"


def _bar(treated: float, control: float, y: float, theme: Theme) -> str:
    """A line between two marks: a disc for the treatment, a ring for what it was compared with."""
    return (
        f'<g style="stroke:{theme.accent}"><line x1="{coordinate(treated)}" x2="{coordinate(control)}" '
        f'y1="{coordinate(y)}" y2="{coordinate(y)}" stroke-width="2"/>'
        f'<circle cx="{coordinate(control)}" cy="{coordinate(y)}" r="4.5" stroke-width="2" style="fill:{theme.paper}"/>'
        f'<circle cx="{coordinate(treated)}" cy="{coordinate(y)}" r="5" stroke="none" style="fill:{theme.accent}"/></g>'
    )


def _legend(theme: Theme) -> Iterator[str]:
    yield (
        f'<circle cx="9" cy="11" r="5" style="fill:{theme.accent}"/>'
        f'<circle cx="185" cy="11" r="4.5" stroke-width="2" style="stroke:{theme.accent};fill:{theme.paper}"/>'
    )
    yield text_at(20, 15, "with the treatment", SMALL, theme.muted)
    yield text_at(196, 15, "with the comparison", SMALL, theme.muted)
