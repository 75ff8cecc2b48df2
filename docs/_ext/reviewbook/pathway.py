"""A diagram of steps from causes to effects, read from a list of the chapter and drawn in layers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from textwrap import wrap
from typing import NamedTuple

from .svg import BOLD, FONT, GAP, LINE, SMALL, WIDTH, Theme, coordinate, frame, text_at, text_width

EVIDENCE = ("people", "animals", "cells")
"""The kinds of evidence for an arrow, the most telling first; each has its own line."""
DASHES = {"people": "", "animals": "6 4", "cells": "0.1 5"}
AGAINST = "against"
"""The remark on an arrow that the evidence speaks against; its label begins with a cross."""


class Arrow(NamedTuple):
    """A step: from one thing to another, with the kinds of evidence and remarks such as ``disputed``."""

    start: str
    end: str
    evidence: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        kinds = ", ".join(self.evidence)
        cross = "× " if AGAINST in self.remarks else ""
        return f"{cross}{kinds}: {', '.join(self.remarks)}" if self.remarks else kinds


STEP = re.compile(r"^\s*\((?P<kinds>[^)]+)\)\s*:")


def read_step(bold: str, after: str) -> list[Arrow]:
    """Read ``A → B`` and ``(animals, people): …``; ``A → B → C`` makes two arrows.

    Raises:
        ValueError: with the cure, if the item is not of that form.
    """
    names = [" ".join(name.split()) for name in bold.split("→")]
    found = STEP.match(after)
    if len(names) < 2 or not all(names) or not found:
        raise ValueError(f"write the item as '**A → B** (animals, people): sentence'; it starts with {bold!r}")
    words = [word.strip() for word in found["kinds"].split(",")]
    kinds = tuple(kind for kind in EVIDENCE if kind in words)
    if not kinds:
        raise ValueError(f"say in brackets after {bold!r} where it was seen: {', '.join(EVIDENCE)}")
    remarks = tuple(word for word in words if word not in EVIDENCE)
    return [Arrow(start, end, kinds, remarks) for start, end in pairwise(names)]


class _Cell:
    """A box, a label or a bend of an arrow, in one row of the layout."""

    def __init__(self, row: int, width: float, lines: Sequence[str] = (), bend: bool = False) -> None:
        self.row = row
        self.bend = bend
        self.width = width
        self.lines = tuple(lines)
        self.x = WIDTH / 2
        self.above: list[_Cell] = []
        self.below: list[_Cell] = []


class Pathway(NamedTuple):
    """Steps from causes to effects; drawn from above in layers."""

    title: str
    arrows: tuple[Arrow, ...]

    def describe(self) -> str:
        """The arrows in words."""
        return "; ".join(f"{a.start} to {a.end} ({a.label})" for a in self.arrows) + "."

    def svg(self, name: str, theme: Theme) -> str:
        """The drawing; ``name`` makes its ids unique on a page."""
        rows, boxes, routes = layout(self.arrows)
        tops, heights = _heights(rows)
        tip = (
            f'<defs><marker id="{name}-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="currentColor"/></marker></defs>'
        )
        body = [tip]
        for arrow, route in zip(self.arrows, routes, strict=True):
            body.append(_curve(arrow, route, tops, heights, name))
        for _, label, *_ in routes:
            middle = tops[label.row] + heights[label.row] / 2
            high = LINE * len(label.lines)
            body.append(
                f'<rect x="{coordinate(label.x - label.width / 2 + 2)}" y="{coordinate(middle - high / 2)}" '
                f'width="{coordinate(label.width - 4)}" height="{coordinate(high)}" style="fill:{theme.paper}"/>'
            )
            for number, line in enumerate(label.lines):
                y = middle - high / 2 + LINE * (number + 0.75)
                body.append(text_at(label.x, y, line, SMALL, anchor="middle"))
        for box in boxes.values():
            high = LINE * len(box.lines) + 12
            top = tops[box.row] + (heights[box.row] - high) / 2
            body.append(
                f'<rect x="{coordinate(box.x - box.width / 2)}" y="{coordinate(top)}" width="{coordinate(box.width)}" height="{coordinate(high)}" '
                f'rx="4" style="fill:{theme.soft};stroke:{theme.muted}"/>'
            )
            body += [
                text_at(box.x, top + 17.5 + LINE * number - 1, line, FONT, anchor="middle", more=' font-weight="600"')
                for number, line in enumerate(box.lines)
            ]
        y = tops[-1] + heights[-1] + 28
        x = 4.0
        kinds = [kind for kind in EVIDENCE if any(arrow.evidence[0] == kind for arrow in self.arrows)]
        body.append(text_at(x, y + 4, "Seen in", SMALL, theme.muted))
        for kind in kinds:
            x += text_width("Seen in" if kind is kinds[0] else kinds[kinds.index(kind) - 1], SMALL) + 16
            body.append(
                f'<path d="M{coordinate(x)} {coordinate(y)}h28" fill="none" stroke="currentColor"{_dash(kind)}/>'
            )
            x += 34
            body.append(text_at(x, y + 4, kind, SMALL, theme.muted))
        return frame(name, self.title, self.describe(), y + 12, theme, body)


def _dash(kind: str) -> str:
    pattern = f' stroke-dasharray="{DASHES[kind]}"' if DASHES[kind] else ""
    wide = "2.4" if kind == "cells" else "1.7"
    return f' stroke-width="{wide}"{pattern}' + (' stroke-linecap="round"' if kind == "cells" else "")


def _curve(arrow: Arrow, route: Sequence[_Cell], tops: Sequence[float], heights: Sequence[float], name: str) -> str:
    """The line of an arrow: straight down through the cells of its route, bending between the rows."""

    def edge(cell: _Cell, lower: bool) -> float:
        middle = tops[cell.row] + heights[cell.row] / 2
        ends = cell in (route[0], route[-1])
        half = (LINE * len(cell.lines) + 12) / 2 if ends else heights[cell.row] / 2
        return middle + half if lower else middle - half

    start, end = route[0], route[-1]
    x = _port(start, route[1], start.below)
    points = [f"M{coordinate(x)} {coordinate(edge(start, True))}"]
    for above, below in pairwise(route):
        last = below is end
        y0, y1 = edge(above, True), edge(below, False) - (2 if last else 0)
        target = _port(end, above, end.above) if last else below.x
        middle = (y0 + y1) / 2
        if abs(x - target) < 0.1:
            points.append(f"V{coordinate(y1)}")
        else:
            points.append(
                f"C{coordinate(x)} {coordinate(middle)} {coordinate(target)} {coordinate(middle)} {coordinate(target)} {coordinate(y1)}"
            )
        if not last:
            points.append(f"V{coordinate(edge(below, True))}")
        x = target
    line = "".join(points)
    return (
        f'<path d="{line}" fill="none" stroke="currentColor"{_dash(arrow.evidence[0])} marker-end="url(#{name}-tip)"/>'
    )


def _port(box: _Cell, neighbour: _Cell, neighbours: Sequence[_Cell]) -> float:
    """Where on the edge of a box an arrow starts or ends: as near to its neighbour as the other arrows allow."""
    room, gap = box.width / 2 - 12, 14.0
    cells = sorted(neighbours, key=lambda cell: cell.x)
    wanted = [max(box.x - room, min(box.x + room, cell.x)) for cell in cells]
    for index in range(1, len(wanted)):
        wanted[index] = max(wanted[index], wanted[index - 1] + gap)
    over = max(0.0, wanted[-1] - (box.x + room))
    for index in range(len(wanted) - 1, -1, -1):
        limit = wanted[index + 1] - gap if index + 1 < len(wanted) else wanted[index] - over
        wanted[index] = min(wanted[index], limit)
    return wanted[cells.index(neighbour)]


def layers(arrows: Sequence[Arrow]) -> dict[str, int]:
    """The layer of each thing: one below the lowest of those that lead to it.

    Raises:
        ValueError: if the arrows go round in a circle.
    """
    leading: dict[str, set[str]] = {}
    for arrow in arrows:
        leading.setdefault(arrow.start, set())
        leading.setdefault(arrow.end, set()).add(arrow.start)
    found: dict[str, int] = {}
    while len(found) < len(leading):
        ready = [name for name, before in leading.items() if name not in found and before <= found.keys()]
        if not ready:
            rest = ", ".join(name for name in leading if name not in found)
            raise ValueError(f"the arrows go round in a circle among: {rest}")
        found |= {name: max((found[b] + 1 for b in leading[name]), default=0) for name in ready}
    return found


def layout(arrows: Sequence[Arrow]) -> tuple[list[list[_Cell]], dict[str, _Cell], list[list[_Cell]]]:
    """Place boxes in even rows and labels in odd ones (after Sugiyama); arrows that pass a row get a bend there.

    Raises:
        ValueError: with the cure, if the arrows go round in a circle or a row is too wide.
    """
    levels = layers(arrows)
    boxes = {}
    for name, level in levels.items():
        beside = sum(other == level for other in levels.values())
        widest = min(150.0, (WIDTH - 8) / beside - 10)
        lines = wrap(name, max(8, int((widest - 20) / (FONT * BOLD))), break_long_words=False)
        boxes[name] = _Cell(2 * level, max(text_width(line, FONT, BOLD) for line in lines) + 20, lines)
    rows: list[list[_Cell]] = [[] for _ in range(2 * max(levels.values()) + 1)]
    for box in boxes.values():
        rows[box.row].append(box)
    routes = []
    for arrow in arrows:
        route = [boxes[arrow.start]]
        for row in range(route[0].row + 1, boxes[arrow.end].row):
            first = row == route[0].row + 1
            lines = wrap(arrow.label, 16, break_long_words=False) if first else []
            wide = max((text_width(line, SMALL) for line in lines), default=8) + 8
            bend = _Cell(row, wide, lines, bend=True)
            rows[row].append(bend)
            route.append(bend)
        route.append(boxes[arrow.end])
        for above, below in pairwise(route):
            above.below.append(below)
            below.above.append(above)
        routes.append(route)
    for cells in rows:
        if sum(cell.width + GAP for cell in cells) > WIDTH + GAP - 4:
            names = ", ".join(" ".join(cell.lines) for cell in cells if cell.lines)
            raise ValueError(f"too much stands side by side for a phone: {names}; make two diagrams of it")
    _order(rows)
    for turn in range(300):
        for cells in rows if turn % 2 else rows[::-1]:
            _spread(cells)
    left = min(cell.x - cell.width / 2 for cells in rows for cell in cells)
    right = max(cell.x + cell.width / 2 for cells in rows for cell in cells)
    for cells in rows:
        for cell in cells:
            cell.x += (WIDTH - left - right) / 2
    for route in routes:
        _straighten(route[1:-1], rows)
    return rows, boxes, routes


def _order(rows: Sequence[list[_Cell]]) -> None:
    """Sort the cells of each row by the mean place of their neighbours, downwards and upwards in turn."""
    for turn in range(12):
        down = turn % 2 == 0
        for index in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            other = rows[index - 1 if down else index + 1]
            place = {id(cell): number / max(len(other) - 1, 1) for number, cell in enumerate(other)}

            def mean(item: tuple[int, _Cell], place: dict[int, float] = place, down: bool = down) -> tuple[float, int]:
                near = item[1].above if down else item[1].below
                return (sum(place[id(c)] for c in near) / len(near) if near else 0.5, item[0])

            rows[index][:] = [cell for _, cell in sorted(enumerate(rows[index]), key=mean)]


def _spread(cells: Sequence[_Cell]) -> None:
    """Move the cells of a row towards their neighbours, without overlap and within the drawing."""
    for cell in cells:
        near = [*cell.above, *cell.below]
        if cell.bend and any(other.bend for other in near):
            near = [other for other in near if other.bend]  # so that long arrows run straight
        cell.x = sum(other.x for other in near) / len(near) if near else WIDTH / 2
    right = 2.0
    for cell in cells:
        cell.x = max(cell.x, right + cell.width / 2)
        right = cell.x + cell.width / 2 + GAP
    left = WIDTH - 2.0
    for cell in reversed(cells):
        cell.x = min(cell.x, left - cell.width / 2)
        left = cell.x - cell.width / 2 - GAP


def _straighten(bends: Sequence[_Cell], rows: Sequence[Sequence[_Cell]]) -> None:
    """Put all bends of an arrow below each other, if there is a place that is free in every row."""

    def free(bend: _Cell, x: float) -> bool:
        others = (cell for cell in rows[bend.row] if cell is not bend)
        inside = bend.width / 2 <= x <= WIDTH - bend.width / 2
        return inside and all(abs(x - cell.x) >= (bend.width + cell.width) / 2 + 4 for cell in others)

    for x in sorted({bend.x for bend in bends}, reverse=True):
        if all(free(bend, x) for bend in bends):
            for bend in bends:
                bend.x = x
            return


def _heights(rows: Sequence[Sequence[_Cell]]) -> tuple[list[float], list[float]]:
    """The top and the height of each row."""
    tops, heights, y = [], [], 4.0
    for index, cells in enumerate(rows):
        lines = max((len(cell.lines) for cell in cells), default=1)
        high = LINE * lines + (12.0 if index % 2 == 0 else 6.0)
        tops.append(y)
        heights.append(high)
        y += high + 14
    return tops, heights
