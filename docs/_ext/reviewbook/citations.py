"""Citations as readers meet them: stable ids, quiet groups, numbers for the bare markers, and previews.

A citation is a plain link to the card of its source, so that it works without JavaScript.
In HTML each group also carries the number of each source on its page (for the switch to bare markers),
and the page ends with one inert ``<template>`` per cited source, which the script shows as a preview.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxTranslator
from sphinxcontrib.bibtex.nodes import raw_latex

from . import bibstyle
from .cards import preview_html
from .domain import cited_keys, domain_of

if TYPE_CHECKING:
    from sphinxcontrib.bibtex.domain import BibtexDomain, Citation

GROUP = "bibtex-citation"
"""The class that sphinxcontrib-bibtex gives to the group of links that it makes of one role."""

PREVIEW_BUILDERS = frozenset({"html", "dirhtml"})


class cite_link(nodes.reference):
    """The link of one citation; knows the key of its source and the number of the source on the page."""


def bibtex_domain(env: BuildEnvironment) -> BibtexDomain:
    """The domain of sphinxcontrib-bibtex."""
    return cast("BibtexDomain", env.get_domain("cite"))


def citations_by_key(env: BuildEnvironment) -> dict[str, Citation]:
    """The formatted sources, by key."""
    return {citation.key: citation for citation in bibtex_domain(env).citations}


# Ids


def name_citations(app: Sphinx, doctree: nodes.document) -> None:
    """Give each citation an id that depends only on its source and on how often the page has cited it before."""
    counts: dict[str, int] = {}
    taken = set(doctree.ids)
    for node in doctree.findall(addnodes.pending_xref):
        if node.get("refdomain") != "cite":
            continue
        key = nodes.make_id(next(iter(cited_keys(node)), ""))
        while True:
            counts[key] = counts.get(key, 0) + 1
            name = f"use-{key}-{counts[key]}"
            if name not in taken:
                break
        for old in node["ids"]:
            doctree.ids.pop(old, None)
        node["ids"] = [name]
        doctree.ids[name] = node


# Quiet groups


class QuietCitations(SphinxPostTransform):
    """Take the groups of links apart into links and marks, and number the sources in the order of first use."""

    default_priority = 20  # after sphinx.transforms.post_transforms.ReferencesResolver
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        keys = {c.citation_id: c.key for c in bibtex_domain(self.env).citations}
        numbers: dict[str, int] = {}
        for group in list(self.document.findall(nodes.inline)):
            if GROUP not in group["classes"] or not group.children:  # nothing is shown of an unknown source
                continue
            group["classes"] = ["cite-group"]
            children = list(group.children)
            group.clear()
            group += _space_before(group, children)
            group += [quiet for child in children for quiet in _quiet(child, keys, numbers)]


def _space_before(group: nodes.Element, children: list[nodes.Node]) -> Iterator[nodes.Node]:
    """Take the space before a group in brackets into it, so that a bare marker can stand close to the word."""
    parent = group.parent
    index = parent.index(group)
    before = parent[index - 1] if index else None
    if isinstance(before, nodes.Text) and before.endswith((" ", "\n")) and isinstance(children[0], nodes.Text):
        parent[index - 1] = nodes.Text(before[:-1])
        yield nodes.inline("", " ", classes=["cite-mark"])


def _quiet(child: nodes.Node, keys: dict[str, str], numbers: dict[str, int]) -> Iterator[nodes.Node]:
    """What one child of a group becomes: a link in parts, or a mark (bracket, semicolon)."""
    if not isinstance(child, nodes.reference):
        yield nodes.inline("", "", child.deepcopy(), classes=["cite-mark"])
        return
    target = child.get("refid") or child.get("refuri", "").rpartition("#")[2]
    key = keys.get(target)
    if key is None:  # pragma: no cover - every link in a group leads to a source
        yield child
        return
    number = numbers.setdefault(key, len(numbers) + 1)
    link = cite_link("", "", **child.attributes, cite_key=key, cite_number=number)
    names, bracket, year = child.astext().partition(" (")
    if bracket:  # the names are part of the sentence: "Murrough et al. (2013)"
        link += nodes.inline("", names, classes=["cite-names"])
        link += nodes.inline("", bracket + year, classes=["cite-label"])
    else:
        link += nodes.inline("", names, classes=["cite-label"])
    yield link


class ProtectedCitations(SphinxPostTransform):
    """Let citations stand in captions and titles of the PDF, where LaTeX moves the text about."""

    default_priority = 20
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:
        for node in self.document.findall(_is_moving):
            for raw in node.findall(raw_latex):
                if raw.rawsource.startswith(r"\hyperlink"):
                    raw.rawsource = r"\protect" + raw.rawsource


def _is_moving(node: nodes.Node) -> bool:
    return isinstance(node, nodes.caption | nodes.title)


def _visit_html(translator: Any, node: cite_link) -> None:
    attributes = {
        "href": node.get("refuri") or f"#{node['refid']}",
        "data-cite": node["cite_key"],
        "data-n": str(node["cite_number"]),
    }
    translator.body.append(translator.starttag(node, "a", "", CLASS="cite-link reference internal", **attributes))


def _depart_html(translator: Any, node: cite_link) -> None:
    translator.body.append("</a>")


def _visit_other(translator: SphinxTranslator, node: cite_link) -> None:  # pragma: no cover
    raise NotImplementedError("citations are numbered in HTML only")


# Previews


def add_previews(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put one template per cited source at the end of the page."""
    if doctree is None or app.builder.name not in PREVIEW_BUILDERS:
        return
    keys = dict.fromkeys(link["cite_key"] for link in doctree.findall(cite_link))
    if keys:
        known = citations_by_key(app.env)
        records = domain_of(app.env).library.records
        previews = "\n".join(preview_html(known[key], records.get(key)) for key in keys)
        context["body"] += f'\n<div class="cite-previews" hidden>\n{previews}\n</div>\n'
        context["has_citations"] = True


# Freshness


def changed_pages(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Pages that show something of their sources that has changed since they were last written.

    A label changes when another page begins to cite a source of the same name and year,
    and the list of sources changes with every citation anywhere.
    """
    domain = domain_of(env)
    known = citations_by_key(env)
    records = domain.library.records
    sources = {key: preview_html(citation, records.get(key)) for key, citation in known.items()}
    now: dict[str, object] = {}
    for use in domain.uses():
        shown = cast("dict[str, str]", now.setdefault(use.docname, {}))
        shown[use.key] = sources.get(use.key, "")
    for docname in {place.docname for place in bibtex_domain(env).bibliographies}:
        titles = {use.docname: env.titles[use.docname].astext() for use in domain.uses()}
        texts = {key: (str(c.formatted_entry.text), records.get(key)) for key, c in known.items()}
        now[docname] = (now.get(docname), domain.uses(), titles, texts)
    before: dict[str, object] = getattr(env, "reviewbook_shown_sources", {})
    env.reviewbook_shown_sources = now  # type: ignore[attr-defined]
    return sorted(docname for docname in now if docname in before and now[docname] != before[docname])


def setup(app: Sphinx) -> None:
    """Register the styles, the transform and the hooks."""
    bibstyle.register()
    other = (_visit_other, None)
    app.add_node(cite_link, html=(_visit_html, _depart_html), latex=other, text=other)
    app.add_post_transform(QuietCitations)
    app.add_post_transform(ProtectedCitations)
    app.connect("doctree-read", name_citations, priority=100)
    app.connect("html-page-context", add_previews)
    app.connect("env-updated", changed_pages, priority=600)
