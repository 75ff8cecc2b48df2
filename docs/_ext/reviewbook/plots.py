"""Figures drawn from what the chapter says: a chart from a table, a diagram from a list.

The table and the list stay in the page, below the drawing, so every row and every arrow is cited there
and its numbers are traced; the drawing holds nothing that they do not say.

Drawings are narrow and tall, so that their text can be read on a phone.
HTML holds them inline, in the colours of the page; EPUB as SVG files; LaTeX as PDF made by rsvg-convert.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from typing import Any, ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

WIDTH = 350
"""Width of all drawings in their own units: at this width in pixels, text has its nominal size."""
FONT = 12.5
SMALL = 12
LINE = 15
GAP = 8.0
"""The least room between what stands side by side."""
CHARACTER = 0.56
BOLD = 0.63
"""Mean width of a character, in units of the font size: there are no font metrics here, so it is on the large side."""


class Theme(NamedTuple):
    """The colours of a drawing, as CSS values."""

    ink: str
    muted: str
    paper: str
    soft: str
    accent: str


PAGE = Theme(
    ink="currentColor",
    muted="var(--color-foreground-muted)",
    paper="var(--color-background-primary)",
    soft="var(--color-background-secondary)",
    accent="var(--color-brand-primary)",
)
"""The colours of the page around an inline drawing, light or dark."""
PRINT = Theme(ink="#22262a", muted="#596168", paper="#ffffff", soft="#f6f6f2", accent="#0b5563")
"""The colours of a drawing in a file of its own."""


def text_width(text: str, size: float = FONT, character: float = CHARACTER) -> float:
    """About how wide a text is."""
    return len(text) * size * character


def with_unit(value: str, unit: str) -> str:
    """A value with its unit; only the per cent sign stands close."""
    return value + unit if unit in ("%", "") else f"{value}\u202f{unit}"


def _text(x: float, y: float, text: str, size: float = FONT, colour: str = "", anchor: str = "", more: str = "") -> str:
    style = f' style="fill:{colour}"' if colour else ""
    place = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}"{place}{style}{more}>{escape(text)}</text>'


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _svg(name: str, title: str, description: str, height: float, theme: Theme, body: Iterable[str]) -> str:
    ids = f"{name}-title {name}-desc"
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {_n(height)}" '
        f'width="{WIDTH}" height="{_n(height)}" role="img" aria-labelledby="{ids}" '
        f'font-family="system-ui, sans-serif" style="color:{theme.ink}" fill="currentColor">'
    )
    heading = f'<title id="{name}-title">{escape(title)}</title>\n<desc id="{name}-desc">{escape(description)}</desc>'
    return "\n".join([start, heading, *body, "</svg>"])


# Range chart


class Row(NamedTuple):
    """One row of a range chart: a label, and one value or a range."""

    label: str
    low: float
    high: float
    shown: str


class RangeChart(NamedTuple):
    """Values or ranges of several things on one axis from zero.

    Attributes:
        title: what it shows.
        rows: the rows, from above.
        unit: the unit of all values, such as ``%``.
        top: the end of the axis.
    """

    title: str
    rows: tuple[Row, ...]
    unit: str
    top: float

    def describe(self) -> str:
        """The values in words."""
        return "; ".join(f"{row.label}: {row.shown}" for row in self.rows) + "."

    def svg(self, name: str, theme: Theme) -> str:
        """The drawing; ``name`` makes its ids unique on a page."""
        left, right, step = 8.0, WIDTH - 12.0, 36.0
        bottom = 8 + step * len(self.rows)

        def x(value: float) -> float:
            return left + (right - left) * value / self.top

        body = []
        for tick in _ticks(self.top):
            at = _n(x(tick))
            body.append(
                f'<line x1="{at}" x2="{at}" y1="4" y2="{_n(bottom)}" '
                f'style="stroke:{theme.muted}" stroke-opacity="0.3"/>'
            )
            end = with_unit(f"{tick:g}", self.unit if tick == self.top else "")
            anchor = "end" if tick == self.top else "middle" if tick else "start"
            at_text = WIDTH if tick == self.top else x(tick) if tick else 4
            body.append(_text(at_text, bottom + 17, end, SMALL, theme.muted, anchor))
        for number, row in enumerate(self.rows):
            y = 8 + step * number
            halo = f' style="stroke:{theme.paper};stroke-width:3;paint-order:stroke"'
            body.append(_text(left, y + 12, row.label, more=halo))
            body.append(_text(WIDTH - 4, y + 12, row.shown, SMALL, anchor="end", more=halo + ' font-weight="600"'))
            body.append(
                f'<g style="stroke:{theme.accent};fill:{theme.accent}">'
                f'<line x1="{_n(x(row.low))}" x2="{_n(x(row.high))}" y1="{_n(y + 23)}" y2="{_n(y + 23)}" '
                'stroke-width="4"/>'
                + "".join(
                    f'<circle cx="{_n(x(value))}" cy="{_n(y + 23)}" r="4.5" stroke="none"/>'
                    for value in dict.fromkeys((row.low, row.high))
                )
                + "</g>"
            )
        return _svg(name, self.title, self.describe(), bottom + 26, theme, body)


def _ticks(top: float) -> list[float]:
    """Four or five round steps from zero to the end of the axis."""
    return [top * part / 4 for part in range(5)] if top % 4 == 0 else [top * part / 5 for part in range(6)]


def nice_top(value: float) -> float:
    """The next round number: 1, 2, 4, 5 or 10 times a power of ten."""
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * step for step in (1, 2, 4, 5, 10) if power * step >= value)


NUMBER = re.compile(r"[−-]?\d+(?:[.,]\d+)*")


def number_in(text: str) -> float | None:
    """The first number of a cell; None if there is none."""
    found = NUMBER.search(text)
    return float(found[0].replace("−", "-").replace(",", "")) if found else None


def read_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], title: str, options: Mapping[str, str]
) -> RangeChart:
    """Make a chart from the cells of a table.

    Args:
        heads: the column heads.
        rows: the cells of each row as plain text.
        title: what the chart shows.
        options: ``label``, ``low`` and ``high`` name columns by a part of their head (``label`` several,
            separated by commas); ``unit`` and ``max`` overrule what the heads and the values say.

    Raises:
        ValueError: with the cure, if a column is missing or a cell holds no number.
    """

    def column(part: str) -> int:
        for index, head in enumerate(heads):
            if part.strip().lower() in head.lower():
                return index
        raise ValueError(f"no column head contains {part.strip()!r}; the heads are {', '.join(heads)}")

    low = column(options.get("low", "low"))
    high = column(options.get("high", "high" if any("high" in head.lower() for head in heads) else heads[low]))
    names = options.get("label")
    shown = [column(name) for name in names.split(",")] if names else list(range(min(low, high)))
    unit = options.get("unit")
    if unit is None:
        in_brackets = re.search(r"\(([^)]*)\)", heads[low])
        unit = in_brackets[1] if in_brackets else ""
    found = []
    for cells in rows:
        label = ", ".join(cells[index] for index in shown)
        ends = number_in(cells[low]), number_in(cells[high])
        if ends[0] is None or ends[1] is None:
            raise ValueError(f"the row {label!r} holds no number in {heads[low]!r} or {heads[high]!r}")
        if ends[0] > ends[1] or ends[0] < 0:
            raise ValueError(f"the row {label!r} needs 0 ≤ low ≤ high; it has {cells[low]} and {cells[high]}")
        if text_width(label) + text_width(f"{cells[low]}–{cells[high]} {unit}", SMALL) > WIDTH - 12:
            raise ValueError(f"the label {label!r} is too long for a phone; shorten it, or name fewer label columns")
        value = cells[low] if cells[low] == cells[high] else f"{cells[low]}–{cells[high]}"
        found.append(Row(label, ends[0], ends[1], with_unit(value, unit)))
    if not found:
        raise ValueError("the table has no rows")
    peak = max(row.high for row in found)
    top = float(options["max"]) if "max" in options else 100.0 if unit == "%" and peak <= 100 else nice_top(peak)
    if top < peak:
        raise ValueError(f"max is {top:g}, but a row reaches {peak:g}")
    return RangeChart(title, tuple(found), unit, top)


# Pathway


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
        rows, boxes, routes = _layout(self.arrows)
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
                f'<rect x="{_n(label.x - label.width / 2 + 2)}" y="{_n(middle - high / 2)}" '
                f'width="{_n(label.width - 4)}" height="{_n(high)}" style="fill:{theme.paper}"/>'
            )
            for number, line in enumerate(label.lines):
                y = middle - high / 2 + LINE * (number + 0.75)
                body.append(_text(label.x, y, line, SMALL, anchor="middle"))
        for box in boxes.values():
            high = LINE * len(box.lines) + 12
            top = tops[box.row] + (heights[box.row] - high) / 2
            body.append(
                f'<rect x="{_n(box.x - box.width / 2)}" y="{_n(top)}" width="{_n(box.width)}" height="{_n(high)}" '
                f'rx="4" style="fill:{theme.soft};stroke:{theme.muted}"/>'
            )
            body += [
                _text(box.x, top + 17.5 + LINE * number - 1, line, FONT, anchor="middle", more=' font-weight="600"')
                for number, line in enumerate(box.lines)
            ]
        y = tops[-1] + heights[-1] + 28
        x = 4.0
        kinds = [kind for kind in EVIDENCE if any(arrow.evidence[0] == kind for arrow in self.arrows)]
        body.append(_text(x, y + 4, "Seen in", SMALL, theme.muted))
        for kind in kinds:
            x += text_width("Seen in" if kind is kinds[0] else kinds[kinds.index(kind) - 1], SMALL) + 16
            body.append(f'<path d="M{_n(x)} {_n(y)}h28" fill="none" stroke="currentColor"{_dash(kind)}/>')
            x += 34
            body.append(_text(x, y + 4, kind, SMALL, theme.muted))
        return _svg(name, self.title, self.describe(), y + 12, theme, body)


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
    points = [f"M{_n(x)} {_n(edge(start, True))}"]
    for above, below in pairwise(route):
        last = below is end
        y0, y1 = edge(above, True), edge(below, False) - (2 if last else 0)
        target = _port(end, above, end.above) if last else below.x
        middle = (y0 + y1) / 2
        if abs(x - target) < 0.1:
            points.append(f"V{_n(y1)}")
        else:
            points.append(f"C{_n(x)} {_n(middle)} {_n(target)} {_n(middle)} {_n(target)} {_n(y1)}")
        if not last:
            points.append(f"V{_n(edge(below, True))}")
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


def _layout(arrows: Sequence[Arrow]) -> tuple[list[list[_Cell]], dict[str, _Cell], list[list[_Cell]]]:
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


# Directives


class drawing(nodes.General, nodes.Element):
    """A drawing; its ``picture`` is a RangeChart or a Pathway."""


class Drawn(SphinxDirective):
    """What both directives share: content that stays, below a drawing made from it."""

    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {
        "caption": directives.unchanged_required,
        "name": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        content = self.parse_content_to_nodes()
        caption = self.options.get("caption", "")
        children, messages = self.parse_inline(caption, lineno=self.lineno) if caption else ([], [])
        words = "".join(child.astext() for child in children if not _is_citation(child))
        title = " ".join(words.split()).rstrip(" .")
        try:
            picture = self.picture(content, title)
        except ValueError as error:
            raise self.error(f"{self.name}: {error}") from error
        figure = nodes.figure("", drawing("", picture=picture), classes=["drawn", self.name])
        self.set_source_info(figure)
        if children:
            line = nodes.caption(caption, "", *children)
            self.set_source_info(line)
            figure += line
        self.add_name(figure)
        return [figure, *content, *messages]

    def picture(self, content: Sequence[nodes.Node], title: str) -> RangeChart | Pathway:
        """The drawing of the content; raises ValueError with the cure."""
        raise NotImplementedError


def _is_citation(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Element) and node.get("refdomain") == "cite"


def _find(content: Sequence[nodes.Node], kind: type[nodes.Element]) -> Iterator[nodes.Element]:
    for node in content:
        yield from node.findall(kind)


class RangeChartDirective(Drawn):
    """A chart of values or ranges, from the table it holds."""

    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {
        **Drawn.option_spec,
        **dict.fromkeys(("label", "low", "high", "unit", "max"), directives.unchanged_required),
    }

    def picture(self, content: Sequence[nodes.Node], title: str) -> RangeChart:
        table = next(_find(content, nodes.table), None)
        if table is None:
            raise ValueError("put a table into it, with a row of heads")
        rows = [[cell.astext().strip() for cell in row.findall(nodes.entry)] for row in table.findall(nodes.row)]
        return read_table(rows[0], rows[1:], title or rows[0][0], self.options)


class PathwayDirective(Drawn):
    """A diagram of steps, from the list it holds."""

    def picture(self, content: Sequence[nodes.Node], title: str) -> Pathway:
        arrows: list[Arrow] = []
        for item in _find(content, nodes.list_item):
            line = next(iter(item.findall(nodes.paragraph)), None)
            bold = next(iter(item.findall(nodes.strong)), None)
            after = line.astext().partition(bold.astext())[2] if line and bold else ""
            arrows += read_step(bold.astext() if bold else item.astext()[:40], after)
        if not arrows:
            raise ValueError("put a list into it, with items such as '- **A → B** (animals): sentence'")
        picture = Pathway(title or f"From {arrows[0].start} to {arrows[-1].end}", tuple(arrows))
        _layout(picture.arrows)
        return picture


# Output


def _named(node: drawing) -> str:
    """A name that depends on the drawing alone."""
    digest = hashlib.sha256(repr(node["picture"]).encode()).hexdigest()
    return f"drawing-{digest[:10]}"


def _write_svg(node: drawing, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_named(node)}.svg"
    path.write_text(node["picture"].svg(_named(node), PRINT) + "\n", encoding="utf-8")
    return path


def _visit_html(translator: Any, node: drawing) -> None:
    builder = translator.builder
    if builder.name == "epub":
        path = _write_svg(node, Path(builder.outdir) / builder.imagedir)
        alt = escape(f"{node['picture'].title}. {node['picture'].describe()}")
        translator.body.append(f'<div class="drawing"><img src="{builder.imgpath}/{path.name}" alt="{alt}"/></div>\n')
    else:
        translator.body.append(f'<div class="drawing">{node["picture"].svg(_named(node), PAGE)}</div>\n')
    raise nodes.SkipNode


def _visit_latex(translator: Any, node: drawing) -> None:
    path = _write_svg(node, Path(translator.builder.outdir))
    converter = shutil.which("rsvg-convert")
    if converter is None:
        raise ExtensionError(
            "The figures of the PDF are made with rsvg-convert, which is not installed: apt-get install librsvg2-bin"
        )
    target = path.with_suffix(".pdf")
    environment = {"SOURCE_DATE_EPOCH": "0", **os.environ}
    subprocess.run([converter, "-f", "pdf", "-o", str(target), str(path)], check=True, env=environment)
    path.unlink()
    translator.body.append(f"\n\\sphinxincludegraphics{{{target.name}}}\n")
    raise nodes.SkipNode


def _visit_text(translator: Any, node: drawing) -> None:
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the directives and how drawings are written."""
    skip = (_visit_text, None)
    app.add_node(drawing, html=(_visit_html, None), latex=(_visit_latex, None), text=skip, man=skip, texinfo=skip)
    app.add_directive("range-chart", RangeChartDirective)
    app.add_directive("pathway", PathwayDirective)
