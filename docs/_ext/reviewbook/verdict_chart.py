"""A chart of verdicts: for each part of the book, how many claims got which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .svg import SMALL, WIDTH, Theme, coordinate, frame, text_at
from .verdicts import Tally, Verdict

LEFT, RIGHT = 4.0, WIDTH - 4.0
BAR = 16.0
STEP = 62.0
TOP = 84.0
KEY = 44.0
"""Room for a sign and its count."""


class VerdictChart(NamedTuple):
    """Verdicts by part, as bars whose length is the number of claims.

    Attributes:
        title: what it shows.
        tallies: the parts, from above.
    """

    title: str
    tallies: tuple[Tally, ...]

    def describe(self) -> str:
        """The counts in words."""
        return " ".join(
            f"{tally.part}, {tally.total}: "
            + ", ".join(
                f"{count} {verdict.value}" for verdict, count in zip(Verdict, tally.counts, strict=True) if count
            )
            + "."
            for tally in self.tallies
        )

    def svg(self, name: str, theme: Theme) -> str:
        """The drawing; ``name`` makes its ids unique on a page."""
        body = [*_legend(theme)]
        longest = max(tally.total for tally in self.tallies)
        for index, tally in enumerate(self.tallies):
            y = TOP + STEP * index
            body.append(text_at(LEFT, y + 12, tally.part, more=' font-weight="600"'))
            body.append(text_at(RIGHT, y + 12, f"{tally.total}", SMALL, anchor="end", more=' font-weight="600"'))
            x = LEFT
            shown = [(verdict, count) for verdict, count in zip(Verdict, tally.counts, strict=True) if count]
            for verdict, count in shown:
                width = (RIGHT - LEFT) * count / longest
                body.append(_segment(x, y + 18, max(width - 1.5, 1), BAR, verdict, theme))
                x += width
            for place, (verdict, count) in enumerate(shown):
                body.append(text_at(LEFT + KEY * place, y + 48, f"{verdict.sign} {count}", SMALL, theme.muted))
        return frame(name, self.title, self.describe(), TOP + STEP * len(self.tallies), theme, body)


def _segment(x: float, y: float, width: float, height: float, verdict: Verdict, theme: Theme) -> str:
    """A stretch of a bar; its lightness and its outline tell the verdict, and so do the signs below the bar."""
    colour, opacity = {
        Verdict.SUPPORTED: (theme.accent, 1.0),
        Verdict.PARTLY: (theme.accent, 0.5),
        Verdict.OVERSTATED: (theme.muted, 0.35),
        Verdict.UNSUPPORTED: (theme.paper, 1.0),
        Verdict.CONTRADICTED: (theme.ink, 1.0),
        Verdict.NOT_CHECKABLE: (theme.paper, 1.0),
    }[verdict]
    dashed = ";stroke-dasharray:2 2" if verdict is Verdict.NOT_CHECKABLE else ""
    return (
        f'<rect x="{coordinate(x)}" y="{coordinate(y)}" width="{coordinate(width)}" height="{coordinate(height)}" '
        f'style="fill:{colour};stroke:{theme.muted}{dashed}" fill-opacity="{opacity:g}"/>'
    )


def _legend(theme: Theme) -> Iterator[str]:
    """The six verdicts, in two columns."""
    for index, verdict in enumerate(Verdict):
        x, y = LEFT + WIDTH / 2 * (index // 3), 6 + 22 * (index % 3)
        yield _segment(x, y, 12, 12, verdict, theme)
        yield text_at(x + 17, y + 10.5, f"{verdict.sign} {verdict.words}", SMALL, theme.muted)
