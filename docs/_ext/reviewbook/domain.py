"""What is known about the whole book: a Sphinx domain that keeps claims, findings and citations by page.

The hooks here only gather and call: sentences are found by ``claims``, judged by ``rules``.
The library is loaded at the start of each build and is not part of the pickled environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, cast

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains import Domain
from sphinx.domains.std import StandardDomain
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from . import grading, page_links, rules, screening
from .book import Book, CitationUse, Fault, Finding, PopularClaim, VoiceShare, voice_share
from .claims import Claim, collect, is_popular_claim
from .evidence_map import CONDITIONS, DIRECTIONS, absolute
from .grading import Certainty
from .library import Library, citable, load
from .page_links import line_of
from .problems import Problem
from .results import FACTS
from .tracing import vocabulary
from .verdicts import Verdict

logger = logging.getLogger(__name__)


class Live(NamedTuple):
    """Something on a page that shows a fact about the whole book and must follow it.

    Attributes:
        kind: what it shows, such as ``key-findings``.
        line: where it stands.
        arguments: what it was asked for.
    """

    kind: str
    line: int
    arguments: tuple[str, ...]


class ReviewDomain(Domain):
    """Claims, findings and citations of the book."""

    name = "review"
    label = "Review"
    data_version = 1
    initial_data: ClassVar[dict[str, Any]] = {
        "claims": {},  # docname -> tuple[Claim, ...]
        "findings": {},  # docname -> tuple[Finding, ...]
        "popular": {},  # docname -> tuple[PopularClaim, ...]
        "uses": {},  # docname -> tuple[CitationUse, ...]
        "cited_places": {},  # docname -> frozenset of ids of elements that hold a citation
        "glossary": {},  # docname -> frozenset of names
        "exhibits": {},  # docname -> its figures and tables
        "terms": {},  # docname -> the entries of its glossaries, each with its terms
        "faults": {},  # docname -> tuple[Fault, ...]
        "live": {},  # docname -> tuple[Live, ...]
        "requests": {},  # docname -> what its tables of outcomes asked for, and what they found
        "analyses": {},  # docname -> what its meta-analyses asked for, and what came out
        "shown": {},  # docname -> what its live parts showed when it was last written
    }
    library: Library
    library_problems: tuple[Problem, ...]
    screening: screening.Screening

    # State

    @property
    def claims(self) -> dict[str, tuple[Claim, ...]]:
        """The sentences of each page."""
        return cast(dict[str, tuple[Claim, ...]], self.data["claims"])

    @property
    def live(self) -> dict[str, tuple[Live, ...]]:
        """The parts of each page that show facts about the whole book."""
        return cast(dict[str, tuple[Live, ...]], self.data["live"])

    @property
    def requests(self) -> dict[str, tuple[tuple[Any, Any], ...]]:
        """What the tables of outcomes of each page asked for, and what they found."""
        return cast(dict[str, tuple[tuple[Any, Any], ...]], self.data["requests"])

    @property
    def analyses(self) -> dict[str, tuple[tuple[Any, Any], ...]]:
        """What the meta-analyses of each page asked for, and what came out (None if nothing could)."""
        return cast(dict[str, tuple[tuple[Any, Any], ...]], self.data["analyses"])

    def analysis(self, name: str) -> Any | None:
        """The result of the meta-analysis of that name; None if there is none."""
        results = (result for docname in self.pages() for _, result in self.analyses.get(docname, ()))
        return next((result for result in results if result is not None and result.name == name), None)

    def findings(self) -> tuple[Finding, ...]:
        """All findings, in the order of the book."""
        return tuple(f for docname in self.pages() for f in self.data["findings"].get(docname, ()))

    def popular(self) -> tuple[PopularClaim, ...]:
        """All claims of popular articles, in the order of the book."""
        return tuple(claim for docname in self.pages() for claim in self.data["popular"].get(docname, ()))

    def uses(self) -> tuple[CitationUse, ...]:
        """All citations, in the order of the book."""
        return tuple(use for docname in self.pages() for use in self.data["uses"].get(docname, ()))

    def clear_doc(self, docname: str) -> None:
        for kind in self.initial_data:
            if kind != "shown":
                self.data[kind].pop(docname, None)

    def merge_domaindata(self, docnames: AbstractSet[str], otherdata: dict[str, Any]) -> None:
        for kind in self.initial_data:
            if kind != "shown":
                for docname in docnames & otherdata[kind].keys():
                    self.data[kind][docname] = otherdata[kind][docname]

    def resolve_any_xref(self, *args: Any) -> list[tuple[str, nodes.reference]]:
        """Nothing is found by its bare name: what can be pointed to is in the standard domain."""
        return []

    def note_source(self, docname: str, source: str) -> None:
        """Note where a page takes in another file, in which no line could be named."""
        if "include" in source:
            for number, line in enumerate(source.splitlines(), 1):
                if _INCLUDE.search(line):
                    self.note_fault(docname, _hiding("text from another file", number))

    def note_fault(self, docname: str, fault: Fault) -> None:
        """Note what is wrong with a page that is being read."""
        self.data["faults"][docname] = (*self.data["faults"].get(docname, ()), fault)

    def note_live(self, docname: str, live: Live) -> None:
        """Note that a page shows a fact about the whole book."""
        self.data["live"][docname] = (*self.data["live"].get(docname, ()), live)

    def note_request(self, docname: str, request: object, found: object) -> None:
        """Note what a table of outcomes asked for, and what it found."""
        self.data["requests"][docname] = (*self.requests.get(docname, ()), (request, found))

    def note_analysis(self, docname: str, asked: object, result: object) -> None:
        """Note what a meta-analysis asked for, and what came out."""
        self.data["analyses"][docname] = (*self.analyses.get(docname, ()), (asked, result))

    def read_doc(self, docname: str, doctree: nodes.document) -> None:
        """Gather what a page holds."""
        claims = collect(doctree, docname)
        uses, places = _citations(doctree, docname)
        gathered = {
            "claims": claims,
            "findings": tuple(_findings(doctree, docname)),
            "popular": tuple(_popular(doctree, docname)),
            "uses": uses,
            "cited_places": places,
            "glossary": _glossary_names(doctree),
            "faults": (*self.data["faults"].get(docname, ()), *_hidden(doctree), *page_links.faults(doctree)),
        }
        for kind, found in gathered.items():
            if found:
                self.data[kind][docname] = found
            else:
                self.data[kind].pop(docname, None)
        std = cast(StandardDomain, self.env.get_domain("std"))
        for _, result in self.analyses.get(docname, ()):
            label = nodes.fully_normalize_name(result.name) if result else ""
            if label in std.labels:  # its caption, without the citations
                std.labels[label] = (*std.labels[label][:2], result.title)
        for finding in self.data["findings"].get(docname, ()):
            if finding.anchor:
                label = nodes.fully_normalize_name(finding.name)
                std.labels[label] = (docname, finding.anchor, finding.title)

    # Views

    def pages(self) -> list[str]:
        """All pages, in the order of the book: as the tables of contents list them, then the others."""
        seen: dict[str, None] = {}
        stack = [self.env.config.root_doc]
        while stack:
            docname = stack.pop()
            if docname not in seen and docname in self.env.found_docs:
                seen[docname] = None
                stack += reversed(self.env.toctree_includes.get(docname, []))
        return [*seen, *sorted(self.env.found_docs - seen.keys())]

    def chapters(self) -> list[str]:
        """The pages in which every sentence needs a support, in the order of the book."""
        return [docname for docname in self.pages() if self.is_chapter(docname)]

    def is_chapter(self, docname: str) -> bool:
        """Whether every sentence of a page needs a support."""
        return any(fnmatchcase(docname, pattern) for pattern in self.env.config.reviewbook_chapters)

    def voice_shares(self) -> list[VoiceShare]:
        """The share of the authors' voice in each chapter, in the order of the book."""
        return [voice_share(d, self.claims[d]) for d in self.chapters() if self.claims.get(d)]

    def finding(self, name: str) -> Finding | None:
        """The finding of that name."""
        return next((finding for finding in self.findings() if finding.name == name), None)

    def start_of(self, name: str) -> Certainty | None:
        """The level from which the finding of that name starts; None if it cites nothing that is known."""
        found = self.finding(name)
        sources = self.library.sources
        known = [sources[key].record for key in found.keys if key in sources] if found else []
        designs = [design for record in known for design in record.evidence]
        return grading.start(designs) if designs else None

    def certainty_of(self, name: str) -> Certainty | None:
        """The certainty of the finding of that name; None if there is none."""
        found = self.finding(name)
        return Certainty.parse(found.certainty) if found else None

    def absolute(self, finding: Finding) -> str:
        """What a finding means for 100 people; empty if it does not say from which data, or there are none."""
        if not finding.absolute:
            return ""
        result = self.analysis(finding.absolute)
        analysis, measure = (result.analysis, result.question.measure) if result else (None, None)
        try:
            return absolute(finding.absolute, citable(self.library), analysis, measure)
        except ValueError:
            return ""  # reported by `placing_faults`

    def placing_faults(self) -> Iterator[Problem]:
        """Findings whose place on the map, or whose meaning for 100 people, is not known."""
        for finding in self.findings():
            path = str(self.env.doc2path(finding.docname))
            if finding.condition and finding.condition not in CONDITIONS:
                message = f"there is no condition {finding.condition!r}; there are {', '.join(CONDITIONS)}"
                yield Problem("finding.place-unknown", message, path, finding.line)
            if finding.condition and finding.direction not in DIRECTIONS:
                message = f"there is no direction {finding.direction!r}; there are {', '.join(DIRECTIONS)}"
                yield Problem("finding.place-unknown", message, path, finding.line)
            if finding.absolute:
                result = self.analysis(finding.absolute)
                analysis, measure = (result.analysis, result.question.measure) if result else (None, None)
                try:
                    absolute(finding.absolute, citable(self.library), analysis, measure)
                except ValueError as error:
                    yield Problem("finding.absolute", f"{finding.name}: {error}", path, finding.line)

    def carried(self, docname: str, target: tuple[str, str]) -> bool | None:
        """Whether the place that a reference points to holds a citation; None if there is no such place."""
        place = self._place(docname, *target)
        if place is None:
            return None
        page, anchor = place
        if not anchor:
            return any(claim.kind == "cited" for claim in self.claims.get(page, ()))
        return anchor in self.data["cited_places"].get(page, ())

    def _place(self, docname: str, kind: str, target: str) -> tuple[str, str] | None:
        """Page and id of a reference; the id is empty where the whole page is meant."""
        std = cast(StandardDomain, self.env.get_domain("std"))
        page, _, anchor = target.partition("#")
        if kind == "doc":
            return (page, anchor) if page in self.env.found_docs else None
        label = std.anonlabels.get(target.lower()) or std.anonlabels.get(target)
        return (label[0], label[1]) if label else (docname, target.lstrip("#"))

    def book(self) -> Book:
        """The whole book, for the rules."""
        names = self.data["glossary"].values()
        listed = [
            (docname, live.line, name)
            for docname, lives in self.live.items()
            for live in lives
            if live.kind == "key-findings"
            for name in live.arguments
        ]
        return Book(
            library=self.library,
            claims={d: self.claims[d] for d in self.pages() if d in self.claims},
            findings=self.findings(),
            popular=self.popular(),
            uses=self.uses(),
            chapters=frozenset(self.chapters()),
            glossary=frozenset().union(*names),
            carried=self.carried,
            faults=self.data["faults"],
            path=lambda docname: str(self.env.doc2path(docname)),
            listed=tuple(listed),
            unanswered=tuple(
                (docname, live.line, missing)
                for docname, lives in self.live.items()
                for live in lives
                if live.kind == "pooled" and (missing := self._unanswered(*live.arguments))
            ),
        )

    def _unanswered(self, name: str, fact: str) -> str:
        """What a sentence asks for and the book does not have; empty if it has it."""
        result = self.analysis(name)
        if result is None:
            return f"meta-analysis {name!r}"
        return "" if FACTS[fact](result) else f"fact {fact!r} of {name!r}, which pools too few trials"

    def counts(self) -> dict[str, int]:
        """What can be counted in the book, by the name that the role ``count`` takes."""
        return dict(_counts(self))


def domain_of(env: BuildEnvironment) -> ReviewDomain:
    """The domain of an environment."""
    return cast(ReviewDomain, env.get_domain("review"))


def _citations(doctree: nodes.document, docname: str) -> tuple[tuple[CitationUse, ...], frozenset[str]]:
    """The citations of a page, and the ids of all elements that hold one."""
    uses: list[CitationUse] = []
    places: set[str] = set()
    for node in doctree.findall(addnodes.pending_xref):
        if node.get("refdomain") != "cite":
            continue
        section, line = "", line_of(node)
        parent: nodes.Node | None = node
        while parent is not None:
            if isinstance(parent, nodes.Element):
                places.update(parent["ids"])
                if "slug" in parent:  # what MyST calls the id of a heading
                    places.add(parent["slug"])
                if not section and isinstance(parent, nodes.section):
                    section = parent[0].astext()
            parent = parent.parent
        anchor = node["ids"][0] if node["ids"] else ""
        uses += (CitationUse(docname, line, key, anchor, section) for key in cited_keys(node))
    return tuple(uses), frozenset(places)


def cited_keys(node: addnodes.pending_xref) -> tuple[str, ...]:
    """The keys of a citation role."""
    return tuple(key.strip() for key in node["reftarget"].split(",") if key.strip())


def _findings(doctree: nodes.document, docname: str) -> Iterator[Finding]:
    for node in doctree.findall(nodes.admonition):
        if node.tagname != "finding":
            continue
        cites = (n for n in node.findall(addnodes.pending_xref) if n.get("refdomain") == "cite")
        keys = dict.fromkeys(key for cite in cites for key in cited_keys(cite))
        yield Finding(
            docname=docname,
            line=node.line or 0,
            name=node["finding_name"],
            anchor=node["ids"][0] if node["ids"] else "",
            title=node[0].astext(),
            certainty=node["certainty"],
            downgraded=node["downgraded"],
            upgraded=node["upgraded"],
            keys=tuple(keys),
            condition=node["condition"],
            direction=node["direction"],
            absolute=node["absolute"],
        )


def _popular(doctree: nodes.document, docname: str) -> Iterator[PopularClaim]:
    for node in doctree.findall(nodes.admonition):
        if not is_popular_claim(node):
            continue
        sentences = collect(node, docname)
        yield PopularClaim(
            docname=docname,
            line=node.line or 0,
            name=node["claim_name"],
            anchor=node["ids"][0] if node["ids"] else "",
            claim=node["said"],
            verdict=node["verdict"],
            chapter=node["chapter"],
            articles=node["articles"],
            kinds=tuple(sentence.kind for sentence in sentences),
            keys=tuple(dict.fromkeys(key for sentence in sentences for key in sentence.keys)),
            stray=next(_strays(node), ""),
        )


_ALLOWED = (nodes.paragraph, nodes.Inline, nodes.Text, nodes.comment)
_FORBIDDEN = (nodes.raw, nodes.image, nodes.footnote_reference, nodes.math, nodes.abbreviation)


def _strays(claim: nodes.Element) -> Iterator[str]:
    """What stands under a claim of popular articles and is no sentence of plain text."""
    for child in claim.children[1:]:
        for node in child.findall():
            if isinstance(node, _FORBIDDEN) or not isinstance(node, _ALLOWED):
                yield type(node).__name__.replace("_", " ")
            elif isinstance(node, nodes.Element) and node.get("reftitle"):
                yield "a link with a description"


_INCLUDE = re.compile(r"[`~:]{3,}\{include\}|\.\.\s+include::")


def _hiding(what: str, line: int) -> Fault:
    return Fault("claim.hidden", f"sentences could hide in {what}", line)


def _hidden(doctree: nodes.document) -> Iterator[Fault]:
    """Blocks of a page in which sentences are not looked for, other than comments."""
    blocks = (
        (nodes.raw, "raw text"),
        (nodes.literal_block, "a block of code"),
        (nodes.doctest_block, "a block of code"),
    )
    for kind, what in blocks:
        for node in doctree.findall(kind):
            if isinstance(node.parent, nodes.system_message):
                continue  # what an error quotes
            if not re.fullmatch(r"\s*(<!--((?!-->).)*-->\s*)*", node.astext(), re.DOTALL):
                yield _hiding(what, node.line or line_of(node) or 1)
    for node in doctree.findall(nodes.math_block):
        if re.search(r"\\(text|mbox|math[a-z]+|operatorname)\w*\*?\s*\{[^}]*\s[^}]*\}", node.astext()):
            yield _hiding("a formula", node.line or line_of(node) or 1)


def _glossary_names(doctree: nodes.document) -> frozenset[str]:
    texts = (node.astext() for node in doctree.findall(addnodes.glossary))
    return vocabulary(texts).names


def _counts(domain: ReviewDomain) -> Iterator[tuple[str, int]]:
    library = domain.library
    cited = sorted({use.key for use in domain.uses()} & library.sources.keys())
    depths = [{reading.what.value for reading in library.sources[key].record.read} for key in cited]
    whole = {"full-text", "label", "page"}
    claims = [claim for d in domain.pages() for claim in domain.claims.get(d, ())]
    findings = domain.findings()
    yield "sources", len(library.entries)
    yield "sources-cited", len(cited)
    yield "records", len(library.records)
    yield "read-full-text", sum(bool(depth & whole) for depth in depths)
    yield "read-abstract", sum(not depth & whole for depth in depths)
    yield "claims", sum(claim.kind == "cited" for claim in claims)
    yield "citations", len(domain.uses())
    yield "numbers", sum(len(claim.numbers) for claim in claims if claim.kind == "cited")
    yield "findings", len(findings)
    for level in Certainty:
        name = level.words.replace(" ", "-")
        graded = sum(Certainty.parse(finding.certainty) is level for finding in findings)
        yield f"findings-{name}", graded
    yield "popular-claims", len(domain.popular())
    for verdict in Verdict:
        given = sum(Verdict.parse(claim.verdict) is verdict for claim in domain.popular())
        yield f"popular-{verdict.value.replace(' ', '-')}", given
    yield "chapters", len(domain.chapters())
    yield "rules", len(rules.RULES)


COUNTS = (
    "sources",
    "sources-cited",
    "records",
    "read-full-text",
    "read-abstract",
    "claims",
    "citations",
    "numbers",
    "findings",
    "findings-very-low",
    "findings-low",
    "findings-moderate",
    "findings-high",
    "popular-claims",
    "popular-supported",
    "popular-partly-supported",
    "popular-overstated",
    "popular-unsupported",
    "popular-contradicted",
    "popular-not-checkable",
    "chapters",
    "rules",
)
"""What the role ``count`` takes."""


# Hooks


def load_library(app: Sphinx) -> None:
    """Load the library at the start of a build, before sphinxcontrib-bibtex reads the bibliography."""
    config = app.config
    base = Path(app.confdir)
    bibfiles = config.bibtex_bibfiles or ["references.bib"]
    incomplete = base / config.reviewbook_incomplete if config.reviewbook_incomplete else None
    if incomplete is not None and not incomplete.exists():
        incomplete = None
    domain = domain_of(app.env)
    domain.library = load(base / bibfiles[0], base / config.reviewbook_records, incomplete)
    domain.screening = screening.load(
        base / config.reviewbook_searches, base / config.reviewbook_screening, domain.library
    )
    domain.library_problems = (*rules.check_library(domain.library), *domain.screening.problems)


def read_source(app: Sphinx, docname: str, source: list[str]) -> None:
    """Look at the source of a page, before it is parsed."""
    domain_of(app.env).note_source(docname, source[0])


def read_doc(app: Sphinx, doctree: nodes.document) -> None:
    """Gather what a page holds, when it has been read."""
    domain_of(app.env).read_doc(app.env.docname, doctree)


def report(app: Sphinx, env: BuildEnvironment) -> None:
    """Report every problem of the whole book, at every build, whether pages have changed or not."""
    if not app.config.reviewbook_judge_last:
        _report(domain_of(env))


def report_last(app: Sphinx, exception: Exception | None) -> None:
    """Do so when the pages are written: in a preview, seeing comes before judging."""
    if app.config.reviewbook_judge_last and exception is None:
        _report(domain_of(app.env))


def _report(domain: ReviewDomain) -> None:
    for problem in rules.in_order(
        [*domain.library_problems, *rules.check_book(domain.book()), *domain.placing_faults()]
    ):
        warn(problem)


def warn(problem: Problem) -> None:
    """Report a problem as a Sphinx warning at its file and line."""
    location = f"{problem.path}:{problem.line or 1}"
    logger.warning("%s", rules.describe(problem), type="reviewbook", subtype=problem.rule, location=location)


def setup(app: Sphinx) -> None:
    """Register the domain and the hooks that fill it and apply the rules."""
    app.add_domain(ReviewDomain)
    app.connect("builder-inited", load_library, priority=100)
    app.connect("source-read", read_source)
    app.connect("doctree-read", read_doc)
    app.connect("env-updated", report, priority=700)
    app.connect("build-finished", report_last)
