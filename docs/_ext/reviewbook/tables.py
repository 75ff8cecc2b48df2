"""Tables that the build makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docutils import nodes


def table(heads: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[nodes.Node]], name: str) -> nodes.table:
    """A table of one paragraph per cell."""

    def row(cells: Iterable[nodes.Node]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))

    group = nodes.tgroup(cols=len(heads))
    group += [nodes.colspec(colwidth=width) for width in widths]
    group += nodes.thead("", row(nodes.inline("", head) for head in heads))
    group += nodes.tbody("", *map(row, rows))
    return nodes.table("", group, classes=[name])
