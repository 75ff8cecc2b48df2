"""Tables that readers of a page may open: folded in HTML, plain under their titles everywhere else."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from .markup import computed

FOLDING = frozenset({"html", "dirhtml", "singlehtml"})
"""The builders whose readers can unfold; in a PDF nobody can, and in an EPUB not everybody."""


class folded(nodes.General, nodes.Element):
    """A folded table; its ``title`` says what is in it."""


class Unfold(SphinxPostTransform):
    """Show a folded table with its title where readers cannot unfold it."""

    default_priority = 4

    def run(self, **kwargs: Any) -> None:
        if self.env._app.builder.name in FOLDING:
            return
        for node in list(self.document.findall(folded)):
            for table in node.findall(nodes.table):
                table.insert(0, nodes.title("", "", computed("", node["title"])))
            node.replace_self(node.children)


def _visit_html(translator: Any, node: folded) -> None:
    translator.body.append(translator.starttag(node, "details", CLASS="folded"))
    translator.body.append(f"<summary>{translator.encode(node['title'])}</summary>\n")


def _depart_html(translator: Any, node: folded) -> None:
    translator.body.append("</details>\n")


def setup(app: Sphinx) -> None:
    """Register the node and the transform."""
    app.add_node(folded, html=(_visit_html, _depart_html))
    app.add_post_transform(Unfold)
