"""What boxes with a title share, findings and claims of others: a target in print, and signs that are not read aloud."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


class box(nodes.admonition):
    """A box that a link can point to in print, too."""


class unspoken(nodes.inline):
    """A sign that is hidden from screen readers, because words that say the same stand beside it."""


def _visit_box_latex(translator: Any, node: box) -> None:
    translator.body.append("\n" + translator.hypertarget_to(node))
    translator.visit_admonition(node)


def _depart_box_latex(translator: Any, node: box) -> None:
    translator.depart_admonition(node)


def _visit_unspoken_html(translator: Any, node: unspoken) -> None:
    translator.body.append(translator.starttag(node, "span", "", **{"aria-hidden": "true"}))


def _depart_unspoken_html(translator: Any, node: unspoken) -> None:
    translator.body.append("</span>")


def add_box(app: Sphinx, kind: type[box]) -> None:
    """Register a kind of box."""
    app.add_node(kind, latex=(_visit_box_latex, _depart_box_latex))


def setup(app: Sphinx) -> None:
    """Register the signs."""
    app.add_node(unspoken, html=(_visit_unspoken_html, _depart_unspoken_html))
