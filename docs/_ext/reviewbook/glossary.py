"""Links from the chapters to the glossary: where a chapter first uses a term, the word becomes a link by itself.

An author's own link counts: if it stands at the first use or before it, nothing is added, and none is taken away.
Words that also have an everyday meaning, named in ``reviewbook_terms_by_hand``, are linked by authors alone.
Links are made when a page is written, so that the rules for claims see the page as its author wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

from .domain import domain_of, warn
from .markup import calc, computed
from .problems import Problem

Entries = Sequence[tuple[str, ...]]
"""The entries of a glossary: the terms that share a definition."""

HEADS = (nodes.Titular, nodes.caption, nodes.thead, nodes.term, nodes.field_name, nodes.label)
"""What stands over a text and is no running text."""
CLOSED = (
    nodes.FixedTextElement,
    nodes.Invisible,
    nodes.citation,
    nodes.footnote_reference,
    nodes.image,
    nodes.literal,
    nodes.math,
    nodes.raw,
    nodes.reference,
    nodes.strong,
    nodes.system_message,
    addnodes.pending_xref,
    addnodes.toctree,
    calc,
    computed,
)
"""What holds no words of the author's that could become links; bold words are heads of what follows."""


class Use(NamedTuple):
    """A term in a text.

    Attributes:
        start: where it begins.
        end: where it ends.
        term: the term, as the glossary writes it.
        entry: the number of its entry.
    """

    start: int
    end: int
    term: str
    entry: int


def pattern(term: str) -> str:
    """The forms in which a term is recognised: as written, in the plural, with a capital, and with any spaces between its words.

    A term that begins with a capital, or has one in it, is recognised in these letters alone.
    """
    words = [re.escape(word) for word in term.split()]
    if re.match(r"[a-z][^A-Z]*$", term):
        words[0] = f"[{term[0]}{term[0].upper()}]{words[0][1:]}"
    last = words[-1]
    if last.endswith("y") and not re.search(r"[aeiou]y$", last):
        words[-1] = f"{last[:-1]}(?:y|ies)"
    elif re.search(r"(?:s|x|ch|sh)$", last):
        words[-1] = f"{last}(?:es)?"
    elif last[-1].isalpha():
        words[-1] = f"{last}s?"
    return r"\s+".join(words)


class Vocabulary:
    """The terms of a glossary, to be found in texts.

    Args:
        entries: the terms that share a definition, for each definition.
    """

    def __init__(self, entries: Entries) -> None:
        self._entry = {term.lower(): number for number, terms in enumerate(entries) for term in terms}
        self._terms = sorted((term for terms in entries for term in terms), key=lambda term: (-len(term), term))
        forms = "|".join(f"({pattern(term)})" for term in self._terms)
        self._forms = re.compile(rf"(?<![\w‑-])(?:{forms})(?![\w‑-])") if forms else None

    def entry(self, term: str) -> int | None:
        """The number of the entry of a term, in any letters; None if the glossary does not have it."""
        return self._entry.get(" ".join(term.lower().split()))

    def uses(self, text: str) -> Iterator[Use]:
        """The terms in a text; where one holds another, the longer one."""
        for found in self._forms.finditer(text) if self._forms else ():
            term = self._terms[(found.lastindex or 0) - 1]
            yield Use(found.start(), found.end(), term, self._entry[term.lower()])


def running_text(node: nodes.Element, *, running: bool = True) -> Iterator[nodes.Text | addnodes.pending_xref]:
    """The running text of a page, and its links to the glossary wherever they stand, in order.

    Pages within the page (the PDF is made of a single tree) are left out.
    """
    for child in node.children:
        if isinstance(child, addnodes.pending_xref) and child.get("reftype") == "term":
            yield child
        elif isinstance(child, nodes.Text):
            if running:
                yield child
        elif isinstance(child, nodes.Element) and not isinstance(child, addnodes.start_of_file):
            yield from running_text(child, running=running and not isinstance(child, (*HEADS, *CLOSED)))


def link_first_uses(page: nodes.Element, docname: str, vocabulary: Vocabulary, by_hand: Collection[int]) -> None:
    """Turn the first use of each term on a page into a link.

    Args:
        page: the doctree, which is changed.
        docname: the page that it is of.
        vocabulary: the terms.
        by_hand: the entries that are left alone.
    """
    linked = set(by_hand)
    for node in list(running_text(page)):
        if isinstance(node, addnodes.pending_xref):
            entry = vocabulary.entry(node["reftarget"])
            linked.update([] if entry is None else [entry])
            continue
        text = node.astext()
        parts: list[nodes.Node] = []
        done = 0
        for use in vocabulary.uses(text):
            if use.entry not in linked:
                linked.add(use.entry)
                parts += [nodes.Text(text[done : use.start]), _link(text[use.start : use.end], use.term, docname)]
                done = use.end
        if parts and node.parent is not None:
            node.parent.replace(node, [*parts, nodes.Text(text[done:])])


def _link(shown: str, term: str, docname: str) -> addnodes.pending_xref:
    """A link as the role ``term`` makes it."""
    words = nodes.inline("", shown, classes=["xref", "std", "std-term"])
    where: dict[str, Any] = {"refdomain": "std", "reftype": "term", "reftarget": term, "refdoc": docname}
    return addnodes.pending_xref("", words, **where, refexplicit=True, refwarn=True)


def entries_of(doctree: nodes.document) -> tuple[tuple[str, ...], ...]:
    """The entries of the glossaries of a page."""
    items = (item for glossary in doctree.findall(addnodes.glossary) for item in glossary.findall(_is_entry))
    found = (tuple(term.astext() for term in item.children if isinstance(term, nodes.term)) for item in items)
    return tuple(terms for terms in found if terms)


def _is_entry(node: nodes.Node) -> bool:
    return isinstance(node, nodes.definition_list_item)


def all_entries(env: BuildEnvironment) -> tuple[tuple[str, ...], ...]:
    """The entries of the glossaries of the book."""
    terms: dict[str, Iterable[tuple[str, ...]]] = domain_of(env).data["terms"]
    return tuple(entry for docname in sorted(terms) for entry in terms[docname])


class LinkFirstUses(SphinxPostTransform):
    """Link the first use of each term in each chapter."""

    default_priority = 2  # before what is shown of other pages is put in

    def run(self, **kwargs: Any) -> None:
        chapters = set(domain_of(self.env).chapters())
        pages: list[tuple[str, nodes.Element]] = [(self.env.docname, self.document)]
        pages += [(page["docname"], page) for page in self.document.findall(addnodes.start_of_file)]
        pages = [page for page in pages if page[0] in chapters]
        if not pages:
            return
        vocabulary = Vocabulary(all_entries(self.env))
        entries = map(vocabulary.entry, self.config.reviewbook_terms_by_hand)
        by_hand = {entry for entry in entries if entry is not None}
        for docname, page in pages:
            link_first_uses(page, docname, vocabulary, by_hand)


def note_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Note the terms that a page explains."""
    if entries := entries_of(doctree):
        domain_of(app.env).data["terms"][app.env.docname] = entries


def report_unknown(app: Sphinx, env: BuildEnvironment) -> None:
    """Report terms that are to be linked by hand and that no glossary explains."""
    vocabulary, conf = Vocabulary(all_entries(env)), app.confdir / "conf.py"
    for term in env.config.reviewbook_terms_by_hand:
        if vocabulary.entry(term) is None:
            lines = conf.read_text(encoding="utf-8").splitlines() if conf.exists() else []
            line = next((number for number, text in enumerate(lines, 1) if repr(term)[1:-1] in text), None)
            message = f"no glossary explains {term!r}, which reviewbook_terms_by_hand names"
            warn(Problem("glossary.unknown", message, str(conf), line))


def setup(app: Sphinx) -> None:
    """Register the links."""
    app.add_config_value("reviewbook_terms_by_hand", [], "env", list)
    app.connect("doctree-read", note_terms)
    app.connect("env-updated", report_unknown, priority=700)
    app.add_post_transform(LinkFirstUses)
