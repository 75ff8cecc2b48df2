"""What a reader is shown of a source: a card on the page of sources, and a short preview at each citation.

The reference at the head of a card is the node that sphinxcontrib-bibtex and pybtex made;
the rest comes from the source's record and from the places of the book that cite it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from . import bibstyle
from .book import CitationUse
from .domain import domain_of
from .records import Depth, Design, Read, Record, RiskOfBias, Status

if TYPE_CHECKING:
    from sphinxcontrib.bibtex.domain import Citation

DESIGNS: Mapping[Design, str] = {
    Design.META_ANALYSIS: "Meta-analysis",
    Design.SYSTEMATIC_REVIEW: "Systematic review",
    Design.RCT_PARALLEL: "Randomised trial",
    Design.RCT_CROSSOVER: "Randomised crossover trial",
    Design.OPEN_LABEL: "Open-label study",
    Design.COHORT: "Cohort study",
    Design.CROSS_SECTIONAL: "Cross-sectional study",
    Design.CASE_SERIES: "Case series",
    Design.CASE_REPORT: "Case report",
    Design.PHARMACOKINETIC: "Drug-level (pharmacokinetic) study",
    Design.PHARMACOVIGILANCE: "Reports of side effects (pharmacovigilance)",
    Design.HUMAN_MECHANISTIC: "Mechanism study in people",
    Design.PRECLINICAL_IN_VIVO: "Animal study",
    Design.PRECLINICAL_IN_VITRO: "Laboratory study of cells or tissue",
    Design.QUALITATIVE: "Interview study",
    Design.ECONOMIC: "Economic evaluation",
    Design.GUIDELINE: "Guideline",
    Design.CONSENSUS: "Consensus statement",
    Design.LABEL: "Medicine's label",
    Design.REGULATORY: "Document of a regulator",
    Design.NARRATIVE_REVIEW: "Narrative review",
    Design.COMMENTARY: "Commentary",
    Design.NEWS: "News report",
    Design.METHODS: "Paper on methods",
}
"""What readers are told a design is."""

DEPTHS: Mapping[Depth, str] = {
    Depth.FULL_TEXT: "full text",
    Depth.ABSTRACT: "abstract",
    Depth.LABEL: "label",
    Depth.PAGE: "web page",
    Depth.EXCERPT: "excerpt",
}
"""What readers are told was read, the deepest reading first."""

BIASES: Mapping[RiskOfBias, str] = {
    RiskOfBias.LOW: "low",
    RiskOfBias.SOME_CONCERNS: "some concerns",
    RiskOfBias.HIGH: "high",
}

STATUSES: Mapping[Status, str] = {
    Status.OK: "",
    Status.CORRECTED: "Corrected",
    Status.CONCERN: "Expression of concern",
    Status.RETRACTED: "Retracted",
}
"""What stands before the notice of a source that does not simply stand."""

COPY = "archived copy"
"""What readers are told of a copy of a page that an archive holds."""

PREVIEW_FINDINGS = 3
"""How many findings a preview shows at most …"""
PREVIEW_LENGTH = 420
"""… and how many characters of them, counting at least one whole."""


# In words


def what(record: Record) -> str:
    """The design and size: ``Randomised trial, n = 73``."""
    return DESIGNS[record.design] + (f", n\u00a0=\u00a0{record.n:,}" if record.n else "")


def depths(record: Record) -> str:
    """What was read of the source, the deepest reading first: ``full text, abstract``."""
    done = {reading.what for reading in record.read}
    return ", ".join(words for depth, words in DEPTHS.items() if depth in done) or "nothing yet"


def sentence(text: str) -> str:
    """The text with a capital first letter and a full stop."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!", "…")) else text + "."


def chosen_findings(record: Record) -> tuple[str, ...]:
    """The findings that fit in a preview."""
    texts: list[str] = []
    for finding in record.findings[:PREVIEW_FINDINGS]:
        if texts and sum(map(len, texts)) + len(finding.text) > PREVIEW_LENGTH:
            break
        texts.append(sentence(finding.text))
    return tuple(texts)


def spoken_date(reading: Read) -> str:
    """The day of a reading: ``23 November 2026``; empty if it was not noted."""
    return bibstyle.day(reading.when.isoformat()) if reading.when else ""


# Preview


def preview_html(citation: Citation, record: Record | None) -> str:
    """The template of the preview of a source; the script adds the link to the card."""
    entry = citation.entry
    label = citation.formatted_entry.label
    where = bibstyle.plain(entry, "journal") or str(bibstyle.published(entry))
    reference = f"{label} · {where}" if where else label
    parts = [
        _paragraph("title", bibstyle.plain(entry, "title") or label),
        _paragraph("reference", reference),
    ]
    if record:
        parts += _facts(record)
    links = [
        f'<a href="{escape(url)}">{ {"doi": "DOI", "PMID": "PubMed", "PMCID": "PMC"}.get(name, "Page") }</a>'
        for name, _, url in bibstyle.identifiers(entry.fields)
    ]
    if record and record.archived:
        links.append(f'<a href="{escape(record.archived)}">{COPY.capitalize()}</a>')
    parts.append(f'<p class="cite-preview-links">{" ".join(links)}</p>')
    return f'<template data-cite="{escape(citation.key)}">{"".join(parts)}</template>'


def _facts(record: Record) -> Iterator[str]:
    if record.status is not Status.OK:
        yield _paragraph(f"status cite-preview-{record.status.value}", f"{STATUSES[record.status]}: {record.notice}")
    who = escape(sentence(record.population)) if record.population else ""
    yield f'<p class="cite-preview-what"><strong>{escape(what(record))}.</strong> {who}</p>'
    found = "".join(f"<li>{escape(text)}</li>" for text in chosen_findings(record))
    yield f'<ul class="cite-preview-found">{found}</ul>'
    if record.caveats:
        yield _paragraph("caveat", f"But: {sentence(record.caveats[0])}")
    second_hand = " (only another's account of it)" if record.second_hand else ""
    yield _paragraph("read", f"We read: {depths(record)}{second_hand}.")


def _paragraph(name: str, text: str) -> str:
    return f'<p class="cite-preview-{name}">{escape(text)}</p>'


# Card


class SourceCards(SphinxPostTransform):
    """Turn the entries of the bibliography into cards; in print, into short entries."""

    default_priority = 900  # late: the many nodes of the cards need none of the other transforms

    def run(self, **kwargs: Any) -> None:
        known = {c.citation_id: c for c in self.env.get_domain("cite").citations}  # type: ignore[attr-defined]
        domain = domain_of(self.env)
        uses: dict[str, list[CitationUse]] = {}
        for use in domain.uses():
            uses.setdefault(use.key, []).append(use)
        for node in list(self.document.findall(nodes.citation)):
            citation = next((known[i] for i in node["ids"] if i in known), None)
            if citation is None:
                continue
            record = domain.library.records.get(citation.key)
            if self.env._app.builder.format == "html":
                node.replace_self(self.card(node, citation, record, uses.get(citation.key, ())))
            elif record:
                self.add_copy(node, record)
                node += nodes.paragraph("", in_short(record))

    def card(
        self, node: nodes.citation, citation: Citation, record: Record | None, uses: Sequence[CitationUse]
    ) -> nodes.container:
        """The card of one source."""
        self.add_copy(node, record)
        card = nodes.container(ids=node["ids"], classes=["source-card"])
        head = nodes.rubric("", citation.formatted_entry.label, classes=["source-name"], **{"heading-level": 2})
        link = nodes.reference("", "#", refid=node["ids"][0], internal=True, classes=["source-link"])
        link["reftitle"] = "Link to this source"
        card += [head, *(child for child in node.children if isinstance(child, nodes.paragraph))]
        head += [nodes.Text(" "), link]
        if record:
            if record.status is not Status.OK:
                lead = nodes.strong("", f"{STATUSES[record.status]}. ")
                text = nodes.Text(sentence(record.notice or ""))
                card.insert(1, nodes.paragraph("", "", lead, text, classes=["source-status", record.status.value]))
            card += fields(record)
        if uses:
            title = nodes.paragraph("", "Cited in", classes=["source-heading"])
            card += nodes.container("", title, self.places(uses), classes=["cited-in"])
        return card

    def add_copy(self, node: nodes.citation, record: Record | None) -> None:
        """Name the archived copy at the end of the reference."""
        reference = next((child for child in node.children if isinstance(child, nodes.paragraph)), None)
        if record and record.archived and reference is not None:
            reference += [nodes.Text(" · "), nodes.reference("", COPY, refuri=record.archived, internal=False)]

    def places(self, uses: Iterable[CitationUse]) -> nodes.bullet_list:
        """Links to every place that cites a source, by chapter and section."""
        chapters: dict[str, dict[str, list[CitationUse]]] = {}
        for use in uses:
            chapters.setdefault(use.docname, {}).setdefault(use.section, []).append(use)
        items = nodes.bullet_list()
        for docname, sections in chapters.items():
            title = self.env.titles[docname].astext()
            line = nodes.paragraph("", f"{title}: ")
            for number, (section, several) in enumerate(sections.items()):
                name = section if section and section != title else "opening"
                line += [nodes.Text(", " if number else ""), *self.links(name, several)]
            items += nodes.list_item("", line)
        return items

    def links(self, section: str, uses: Sequence[CitationUse]) -> Iterator[nodes.Node]:
        """A link to the first place in a section, and short ones to the further places."""
        for number, use in enumerate(uses, start=1):
            text = section if number == 1 else str(number)
            if number > 1:
                yield nodes.Text("\u00a0")
            yield make_refnode(self.env._app.builder, self.env.docname, use.docname, use.anchor, nodes.inline("", text))


def in_short(record: Record) -> str:
    """A line for print: design, size, what was read."""
    status = f"{STATUSES[record.status].upper()}: {record.notice} " if record.status is not Status.OK else ""
    return f"{status}{what(record)}; read: {depths(record)}."


def fields(record: Record) -> nodes.field_list:
    """What the record of a source holds, in the words of readers."""
    values: list[tuple[str, str | nodes.Node | None]] = [
        ("Design", what(record) + (" (a guess, not confirmed)" if "design" in record.draft else "")),
        ("Studied", record.population and sentence(record.population)),
        ("Given", record.intervention and sentence(record.intervention)),
        ("Compared with", record.comparator and sentence(record.comparator)),
        ("Found", _list(_found(record))),
        ("Risk of bias", _bias(record)),
        ("Caveats", _list(nodes.paragraph("", sentence(text)) for text in record.caveats)),
        ("Funding", record.funding and sentence(record.funding)),
        ("Interests", record.conflicts and sentence(record.conflicts)),
        ("We read", _list(map(_reading, record.read))),
    ]
    found = nodes.field_list(classes=["source-facts"])
    for name, value in values:
        if value:
            body = nodes.paragraph("", value) if isinstance(value, str) else value
            found += nodes.field("", nodes.field_name("", name), nodes.field_body("", body))
    return found


def _bias(record: Record) -> str | None:
    if record.risk_of_bias is None:
        return None
    return f"{BIASES[record.risk_of_bias].capitalize()}, judged by {record.risk_of_bias_source}"


def _found(record: Record) -> Iterator[nodes.paragraph]:
    for finding in record.findings:
        where = nodes.inline("", f" [{finding.locator}]", classes=["locator"])
        yield nodes.paragraph("", "", nodes.Text(sentence(finding.text)), where)


def _reading(reading: Read) -> nodes.paragraph:
    line = nodes.paragraph("", DEPTHS[reading.what].capitalize())
    if reading.where.startswith(("https://", "http://")):
        url, _, note = reading.where.partition(" ")
        line += [nodes.Text(", "), nodes.reference("", bibstyle.host(url), refuri=url)]
        if note:
            line += nodes.Text(f" {note}")
    else:
        line += nodes.Text(f", {reading.where}")
    if day := spoken_date(reading):
        line += nodes.Text(f", {day}")
    return line


def _list(paragraphs: Iterable[nodes.paragraph]) -> nodes.Node | None:
    """Nothing, one paragraph, or a list of several."""
    items = list(paragraphs)
    if len(items) <= 1:
        return items[0] if items else None
    return nodes.bullet_list("", *(nodes.list_item("", item) for item in items))


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_post_transform(SourceCards)
