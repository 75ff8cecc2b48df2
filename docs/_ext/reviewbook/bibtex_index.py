"""The domain of sphinxcontrib-bibtex, with its two linear scans taken out.

sphinxcontrib-bibtex (2.7) looks through all citations of the book for each entry of the bibliography file,
and twice through all sources for each citation.  Here both are looked up by key; what comes out is the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment
from sphinxcontrib.bibtex.citation_target import parse_citation_targets
from sphinxcontrib.bibtex.domain import BibtexDomain, Citation

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref


class IndexedBibtexDomain(BibtexDomain):
    """The domain ``cite``, with look-ups by key."""

    _by_key: dict[str, list[tuple[int, Citation]]] | None = None

    def env_updated(self) -> Iterable[str]:
        """Choose and format the sources, and forget the old index of them."""
        self._by_key = None
        return super().env_updated()

    def get_filtered_entries(self, bibliography_key: Any) -> Iterable[tuple[str, Any]]:
        """The entries that a bibliography lists; the usual filter, ``cited``, needs one pass over the citations."""
        bibliography = self.bibliographies[bibliography_key]
        if ast.unparse(bibliography.filter_) != "cited":
            yield from super().get_filtered_entries(bibliography_key)
            return
        cited = {target.key for ref in self.citation_refs for target in ref.targets}
        for entry in self.get_entries(bibliography.bibfiles):
            key = bibliography.keyprefix + entry.key
            if key in cited or entry.key in bibliography.keys:
                yield key, entry

    def resolve_xref(  # type: ignore[override]
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> nodes.Element:
        """The links of one citation, made with only its own sources in sight."""
        if self._by_key is None:
            self._by_key = {}
            for place, citation in enumerate(self.citations):
                self._by_key.setdefault(citation.key, []).append((place, citation))
        keys = {part.key for part in parse_citation_targets(target)}
        wanted = sorted((found for key in keys for found in self._by_key.get(key, ())), key=lambda found: found[0])
        everything = self.data["citations"]
        self.data["citations"] = [citation for _, citation in wanted]
        try:
            return super().resolve_xref(env, fromdocname, builder, typ, target, node, contnode)
        finally:
            self.data["citations"] = everything


def setup(app: Sphinx) -> dict[str, object]:
    """Put the domain in the place of the other; also an extension of its own."""
    app.setup_extension("sphinxcontrib.bibtex")
    app.add_domain(IndexedBibtexDomain, override=True)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
