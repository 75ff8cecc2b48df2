"""What can be counted in the book, by part.  There is no Sphinx in here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from .book import HEADS, Book, Finding
from .claims import Claim
from .grading import Certainty
from .library import Library
from .records import Depth

FRONT = "front matter"
"""The name of what stands in no folder: the first page, the summary and the methods."""

_WORD = re.compile(r"\w(?:[\w'’-]*\w)?")
_WHOLE = frozenset({Depth.FULL_TEXT, Depth.LABEL, Depth.PAGE})


class PartStats(NamedTuple):
    """The counts of a part of the book.

    Attributes:
        part: its folder, or :data:`FRONT`, or "all".
        pages: its pages that hold text.
        words: words of its sentences, table rows and captions, without headings and citations.
        sentences: how many of these there are.
        claims: how many of them, and of the titles and reasons of findings, rest on a cited source.
        numbers: traced numbers in those.
        sources: different sources that they cite.
        read_whole: of these sources, those that were read in full (or a label or page).
        read_abstract: those of which the abstract, or another part, was read.
        voice: sentences in the authors' own voice.
        findings: graded findings, by certainty from very low to high.
    """

    part: str
    pages: int
    words: int
    sentences: int
    claims: int
    numbers: int
    sources: int
    read_whole: int
    read_abstract: int
    voice: int
    findings: tuple[int, ...]

    @property
    def voice_share(self) -> float:
        """The part of the sentences that is in the authors' voice, 0 to 1."""
        return self.voice / self.sentences if self.sentences else 0.0

    @property
    def whole_share(self) -> float:
        """The part of the cited sources that was read in full, 0 to 1."""
        return self.read_whole / self.sources if self.sources else 0.0


class LibraryStats(NamedTuple):
    """The counts of the library: entries, those with a record, those cited, and those that may not be cited yet."""

    known: int
    with_record: int
    cited: int
    incomplete: int


def part_of(docname: str) -> str:
    """The part that a page belongs to."""
    folder, slash, _ = docname.partition("/")
    return folder if slash else FRONT


def by_part(book: Book) -> tuple[PartStats, ...]:
    """Count by part, in the order of the book; the last line counts the whole."""
    pages: dict[str, list[str]] = {}
    for docname in book.claims:
        pages.setdefault(part_of(docname), []).append(docname)
    lines = [_count(part, docnames, book) for part, docnames in pages.items()]
    return (*lines, _count("all", list(book.claims), book))


def of_library(book: Book) -> LibraryStats:
    """Count the library."""
    library = book.library
    cited = {key for claims in book.claims.values() for claim in claims for key in claim.keys}
    withheld = {key for key, record in library.records.items() if record.second_hand or record.draft}
    return LibraryStats(
        known=len(library.entries),
        with_record=len(library.sources),
        cited=len(cited & library.sources.keys()),
        incomplete=len((library.incomplete.keys() | withheld) & library.entries.keys()),
    )


def _count(part: str, docnames: list[str], book: Book) -> PartStats:
    claims = [claim for docname in docnames for claim in book.claims[docname]]
    sentences = [claim for claim in claims if claim.place not in HEADS]
    cited = _cited(claims, book.library)
    whole = sum(_read_whole(book.library, key) for key in cited)
    return PartStats(
        part=part,
        pages=len(docnames),
        words=sum(len(_WORD.findall(claim.text)) for claim in sentences),
        sentences=len(sentences),
        claims=sum(claim.kind == "cited" for claim in claims),
        numbers=sum(len(claim.numbers) for claim in claims if claim.kind == "cited"),
        sources=len(cited),
        read_whole=whole,
        read_abstract=len(cited) - whole,
        voice=sum(claim.kind == "voice" for claim in sentences),
        findings=_graded(finding for finding in book.findings if finding.docname in docnames),
    )


def _cited(claims: Iterable[Claim], library: Library) -> set[str]:
    return {key for claim in claims for key in claim.keys} & library.sources.keys()


def _read_whole(library: Library, key: str) -> bool:
    return any(reading.what in _WHOLE for reading in library.sources[key].record.read)


def _graded(findings: Iterable[Finding]) -> tuple[int, ...]:
    levels = [Certainty.parse(finding.certainty) for finding in findings]
    return tuple(sum(level is wanted for level in levels) for wanted in sorted(Certainty))
