"""The figures and tables of the chapters, for the list of them: what each shows, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from .domain import ReviewDomain, domain_of

LIVE_TABLES = frozenset({"evidence-map", "popular-summary", "summary-of-findings", "trials"})
"""Placeholders that become tables when the page is written."""


class Exhibit(NamedTuple):
    """A figure or a table.

    Attributes:
        kind: "Figure" or "Table".
        anchor: the id that a link can point to.
        caption: its caption without citations; empty if it has none.
        section: the title of the section around it.
    """

    kind: str
    anchor: str
    caption: str
    section: str


Listed = tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...]
"""For each chapter its page, its title, and its exhibits: kind, anchor and what is shown of it."""


def exhibits_of(doctree: nodes.document) -> Iterator[Exhibit]:
    """The figures and tables of a page, in order; those without an id are given one."""
    for node in doctree.findall(_is_exhibit):
        kind = "Figure" if isinstance(node, nodes.figure) else "Table"
        section = _section(node)
        if not isinstance(node, nodes.figure | nodes.table):
            anchor = section["ids"][0]
        else:
            anchor = node["ids"][0] if node["ids"] else _new_id(doctree, node, kind.lower())
        heads = (child for child in node.children if isinstance(child, nodes.caption | nodes.title))
        caption = next(map(_without_citations, heads), "")
        yield Exhibit(kind, anchor, caption, section[0].astext() if section.children else "")


def _is_exhibit(node: nodes.Node) -> bool:
    if isinstance(node, nodes.figure | nodes.table):
        return True
    return isinstance(node, nodes.Element) and node.tagname == "live_block" and node["kind"] in LIVE_TABLES


def _section(node: nodes.Node) -> nodes.Element:
    """The section around a node; the whole page if there is none."""
    here = node.parent
    while here is not None and not isinstance(here, nodes.section | nodes.document):
        here = here.parent
    return here if isinstance(here, nodes.section) else nodes.section("", ids=[""])


def _new_id(doctree: nodes.document, node: nodes.Element, kind: str) -> str:
    """Give a node the next free id of its kind: ``table-2``."""
    name = next(name for name in (f"{kind}-{number}" for number in count(1)) if name not in doctree.ids)
    node["ids"].append(name)
    doctree.ids[name] = node
    return name


def _without_citations(head: nodes.Element) -> str:
    """The words of a caption."""
    kept = head.deepcopy()
    for xref in list(kept.findall(addnodes.pending_xref)):
        if xref.get("refdomain") == "cite":
            xref.parent.remove(xref)
    return " ".join(kept.astext().split()).replace(" .", ".").rstrip(". ")


def listed(domain: ReviewDomain) -> Listed:
    """The exhibits of all chapters, in the order of the book."""
    titles = domain.env.titles
    noted: dict[str, tuple[Exhibit, ...]] = domain.data["exhibits"]
    return tuple(
        (docname, titles[docname].astext(), tuple(_shown(noted[docname])))
        for docname in domain.chapters()
        if docname in noted
    )


def _shown(exhibits: tuple[Exhibit, ...]) -> Iterator[tuple[str, str, str]]:
    """What is shown of the exhibits of a page: the caption, or the section, with a number if it has several."""
    bare = [(exhibit.kind, exhibit.section) for exhibit in exhibits if not exhibit.caption]
    before: list[tuple[str, str]] = []
    for exhibit in exhibits:
        text = exhibit.caption
        if not text:
            one = (exhibit.kind, exhibit.section)
            before.append(one)
            text = f"{exhibit.section} ({before.count(one)} of {bare.count(one)})" if bare.count(one) > 1 else one[1]
        yield exhibit.kind, exhibit.anchor, text


def note_exhibits(app: Sphinx, doctree: nodes.document) -> None:
    """Note the figures and tables of a page that has been read."""
    if found := tuple(exhibits_of(doctree)):
        domain_of(app.env).data["exhibits"][app.env.docname] = found


def setup(app: Sphinx) -> None:
    """Register the hook."""
    app.connect("doctree-read", note_exhibits)
