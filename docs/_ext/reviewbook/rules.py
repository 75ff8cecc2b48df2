"""The rules of the book: each has a stable id, one line that says what it demands, and a cure.

The checks are pure functions: they take the library or the book and yield problems.
The list of rules in the documentation is made from :data:`RULES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from . import grading
from .addresses import (
    DOI,
    PMCID,
    PMID,
    addresses_in,
    archived_page,
    malformed_trial_numbers,
    same_page,
    url_fault,
)
from .bib import Entry
from .book import HEADS, POPULAR, Book, Finding, PopularClaim, voice_share
from .grading import Certainty
from .library import Library, Source
from .numbers import quantities
from .passages import Passage, passages, split, stems
from .problems import Problem
from .records import Design, Record, RiskOfBias, Status
from .tracing import Pool, unknown_names, untraced, vocabulary
from .verdicts import ARTICLES, MOST_SENTENCES, Verdict

if TYPE_CHECKING:
    from .claims import Claim

VOICE_LIMIT = 0.1
"""The largest part of a chapter's sentences that may be in the authors' own voice."""


class Rule(NamedTuple):
    """A rule.

    Attributes:
        id: what warnings carry, such as ``claim.uncited``.
        summary: what the rule demands, in one line.
        cure: what to do when it is broken, as a sentence.
    """

    id: str
    summary: str
    cure: str


RULES = {
    rule.id: rule
    for rule in (
        Rule(
            "claim.uncited",
            "A sentence of a chapter cites a source, points to where the book cites one, asks a question, or is "
            "marked as the authors' voice.",
            "Cite the source with {cite:p}`key`, or link to the place that does, or, if the sentence claims "
            "nothing, mark it with {voice}`…`.",
        ),
        Rule(
            "claim.number-untraced",
            "A number stands, with its unit, in the record of a source cited in the same sentence; of a record with many "
            "numbers, a long list, a caveat or the arms of a trial, only what the sentence or the one before it names.",
            "Correct the number, cite the source that has it, name what it is of, or, if you saw it in the source, add "
            "it to the record.",
        ),
        Rule(
            "claim.heading-number",
            "A number in a heading, a term, a table's head or the description of a picture stands in the record of a source cited under it.",
            "Leave the number out, correct it, or cite the source that has it under the heading.",
        ),
        Rule(
            "claim.name-unknown",
            "A name that holds a digit, such as a receptor's, stands in a cited record or in the glossary.",
            "Correct the spelling, or add the name to the record of the source or to the glossary.",
        ),
        Rule(
            "claim.second-support",
            "A sentence has one support: one citation (with as many keys as it needs) or one link.",
            "Put the keys into one role, {cite:p}`key1,key2`, or split the sentence.",
        ),
        Rule(
            "claim.empty-reference",
            "A sentence that leans on a link points to a place that holds a cited claim.",
            "Link to the section that cites the source, or cite the source here.",
        ),
        Rule(
            "claim.reference-number",
            "A sentence that leans on a link holds no number.",
            "Cite the source of the number in this sentence, or leave the number out.",
        ),
        Rule(
            "claim.derived-wrong",
            "A derived number, {calc}`36 <64 - 28>`, is the result of its sum.",
            "Correct the number or the sum.",
        ),
        Rule(
            "claim.hidden",
            "A chapter has no raw HTML, code or class that keeps sentences from being checked.",
            "Write it as ordinary text, a table, a figure or a directive of the book.",
        ),
        Rule(
            "voice.number",
            "A sentence in the authors' voice holds no number.",
            "Cite the source of the number, or say it without one.",
        ),
        Rule(
            "voice.share",
            "At most a tenth of a chapter's sentences are in the authors' voice.",
            "Cite more of these sentences, or leave some out.",
        ),
        Rule(
            "cite.malformed",
            "A citation is {cite:p}`key`, {cite:p}`key1,key2` or {cite:t}`key`: keys alone, which readers see.",
            "Write keys separated by commas; say the rest in the sentence.",
        ),
        Rule(
            "cite.unknown-key",
            "A cited key is in references.bib.",
            "Correct the key, or add the entry and its record.",
        ),
        Rule(
            "cite.incomplete",
            "A cited entry is complete.",
            "Complete the entry in references.bib and strike it from the list of incomplete sources, or do not cite it.",
        ),
        Rule(
            "cite.retracted-silent",
            "A sentence that cites a retracted source says so.",
            "Say in the sentence that the source was retracted, or withdrawn by its journal, or do not cite it.",
        ),
        Rule(
            "source.second-hand",
            "A cited source has been seen by us, not only in somebody else's account.",
            "Read the source itself, note it under `read` and delete `second_hand`, or do not cite it.",
        ),
        Rule(
            "source.draft",
            "The record of a cited source is no draft: what registries suggested has been confirmed by a reader.",
            "Read the source, confirm or write each field that `draft` names, and strike it there.",
        ),
        Rule(
            "source.missing-record",
            "An entry of references.bib has a record.",
            "Write docs/sources/KEY.yml; `reviewbook schema` prints what it holds.",
        ),
        Rule(
            "source.missing-entry",
            "A record has an entry in references.bib.",
            "Add the entry, or rename the record to the entry's key.",
        ),
        Rule(
            "source.record-invalid",
            "A record is valid YAML and has the right fields.",
            "Correct the record; `reviewbook schema` prints its fields.",
        ),
        Rule(
            "source.url",
            "An address in a record, such as where the source was read, is public: no mirror, proxy, short or tracking address, and no IP address.",
            "Give the address at the publisher, PubMed, PMC or the agency, without parameters such as utm_source.",
        ),
        Rule(
            "bib.syntax",
            "references.bib can be read: braces balance, and nothing stands outside of entries.",
            "Correct the line.",
        ),
        Rule(
            "bib.unescaped",
            "The characters % & # _ $ are escaped in text fields (not in doi and url).",
            "Write a backslash before the character; write symbols as themselves (α, not $\\alpha$).",
        ),
        Rule(
            "bib.format",
            "references.bib is in the fixed format.",
            "Run `reviewbook format`.",
        ),
        Rule(
            "bib.type",
            "An entry has one of the standard types.",
            "Use article, book, inbook, incollection, inproceedings, phdthesis, techreport or misc.",
        ),
        Rule("bib.duplicate-key", "A key stands once in references.bib.", "Delete one entry or rename it."),
        Rule(
            "bib.duplicate-doi",
            "A DOI stands once in references.bib.",
            "Keep one entry and its record; put the other key under `aliases` of the record.",
        ),
        Rule(
            "bib.duplicate-pmid",
            "A PMID or PMCID stands once in references.bib.",
            "Keep one entry and its record; put the other key under `aliases` of the record.",
        ),
        Rule(
            "bib.duplicate-title",
            "A title stands once in references.bib.",
            "If both are one work, keep one entry; if not, make the titles differ as they do in print.",
        ),
        Rule(
            "bib.malformed-doi",
            "A DOI is written bare: 10.1000/xyz.",
            "Remove https://doi.org/ and escapes, and check it at doi.org.",
        ),
        Rule("bib.malformed-pmid", "A PMID is a number of at most eight digits.", "Correct it from PubMed."),
        Rule("bib.malformed-pmcid", "A PMCID is PMC and a number.", "Correct it from PubMed Central."),
        Rule(
            "bib.malformed-year",
            "A year has four digits; a page without a date has urldate instead, the day on which it was read.",
            "Write the year of the issue, or urldate = {2026-11-24} for a page that shows no date.",
        ),
        Rule(
            "bib.malformed-author",
            "Authors are written `Last, First and Last, First`; an institution stands in braces.",
            "Separate authors by `and`; write `Last, Jr, First` where there is a suffix.",
        ),
        Rule(
            "bib.missing-field",
            "An entry has the fields that its type needs.",
            "Complete the entry from a source that you can see; where an article is not in an issue yet, write "
            "pubstate = {online first}.",
        ),
        Rule(
            "bib.no-doi",
            "A journal article has a DOI, or its record says under `no_doi` why not.",
            "Add the DOI, or the reason to the record.",
        ),
        Rule(
            "bib.url",
            "A URL is a public https address of the source itself: no mirror, proxy, short or tracking address, and no IP address.",
            "Give the address at the publisher, PubMed, PMC or the agency, without parameters such as utm_source.",
        ),
        Rule(
            "source.archived",
            "An archived copy is of the page of the source, and only a source without a DOI has one.",
            "Give the copy of the address in `url` or under `read`, or delete `archived`; `reviewbook archive KEY` looks it up.",
        ),
        Rule(
            "link.page",
            "A link of a page leads to a public https address: no mirror, proxy, short or tracking address, and no IP address.",
            "Give the address of the page itself, without parameters such as utm_source.",
        ),
        Rule(
            "link.trial-number",
            "A number of ClinicalTrials.gov is NCT and eight digits.",
            "Correct it from the registry.",
        ),
        Rule(
            "bib.incomplete-list",
            "The list of incomplete sources names entries that exist.",
            "Delete or correct the line.",
        ),
        Rule(
            "finding.missing-name",
            "A finding has a name that starts with finding-.",
            "Add the line `:name: finding-…`.",
        ),
        Rule(
            "finding.place-unknown",
            "A finding on the map of the evidence names a condition and a direction that the map has.",
            "Correct `:condition:` or `:direction:`.",
        ),
        Rule(
            "finding.absolute",
            "What a finding means for 100 people comes from a meta-analysis of the book or from the counts of a trial.",
            "Write `:absolute: key outcome @ time point` or the name of a meta-analysis of ratios.",
        ),
        Rule("finding.duplicate-name", "A finding's name stands once in the book.", "Rename one of them."),
        Rule(
            "finding.unknown",
            "A list of key findings names findings that exist.",
            "Correct the name, or write the finding.",
        ),
        Rule(
            "synthesis.unknown",
            "A result that a sentence shows, {pooled}`name: estimate`, is that of a meta-analysis of the book.",
            "Correct the name, or write the meta-analysis; a fact that needs more trials than are pooled cannot be shown.",
        ),
        Rule(
            "glossary.unknown",
            "A term that only authors link, named in reviewbook_terms_by_hand, is in the glossary.",
            "Correct it in conf.py, or define it in the glossary.",
        ),
        Rule(
            "finding.uncited",
            "A finding's body cites at least one source of the library.",
            "Cite the sources on which the finding rests.",
        ),
        Rule(
            "finding.overgraded",
            "A finding's certainty is not above what its sources and reasons give.",
            "Lower the certainty, or cite the stronger source; a review starts from the designs that its record names "
            "under `synthesises`.",
        ),
        Rule(
            "finding.arithmetic",
            "A finding's certainty is stated and not below what its sources and reasons give.",
            "State the reason for each level that is lost, or raise the certainty.",
        ),
        Rule(
            "finding.high-needs",
            "High certainty needs a meta-analysis whose record says that it synthesises randomised trials, or two randomised trials whose records say "
            "`risk_of_bias: low`.",
            "Lower the certainty with its reason, or cite what is needed.",
        ),
        Rule(
            "finding.reason-unknown",
            "Certainty is lowered for risk of bias, inconsistency, indirectness, imprecision or publication bias, and "
            "raised for a large effect or a dose response.",
            "Use one of these reasons, separated by semicolons.",
        ),
        Rule(
            "finding.reason-missing",
            "A reason is explained in parentheses.",
            "Write it as `risk of bias (participants knew their treatment)`.",
        ),
        Rule(
            "popular.missing-name",
            "A claim of popular articles has a name that starts with popular-.",
            "Add the line `:name: popular-…`, in lower case with hyphens.",
        ),
        Rule(
            "popular.duplicate-name",
            "The name of a claim of popular articles stands once in the book.",
            "Rename one of them.",
        ),
        Rule(
            "popular.title",
            "A claim of popular articles is plain text: a title that nobody checks holds no citation, link or markup.",
            "Write the claim in plain words, and put citations and links into the sentences under it.",
        ),
        Rule(
            "popular.verdict",
            "A claim of popular articles has one of the six verdicts.",
            f"Write `:verdict:` with one of {', '.join(verdict.value for verdict in Verdict)}.",
        ),
        Rule(
            "popular.chapter",
            "A claim of popular articles names the chapter that treats it.",
            "Write `:chapter:` with the path of a chapter without its ending, such as evidence/single-infusion.",
        ),
        Rule(
            "popular.articles",
            "A claim of popular articles says in how many of the articles it stood.",
            f"Write `:articles:` with a whole number from 1 to {ARTICLES}.",
        ),
        Rule(
            "popular.content",
            "One to three sentences of plain text say what the evidence shows of a claim of popular articles.",
            "Write one to three sentences, each with its citation, and leave tables, lists, figures and notes to the chapter.",
        ),
        Rule(
            "screening.invalid",
            "The searches and the screening log are whole, add up, and name only sources and reasons that there are.",
            "Correct the file; `reviewbook watch` and `reviewbook screen` write the log so that it is right.",
        ),
        Rule(
            "popular.uncited",
            "A verdict rests on a cited source; `unsupported` and `not checkable` may rest on a link to the place in the book that tells "
            "what is known.",
            "Cite the source that decides it with {cite:p}`key`, or change the verdict.",
        ),
    )
}
"""All rules, by id."""


def describe(problem: Problem) -> str:
    """The message of a problem, ending in the cure of its rule."""
    return f"{problem.message}. {RULES[problem.rule].cure}"


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems in the order of files and lines, each once."""
    return sorted(dict.fromkeys(problems), key=lambda p: (p.path, p.line or 0))


def check_book(book: Book) -> Iterator[Problem]:
    """Every problem of the text: of citations, claims and findings."""
    for docname, faults in book.faults.items():
        for fault in faults:
            if docname in book.chapters or fault.rule != "claim.hidden":
                yield Problem(fault.rule, fault.message, book.path(docname), fault.line)
    yield from check_citations(book)
    yield from check_claims(book)
    yield from check_findings(book)
    yield from check_popular(book)


# The library


def check_library(library: Library) -> Iterator[Problem]:
    """What is wrong with the bibliography and the records, cited or not."""
    yield from library.problems
    if library.record_paths or not library.entries:
        yield from _unpaired(library)
    yield from _duplicates(library)
    for entry in library.entries.values():
        yield from _malformed(entry, library)
        if entry.key not in library.damaged and entry.key not in library.incomplete:
            yield from _incomplete(entry, library)
    for key, record in library.records.items():
        whole = record.model_dump_json()
        for url in addresses_in(whole):
            fault = url_fault(re.sub("^http:", "https:", url))  # some pages are still served without https alone
            if fault:
                yield Problem("source.url", f"{key}: {fault}: {url}", library.record_paths[key])
        for number in malformed_trial_numbers(whole):
            message = f"{key}: malformed number of a trial: {number}"
            yield Problem("link.trial-number", message, library.record_paths[key])
        yield from _archived(key, record, library)
    for key in library.incomplete:
        if library.entries and key not in library.entries:
            line = library.incomplete_lines.get(key)
            yield Problem("bib.incomplete-list", f"there is no entry {key}", library.incomplete_file, line)


TYPES = frozenset(
    (
        *("article", "book", "booklet", "inbook", "incollection", "inproceedings", "manual"),
        *("mastersthesis", "misc", "phdthesis", "proceedings", "techreport", "unpublished"),
    )
)
_REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    # Each inner tuple: one of these fields.
    "article": (("author",), ("title",), ("journal",), ("year",)),
    "book": (("author", "editor"), ("title",), ("publisher",), ("year",)),
    "inbook": (("author", "editor"), ("title",), ("publisher",), ("year",), ("pages", "chapter")),
    "incollection": (("author",), ("title",), ("booktitle",), ("publisher",), ("year",)),
    "inproceedings": (("author",), ("title",), ("booktitle",), ("year",)),
    "phdthesis": (("author",), ("title",), ("school",), ("year",)),
    "techreport": (("author",), ("title",), ("institution",), ("year", "urldate"), ("url", "doi")),
    "misc": (("author",), ("title",), ("howpublished",), ("year", "urldate"), ("url", "doi")),
}
_OTHERWISE_REQUIRED = (("author", "editor"), ("title",), ("year",))
_PREPRINT = re.compile(r"rxiv|research square|preprint|ssrn", re.IGNORECASE)
_SHAPES = {
    "doi": ("bib.malformed-doi", DOI),
    "pmid": ("bib.malformed-pmid", PMID),
    "pmcid": ("bib.malformed-pmcid", PMCID),
    "year": ("bib.malformed-year", re.compile(r"(1[89]|20)\d\d")),
    "urldate": ("bib.malformed-year", re.compile(r"20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")),
}


def _unpaired(library: Library) -> Iterator[Problem]:
    for key, entry in library.entries.items():
        if key not in library.record_paths:
            yield Problem("source.missing-record", f"{key} has no record", library.bibfile, entry.line)
    for key, path in library.record_paths.items():
        if library.has_bibliography and key not in library.entries and key not in library.damaged:
            yield Problem("source.missing-entry", f"{key} has no entry in the bibliography", path, 1)


def _archived(key: str, record: Record, library: Library) -> Iterator[Problem]:
    if not record.archived:
        return
    entry = library.entries.get(key)
    if entry and entry.fields.get("doi"):
        yield Problem("source.archived", f"{key} has a DOI and an archived copy", library.record_paths[key])
    pages = [url for reading in record.read for url in addresses_in(reading.where)]
    pages += [entry.fields["url"]] if entry and "url" in entry.fields else []
    if same_page(archived_page(record.archived)) not in map(same_page, pages):
        message = f"{key}: the archived copy is of another page: {record.archived}"
        yield Problem("source.archived", message, library.record_paths[key])


def _duplicates(library: Library) -> Iterator[Problem]:
    for field, rule in (
        ("doi", "bib.duplicate-doi"),
        ("pmid", "bib.duplicate-pmid"),
        ("pmcid", "bib.duplicate-pmid"),
        ("title", "bib.duplicate-title"),
    ):
        first: dict[str, Entry] = {}
        for entry in library.entries.values():
            value = entry.text(field).casefold()
            if field == "title":
                value = re.sub(r"[\W_]+", "", value)
            if not value:
                continue
            twin = first.setdefault(value, entry)
            if twin is not entry:
                message = f"{entry.key} has the same {field} as {twin.key} (line {twin.line})"
                yield Problem(rule, message, library.bibfile, entry.lines.get(field, entry.line))


def _malformed(entry: Entry, library: Library) -> Iterator[Problem]:
    if entry.type not in TYPES:
        yield Problem("bib.type", f"{entry.key}: no type {entry.type!r}", library.bibfile, entry.line)
    for field, (rule, shape) in _SHAPES.items():
        value = entry.fields.get(field)
        if value is not None and not shape.fullmatch(value):
            message = f"{entry.key}: malformed {field} {value!r}"
            yield Problem(rule, message, library.bibfile, entry.lines[field])
    url = entry.fields.get("url")
    fault = url_fault(url) if url is not None else ""
    if fault:
        yield Problem("bib.url", f"{entry.key}: {fault}: {url}", library.bibfile, entry.lines["url"])
    for number in (n for value in entry.fields.values() for n in malformed_trial_numbers(value)):
        message = f"{entry.key}: malformed number of a trial: {number}"
        yield Problem("link.trial-number", message, library.bibfile, entry.line)
    for name in _names(entry.fields.get("author", "")) + _names(entry.fields.get("editor", "")):
        parts = [part.strip() for part in name.split(",")]
        suffix_last = len(parts) > 2 and re.fullmatch(r"(Jr|Sr)\.?|I{2,3}|IV", parts[-1])
        if len(parts) > 3 or not parts[0] or suffix_last:
            message = f"{entry.key}: not a name of an author: {name!r}"
            line = entry.lines.get("author", entry.line)
            yield Problem("bib.malformed-author", message, library.bibfile, line)


def _names(authors: str) -> list[str]:
    """The names in an author field; what stands in braces is one name, whatever it holds."""
    if not authors:
        return []
    flat = re.sub(r"\{[^{}]*\}", "X", re.sub(r"\{[^{}]*\}", "X", authors))
    return re.split(r"\s+and\s+", flat)


def lacking(entry: Entry) -> list[str]:
    """The fields that an entry needs and does not have; ``volume or number`` where one of several would do."""
    required = _REQUIRED.get(entry.type, _OTHERWISE_REQUIRED)
    in_issue = "pubstate" not in entry.fields and not _PREPRINT.search(entry.fields.get("journal", ""))
    if entry.type == "article" and in_issue:
        required += (("volume", "number"), ("pages", "eid"))
    return [" or ".join(names) for names in required if not any(entry.fields.get(n) for n in names)]


def _incomplete(entry: Entry, library: Library) -> Iterator[Problem]:
    missing = lacking(entry)
    if missing:
        message = f"{entry.key} lacks {', '.join(missing)}"
        yield Problem("bib.missing-field", message, library.bibfile, entry.line)
    if entry.type != "article":
        return
    record = library.records.get(entry.key)
    if not entry.fields.get("doi") and record is not None and not record.no_doi:
        yield Problem("bib.no-doi", f"{entry.key} has no DOI", library.bibfile, entry.line)


# Citations

_RETRACTED = re.compile(
    r"(?<!\bnot )(?<!\bnot been )(?<!\bnever )(?<!\bnever been )\bretract(?:ed|ions?|s|ing)?\b|\bwithdrawn by\b",
    re.IGNORECASE,
)
"""What says that a source was retracted; people "withdraw" from a trial, and have "withdrawal" symptoms."""


def check_citations(book: Book) -> Iterator[Problem]:
    """Keys that may not be cited, wherever they are cited."""
    library = book.library
    for use in book.uses:
        path = book.path(use.docname)
        entry = library.entries.get(use.key)
        if entry is None:
            if library.has_bibliography and use.key not in library.damaged:
                yield Problem("cite.unknown-key", f"there is no source {use.key!r}", path, use.line)
            continue
        if use.key in library.incomplete:
            missing = ", ".join(library.incomplete[use.key])
            yield Problem("cite.incomplete", f"{use.key} still lacks {missing}", path, use.line)
        record = library.records.get(use.key)
        if record is None:
            if use.key not in library.damaged:
                message = f"the cited source {use.key} has no record"
                yield Problem("source.missing-record", message, path, use.line)
        elif record.second_hand:
            message = f"{use.key} is known only from somebody else's account"
            yield Problem("source.second-hand", message, path, use.line)
        elif record.draft:
            message = f"the record of {use.key} is a draft: nobody has confirmed {', '.join(record.draft)}"
            yield Problem("source.draft", message, path, use.line)
    for docname, claims in book.claims.items():
        for claim in claims:
            for key in claim.keys if claim.place not in HEADS else ():
                record = library.records.get(key)
                if record and record.status is Status.RETRACTED and not _RETRACTED.search(claim.text):
                    message = f"{key} was retracted, and the sentence does not say so: {_quote(claim)}"
                    yield Problem("cite.retracted-silent", message, book.path(docname), claim.line)


# Claims


def check_claims(book: Book) -> Iterator[Problem]:
    """Sentences without support, and numbers that cannot be traced."""
    tracer = _Tracer(book)
    for docname, claims in book.claims.items():
        path = book.path(docname)
        chapter = docname in book.chapters
        before = None
        for claim in claims:
            gated = chapter or claim.place == POPULAR
            # "It was rarer with placebo": what is spoken of may be named in the sentence before.
            follows = before is not None and before.section == claim.section and _continues(before, claim)
            near = before.text if before is not None and follows else ""
            for problem in _check_claim(book, claim, gated, tracer, f"{claim.section} {near} {claim.text}"):
                yield problem._replace(path=path, line=claim.line)
            before = claim
        ours = claims if chapter else tuple(claim for claim in claims if claim.place == POPULAR)
        yield from _check_share(docname, ours, path)


def _continues(before: Claim, claim: Claim) -> bool:
    """Whether a sentence may go on with what the one before it speaks of; each claim of popular articles starts anew."""
    if claim.place == POPULAR:
        return before.place == POPULAR and before.anchor == claim.anchor
    return claim.place in ("prose", "finding")


def _check_claim(book: Book, claim: Claim, gated: bool, tracer: _Tracer, context: str) -> Iterator[Problem]:
    def problem(rule: str, message: str) -> Problem:
        return Problem(rule, message, "")

    for derived in claim.derived:
        if not derived.ok:
            sum_ = derived.expression or "nothing"
            yield problem("claim.derived-wrong", f"“{derived.shown}” is derived from {sum_}: {derived.result}")
    if claim.kind == "heading":
        if gated:
            yield from _check_heading(claim, tracer, context)
        return
    keys = claim.keys
    if gated and claim.place not in HEADS:
        if claim.kind == "uncited":
            yield problem("claim.uncited", f"no source is cited: {_quote(claim)}")
        if claim.supports > 1:
            yield problem("claim.second-support", f"more than one citation or link: {_quote(claim)}")
        if claim.kind == "reference":
            carried = [book.carried(claim.docname, target) for target in claim.targets]
            if False in carried and True not in carried:
                target = claim.targets[carried.index(False)][1]
                yield problem("claim.empty-reference", f"nothing is cited at {target!r}: {_quote(claim)}")
    if keys:
        known = tracer.known(keys)
        records = [book.library.records[key] for key in keys if key in book.library.records]
        unread = any("findings" in record.draft for record in records)
        if len(known) == len(keys) and not unread:  # otherwise the missing source, or its draft, is the problem
            for text in tracer.untraced(claim, known, context):
                message = f"“{text}” is in no record of {', '.join(keys)}: {_quote(claim)}"
                yield problem("claim.number-untraced", message)
            for name in tracer.unknown_names(claim, known):
                message = f"“{name}” is in no record of {', '.join(keys)} and not in the glossary"
                yield problem("claim.name-unknown", message)
        return
    if claim.numbers and claim.kind in ("voice", "reference") and (gated or claim.kind == "voice"):
        shown = ", ".join(f"“{number.text}”" for number in claim.numbers)
        rule = "voice.number" if claim.kind == "voice" else "claim.reference-number"
        yield problem(rule, f"{shown} stands without a source: {_quote(claim)}")
    asked = quantities(claim.numbers)
    if gated and claim.kind == "question" and asked:
        shown = ", ".join(f"“{number.text}”" for number in asked)
        yield problem("claim.number-untraced", f"{shown} stands in a question without a source: {_quote(claim)}")
    if gated:
        for name in tracer.unknown_names(claim, ()):
            yield problem("claim.name-unknown", f"“{name}” is in no record and not in the glossary")


def _check_heading(claim: Claim, tracer: _Tracer, context: str) -> Iterator[Problem]:
    known = tracer.known(claim.keys)
    if len(known) == len(claim.keys):
        for text in tracer.untraced(claim, known, context):
            message = f"“{text}” is in no record of what is cited under the heading {_quote(claim)}"
            yield Problem("claim.heading-number", message, "")
    for name in tracer.unknown_names(claim, known):
        message = (
            f"“{name}” is in no record of what is cited under the heading and not in the glossary: {_quote(claim)}"
        )
        yield Problem("claim.name-unknown", message, "")


def _check_share(docname: str, claims: tuple[Claim, ...], path: str) -> Iterator[Problem]:
    share = voice_share(docname, claims)
    if share.voice > share.sentences * VOICE_LIMIT:
        line = next((claim.line for claim in claims if claim.kind == "voice"), None)
        message = f"{share.voice} of {share.sentences} sentences are in the authors' voice"
        yield Problem("voice.share", message, path, line)


_LEVELS = re.compile(r"\d+% (?:CI|CrI)")
"""The level of an interval, which says nothing of what it is the interval of."""


class _Tracer:
    """Looks numbers and names up in records; what was found is kept for the run.

    Finding the numbers of a whole record takes time, and most that are asked for stand in one of its passages.
    So the passages that hold the very characters are looked at first, and the whole record only if they do not do.
    """

    def __init__(self, book: Book) -> None:
        self._sources = book.library.sources
        self._glossary = Pool(names=book.glossary)
        self._passages: dict[str, Pool] = {}
        self._records: dict[str, Pool] = {}
        self._listing: dict[str, tuple[Passage, ...]] = {}

    def known(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Those of the keys that have an entry and a record."""
        return tuple(key for key in keys if key in self._sources)

    def untraced(self, claim: Claim, keys: tuple[str, ...], context: str) -> list[str]:
        """The numbers of a claim that stand in no record of these sources; ``context`` holds the words around them."""
        left = claim.numbers
        if left:
            left = untraced(left, self._near(keys, [number.text for number in left]), len(keys))
        if left:
            # All numbers again: how a number is joined to the one before it counts too.
            left = untraced(claim.numbers, self._whole(keys) | self._listed(keys, stems(context)), len(keys))
        return [number.text for number in left]

    def unknown_names(self, claim: Claim, keys: tuple[str, ...]) -> tuple[str, ...]:
        """Names in no record of these sources (of any source, if no key is given) and no glossary."""
        left = unknown_names(claim.names, self._glossary) if claim.names else ()
        keys = keys or tuple(self._sources)
        if left:
            left = unknown_names(left, self._near(keys, left))
        return unknown_names(left, self._whole(keys)) if left else ()

    def _near(self, keys: Iterable[str], wanted: Sequence[str]) -> Pool:
        """What stands in those passages of records that hold some of the wanted strings."""
        pool = Pool()
        for key in keys:
            source = self._sources[key]
            record = source.record
            passages = [record.population, record.intervention, source.entry.fields.get("year")]
            passages += [f"{record.n} participants" if record.n else None]
            passages += [finding.text for finding in record.findings]
            for text in passages:
                if text and any(string in text for string in wanted) and len(split(text)) == 1:
                    pool |= self._passage(text)
        return pool

    def _listed(self, keys: Iterable[str], words: frozenset[str]) -> Pool:
        """What stands in those entries of lists that share one of the words."""
        pool = Pool()
        for key in keys:
            for passage in self._lists(key):
                if passage.words & words:
                    pool |= self._passage(passage.text)
        return pool

    def _lists(self, key: str) -> tuple[Passage, ...]:
        if key not in self._listing:
            source = self._sources[key]
            self._listing[key] = tuple(p for p in passages(source.record) if p.words)
        return self._listing[key]

    def _passage(self, text: str) -> Pool:
        if text not in self._passages:
            self._passages[text] = vocabulary((text,))
        return self._passages[text]

    def _whole(self, keys: Iterable[str]) -> Pool:
        return reduce(or_, (self._record(key) for key in keys), Pool())

    def _record(self, key: str) -> Pool:
        if key not in self._records:
            source = self._sources[key]
            year = source.entry.fields.get("year", "")
            title = vocabulary((source.entry.text("title"),))
            found = tuple(passages(source.record, int(year) if year.isdigit() else None))
            pool = vocabulary(passage.text for passage in found if not passage.words)
            pool |= vocabulary(level for passage in found for level in _LEVELS.findall(passage.whole))
            # A list may be used by its entries alone, but its names, and what stands together in it, are known.
            whole = vocabulary(dict.fromkeys(passage.whole for passage in found))
            self._records[key] = pool | Pool(names=whole.names | title.names, texts=whole.texts)
        return self._records[key]


def _quote(claim: Claim) -> str:
    text = " ".join(claim.text.split())
    return f"“{text if len(text) <= 90 else text[:89] + '…'}”"


def _named_twice(book: Book, named: Iterable[Finding | PopularClaim], rule: str) -> Iterator[Problem]:
    """Problems of names that more than one of ``named`` has."""
    first: dict[str, Finding | PopularClaim] = {}
    for one in filter(lambda one: one.name, named):
        twin = first.setdefault(one.name, one)
        if twin is not one:
            where = f"{book.path(twin.docname)}:{twin.line}"
            yield Problem(rule, f"{one.name} stands at {where} already", book.path(one.docname), one.line)


# Findings


def check_findings(book: Book) -> Iterator[Problem]:
    """Findings that break a rule of grading, and lists that name findings which do not exist."""
    for finding in book.findings:
        path = book.path(finding.docname)
        for rule, message in _check_finding(finding, book.library):
            yield Problem(rule, message, path, finding.line)
    yield from _named_twice(book, book.findings, "finding.duplicate-name")
    for docname, line, missing in book.unanswered:
        yield Problem("synthesis.unknown", f"there is no {missing}", book.path(docname), line)
    names = {finding.name for finding in book.findings}
    for docname, line, name in book.listed:
        if name not in names:
            yield Problem("finding.unknown", f"there is no finding {name!r}", book.path(docname), line)


def _check_finding(finding: Finding, library: Library) -> Iterator[tuple[str, str]]:
    title = f"“{finding.title}”"
    if not re.fullmatch(r"finding-[a-z0-9][a-z0-9-]*", finding.name):
        yield "finding.missing-name", f"{title} has " + (f"the name {finding.name!r}" if finding.name else "no name")
    down, up = grading.reasons(finding.downgraded), grading.reasons(finding.upgraded)
    for reasons, known in ((down, grading.DOWNGRADES), (up, grading.UPGRADES)):
        for reason in reasons:
            if reason.name not in known:
                yield "finding.reason-unknown", f"{title}: not a reason: {reason.name!r}"
            elif not reason.explanation:
                yield "finding.reason-missing", f"{title}: no explanation of {reason.name}"
    sources = [library.sources[key] for key in finding.keys if key in library.sources]
    if not sources:
        if not any(key in library.damaged for key in finding.keys):
            yield "finding.uncited", f"{title} cites no source"
        return
    if not finding.certainty:
        yield "finding.arithmetic", f"{title} states no certainty"
        return
    stated = Certainty.parse(finding.certainty)
    if stated is None:
        message = f"{title}: {finding.certainty!r} is not high, moderate, low or very low"
        yield "finding.arithmetic", message
        return
    designs = [design for source in sources for design in source.record.evidence]
    due = grading.grade(designs, down, up)
    if stated != due:
        rule = "finding.overgraded" if stated > due else "finding.arithmetic"
        counted = sum(reason.levels for reason in down)
        message = (
            f"{title} is graded {stated.words}, but its sources start at {grading.start(designs).words}, "
            f"reasons take {counted} off, and that gives {due.words}"
        )
        yield rule, message
    if stated is Certainty.HIGH and not may_be_high(sources):
        yield "finding.high-needs", f"{title} is graded high"
    if up and grading.start(designs) is not Certainty.LOW:
        message = f"{title}: certainty is raised only for observational studies in people"
        yield "finding.reason-unknown", message


def may_be_high(sources: Iterable[Source]) -> bool:
    """Whether sources can carry high certainty: a meta-analysis of randomised trials, or two trials at low risk."""
    low_risk = 0
    for source in sources:
        record = source.record
        if record.status is Status.RETRACTED:
            continue
        if record.design is Design.META_ANALYSIS and grading.RANDOMISED.intersection(record.synthesises):
            return True
        if record.design in grading.RANDOMISED and record.risk_of_bias is RiskOfBias.LOW:
            low_risk += 1
    return low_risk >= 2


# Claims of popular articles


def check_popular(book: Book) -> Iterator[Problem]:
    """Claims of popular articles that break a rule."""
    for claim in book.popular:
        path = book.path(claim.docname)
        for rule, message in _check_popular(claim, book.chapters):
            yield Problem(rule, message, path, claim.line)
    yield from _named_twice(book, book.popular, "popular.duplicate-name")


def _check_popular(claim: PopularClaim, chapters: frozenset[str]) -> Iterator[tuple[str, str]]:
    said = f"“{claim.claim}”"
    if not re.fullmatch(r"popular-[a-z0-9][a-z0-9-]*", claim.name):
        yield "popular.missing-name", f"{said} has " + (f"the name {claim.name!r}" if claim.name else "no name")
    if re.search(r"[`{}*<>\[\]\\]", claim.claim):
        yield "popular.title", f"{said} is not plain text"
    verdict = Verdict.parse(claim.verdict)
    if verdict is None:
        stated = f"the verdict {claim.verdict!r}, which does not exist" if claim.verdict else "no verdict"
        yield "popular.verdict", f"{said} has {stated}"
    if claim.chapter not in chapters:
        stated = f"the chapter {claim.chapter!r}, which does not exist" if claim.chapter else "no chapter"
        yield "popular.chapter", f"{said} names {stated}"
    if claim.articles not in map(str, range(1, ARTICLES + 1)):
        yield "popular.articles", f"{said} stood in {claim.articles or 'nobody knows how many'} articles"
    if claim.stray:
        yield "popular.content", f"under {said} stands something else than sentences ({claim.stray})"
    if not 1 <= len(claim.kinds) <= MOST_SENTENCES:
        yield "popular.content", f"under {said} stand {len(claim.kinds) or 'no'} sentences"
    elif verdict is not None:
        enough = {"cited"} if verdict.needs_citation else {"cited", "reference"}
        if not enough.intersection(claim.kinds):
            yield "popular.uncited", f"nothing is cited for the verdict “{verdict.value}” on {said}"
