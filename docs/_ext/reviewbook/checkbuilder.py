"""The builder ``check``: read the whole book and apply every rule, without writing a page."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder


class CheckBuilder(Builder):
    """Applies the rules; references are resolved, so that those to nowhere are reported too."""

    name = "check"
    epilog = "Every rule has been applied; no pages were written."
    allow_parallel = True

    def get_outdated_docs(self) -> str:
        return "all pages"

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        return docname

    def prepare_writing(self, docnames: AbstractSet[str]) -> None:
        pass

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        pass


def setup(app: Sphinx) -> None:
    """Register the builder."""
    app.add_builder(CheckBuilder)
