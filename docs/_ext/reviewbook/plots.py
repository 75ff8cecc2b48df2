"""Figures drawn from what the chapter says: a chart from a table, a diagram from a list.

The table and the list stay in the page, below the drawing, so every row and every arrow is cited there
and its numbers are traced; the drawing holds nothing that they do not say.

HTML holds drawings inline, in the colours of the page; EPUB as SVG files; LaTeX as PDF made by rsvg-convert.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, ClassVar, Protocol

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from .pathway import Arrow, Pathway, layout, read_step
from .range_chart import RangeChart, read_table
from .svg import PAGE, PRINT, Theme


class Picture(Protocol):
    """What can be drawn: it can put itself in words and in SVG."""

    @property
    def title(self) -> str:
        """What it shows."""

    def describe(self) -> str:
        """What it shows, in words."""

    def svg(self, name: str, theme: Theme) -> str:
        """The drawing; ``name`` makes its ids unique on a page."""


# Directives


class drawing(nodes.General, nodes.Element):
    """A drawing; its ``picture`` can be drawn."""


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

    def picture(self, content: Sequence[nodes.Node], title: str) -> Picture:
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
        layout(picture.arrows)
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
