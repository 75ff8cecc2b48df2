"""Whether the library holds a work already: by identifier, by address, or by a title that is nearly the same."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from ..addresses import same_page
from ..bib import Entry
from ..library import Library
from . import pages, texts
from .identifiers import Identifier, Kind, trial_number
from .work import Work

NEARLY = 0.92
"""From which similarity on two titles may be those of one work (0 to 1, difflib's ratio of the folded titles)."""


class Duplicate(NamedTuple):
    """An entry that may be the work, and what is the same.

    Attributes:
        key: the key of the entry.
        what: what is the same, as words.
        is_sure: False where only the titles are similar.
    """

    key: str
    what: str
    is_sure: bool = True


def of_identifier(identifier: Identifier, library: Library) -> Duplicate | None:
    """The entry that has an identifier."""
    return next(_with({identifier.kind: identifier.value}, library), None)


def of_work(work: Work, library: Library) -> Duplicate | None:
    """The entry that is, or may be, a work: the first that has one of its identifiers, or the nearest title."""
    ids = {
        Kind.DOI: work.doi,
        Kind.PMID: work.pmid,
        Kind.PMCID: work.pmcid,
        Kind.NCT: work.nct,
        Kind.URL: work.url,
    }
    return next(_with({kind: value for kind, value in ids.items() if value}, library), None) or _similar(work, library)


def _with(ids: dict[Kind, str], library: Library) -> Iterator[Duplicate]:
    wanted = {kind: _folded(kind, value) for kind, value in ids.items()}
    for entry in library.entries.values():
        for kind, value in wanted.items():
            if value in _of_entry(kind, entry):
                yield Duplicate(entry.key, f"the same {kind}" if kind is not Kind.URL else "the same address")


def _of_entry(kind: Kind, entry: Entry) -> list[str]:
    if kind is Kind.URL:
        url = entry.fields.get("url", "")
        return [_folded(kind, url)] if url else []
    if kind is Kind.NCT:
        return [_folded(kind, number) for number in (trial_number(entry.fields.get("url", "")), entry.key) if number]
    value = entry.fields.get(kind.value.lower(), "")
    return [_folded(kind, value)] if value else []


def _folded(kind: Kind, value: str) -> str:
    return same_page(pages.tidy(value)) if kind is Kind.URL else value.casefold()


def _similar(work: Work, library: Library) -> Duplicate | None:
    title = texts.folded(work.title)
    if not title:
        return None
    matcher = SequenceMatcher(None, b=title, autojunk=False)
    best, best_key = 0.0, ""
    for entry in library.entries.values():
        other = texts.folded(texts.plain(entry.fields.get("title", "")))
        if other == title:
            return Duplicate(entry.key, "the same title")
        matcher.set_seq1(other)
        if matcher.real_quick_ratio() > max(best, NEARLY) and matcher.quick_ratio() > max(best, NEARLY):
            ratio = matcher.ratio()
            if ratio > max(best, NEARLY):
                best, best_key = ratio, entry.key
    return Duplicate(best_key, "nearly the same title", is_sure=False) if best_key else None
