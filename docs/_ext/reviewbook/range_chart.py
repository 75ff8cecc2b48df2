"""A chart of values or ranges on one axis, read from a table of the chapter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .svg import SMALL, WIDTH, Theme, coordinate, frame, halo, text_at, text_width, with_unit


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
        for tick in ticks(self.top):
            at = coordinate(x(tick))
            body.append(
                f'<line x1="{at}" x2="{at}" y1="4" y2="{coordinate(bottom)}" '
                f'style="stroke:{theme.muted}" stroke-opacity="0.3"/>'
            )
            end = with_unit(f"{tick:g}", self.unit if tick == self.top else "")
            anchor = "end" if tick == self.top else "middle" if tick else "start"
            at_text = WIDTH if tick == self.top else x(tick) if tick else 4
            body.append(text_at(at_text, bottom + 17, end, SMALL, theme.muted, anchor))
        for index, row in enumerate(self.rows):
            y = 8 + step * index
            body.append(text_at(left, y + 12, row.label, more=halo(theme)))
            body.append(
                text_at(WIDTH - 4, y + 12, row.shown, SMALL, anchor="end", more=halo(theme) + ' font-weight="600"')
            )
            body.append(
                f'<g style="stroke:{theme.accent};fill:{theme.accent}">'
                f'<line x1="{coordinate(x(row.low))}" x2="{coordinate(x(row.high))}" y1="{coordinate(y + 23)}" y2="{coordinate(y + 23)}" '
                'stroke-width="4"/>'
                + "".join(
                    f'<circle cx="{coordinate(x(value))}" cy="{coordinate(y + 23)}" r="4.5" stroke="none"/>'
                    for value in dict.fromkeys((row.low, row.high))
                )
                + "</g>"
            )
        return frame(name, self.title, self.describe(), bottom + 26, theme, body)


def ticks(top: float) -> list[float]:
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
