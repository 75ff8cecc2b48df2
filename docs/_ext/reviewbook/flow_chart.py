"""The flow of works from the searches to the library, as PRISMA 2020 asks for it in a living review."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import NamedTuple

from .screening import Flow
from .svg import CHARACTER, GAP, LINE, SMALL, WIDTH, Theme, coordinate, frame, text_at

LEFT = 4.0
BETWEEN = 26.0
"""Room for an arrow to the side."""
BOX = (WIDTH - 2 * LEFT - BETWEEN) / 2
RIGHT = LEFT + BOX + BETWEEN
PAD = 8.0
STEP = 26.0
"""Room for an arrow downwards."""


class Row(NamedTuple):
    """A box of the way down, and one beside it."""

    main: tuple[str, ...]
    aside: tuple[str, ...]
    leads_aside: bool = True


class FlowChart(NamedTuple):
    """The flow, drawn downwards: what goes on at the left, what is left out at the right."""

    title: str
    flow: Flow

    def rows(self) -> list[Row]:
        """The boxes, as lines of words."""
        flow = self.flow
        late = sum(number for _, number in flow.excluded_late)
        total = sum(number for _, number in flow.found)
        return [
            Row(
                (f"Found by logged searches: {total:,}", *(f"{name}: {number:,}" for name, number in flow.found)),
                (
                    "Not screened:",
                    f"already in the library: {flow.in_library:,}",
                    f"met before: {flow.met_before:,}",
                    f"still waiting: {flow.waiting:,}",
                ),
            ),
            Row(
                (f"Screened by title and abstract: {flow.screened:,}",),
                (f"Excluded: {flow.excluded_early:,}",),
            ),
            Row((f"Sought in full: {flow.sought:,}",), (f"Could not be had: {flow.not_retrieved:,}",)),
            Row(
                (f"Read: {flow.read:,}",),
                (f"Excluded: {late:,}", *(f"{words}: {number:,}" for words, number in flow.excluded_late)),
            ),
            Row(
                (f"New sources: {flow.included:,}",),
                (f"Sources found by hand, of which no log was kept: {flow.by_hand:,}",),
                leads_aside=False,
            ),
        ]

    @property
    def end(self) -> str:
        """The last box."""
        return f"Sources in the library: {self.flow.sources:,}"

    def describe(self) -> str:
        """The boxes in words."""
        rows = [
            f"{'; '.join(row.main)}. {'Left out' if row.leads_aside else 'Besides'}: {'; '.join(row.aside)}."
            for row in self.rows()
        ]
        return " ".join((*rows, f"{self.end}.")).replace(":;", ":")

    def svg(self, name: str, theme: Theme) -> str:
        """The drawing; ``name`` makes its ids unique on a page."""
        body = [
            (
                f'<defs><marker id="{name}-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
                'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="currentColor"/></marker></defs>'
            )
        ]
        y = LEFT
        rows = self.rows()
        for row in rows:
            main, aside = _lines(row.main, BOX), _lines(row.aside, BOX)
            height = max(len(main), len(aside)) * LINE + 2 * PAD
            body += _box(LEFT, y, BOX, height, main, theme, dashed=False)
            body += _box(RIGHT, y, BOX, height, aside, theme, dashed=row.leads_aside)
            middle = y + height / 2
            if row.leads_aside:
                body.append(_arrow(name, f"M{coordinate(LEFT + BOX)} {coordinate(middle)}H{coordinate(RIGHT - 1)}"))
            for x in (LEFT, RIGHT) if row is rows[-1] else (LEFT,):
                line = f"M{coordinate(x + BOX / 2)} {coordinate(y + height)}V{coordinate(y + height + STEP - 1)}"
                body.append(_arrow(name, line))
            y += height + STEP
        whole = WIDTH - 2 * LEFT
        lines = _lines((self.end,), whole)
        height = len(lines) * LINE + 2 * PAD
        body += _box(LEFT, y, whole, height, lines, theme, dashed=False)
        return frame(name, self.title, self.describe(), y + height + GAP, theme, body)


def _lines(words: Sequence[str], width: float) -> list[str]:
    """The lines of a box, broken to fit."""
    room = int((width - 2 * PAD) / (SMALL * CHARACTER))
    return [line for text in words for line in wrap(text, room, break_long_words=False)]


def _box(
    x: float, y: float, width: float, height: float, lines: Sequence[str], theme: Theme, dashed: bool
) -> list[str]:
    dashes = ";stroke-dasharray:4 3" if dashed else ""
    parts = [
        (
            f'<rect x="{coordinate(x)}" y="{coordinate(y)}" width="{coordinate(width)}" height="{coordinate(height)}" '
            f'rx="4" style="fill:{theme.soft};stroke:{theme.muted}{dashes}"/>'
        )
    ]
    top = y + (height - LINE * len(lines)) / 2
    parts += [text_at(x + PAD, top + LINE * (n + 0.75), line, SMALL) for n, line in enumerate(lines)]
    return parts


def _arrow(name: str, line: str) -> str:
    return f'<path d="{line}" fill="none" stroke="currentColor" stroke-width="1.5" marker-end="url(#{name}-tip)"/>'
