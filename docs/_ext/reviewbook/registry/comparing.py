"""An entry of the bibliography set against what registries say of the work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import SequenceMatcher
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from .. import rules
from ..bib import Entry
from . import texts
from .answers import Answer
from .work import Name, Work

SAME_WORK = 0.85
"""From which similarity of titles on (0 to 1) a registry's work is taken for the entry's, so that gaps may be filled."""

_GAPS_SEEN = re.compile(r"online first|(?:(?:volume|pages|article number|DOI|and)[, ]*)+not seen")
"""What ``pubstate`` says while an entry has gaps that registries can fill."""


class Outcome(StrEnum):
    """How an entry compares."""

    ALIKE = "alike"
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    UNCHECKED = "unchecked"


class Difference(NamedTuple):
    """A field in which an entry differs from a registry.

    Attributes:
        field: the field.
        here: what the entry has, as plain text; empty if it lacks the field.
        there: what the registry has.
        registry: the registry.
        mend: what the field could be, as BibTeX source; empty where nothing can be proposed.
        is_harmless: whether ``--fix`` may write the mend.
    """

    field: str
    here: str
    there: str
    registry: str
    mend: str = ""
    is_harmless: bool = False


class Comparison(NamedTuple):
    """How an entry compares.

    Attributes:
        key: the key of the entry.
        outcome: in one word.
        differences: what differs.
        offers: what could be added or spelled better, without being a difference.
        notes: remarks.
    """

    key: str
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    offers: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()


def compare(entry: Entry, answer: Answer, owners: Mapping[tuple[str, str], str] = MappingProxyType({})) -> Comparison:
    """Set an entry against the answer of the registries.

    A field is alike if it agrees with one registry; they do not always agree with each other.

    Args:
        entry: the entry.
        answer: what registries say of it.
        owners: keys by identifier, such as ``("pmid", "123")``, so that no identifier is offered that another has.
    """
    if not answer.had_identifier:
        return Comparison(entry.key, Outcome.UNCHECKED)
    works = answer.works
    differences = [
        Difference(name, entry.fields.get(name, ""), "", "the registries", "")
        for name in answer.missing
        if name != "nct"
    ]
    notes = [f"{name}: {why}" for name, why in answer.missing.items()]
    notes += answer.unknown
    if "nct" in answer.missing:
        differences.append(Difference("url", entry.fields.get("url", ""), "", "ClinicalTrials.gov"))
    for differ in (_title, _author, _year, _journal, _volume, _number, _pages, _doi):
        for found in differ(entry, works):
            if isinstance(found, str):
                notes.append(found)
            else:
                differences.append(found)
    offers = list(_offers(entry, answer, owners))
    notes += [notice for work in works for notice in work.notices]
    if differences:
        outcome = Outcome.DIFFERS
    elif answer.unknown and not works:
        outcome = Outcome.UNKNOWN
    else:
        outcome = Outcome.ALIKE
    return Comparison(entry.key, outcome, tuple(differences), tuple(offers), tuple(dict.fromkeys(notes)))


def mended(entry: Entry, comparison: Comparison) -> Entry:
    """The entry with all harmless mends, and without a ``pubstate`` that they make untrue."""
    changes = {d.field: d.mend for d in (*comparison.differences, *comparison.offers) if d.is_harmless and d.mend}
    if not changes:
        return entry
    fields = {**entry.fields, **changes}
    whole = entry._replace(fields=MappingProxyType({n: v for n, v in fields.items() if n != "pubstate"}))
    if _GAPS_SEEN.fullmatch(fields.get("pubstate", "")) and not rules.lacking(whole):
        return whole
    return entry._replace(fields=MappingProxyType(fields))


_Found = Iterator[Difference | str]


def _title(entry: Entry, works: tuple[Work, ...]) -> _Found:
    here = texts.plain(entry.fields.get("title", ""))
    known = [work for work in works if work.title]
    if not known or any(_same_title(here, work) for work in known):
        return
    for work in known:
        short, long = sorted((texts.folded(here), texts.folded(work.title)), key=len)
        if len(short) > 25 and long.startswith(short):
            yield f"title: {work.registry} has “{work.title}”"
            return
    work = known[0]
    yield Difference("title", here, work.title, work.registry, texts.latex_title(work.title))


def _same_title(here: str, work: Work) -> bool:
    mine, theirs = texts.folded(_bare(here)), texts.folded(_bare(work.title))
    if work.nct:
        theirs = texts.folded(work.title.split(f" ({work.nct})")[0])
        return theirs in mine
    return mine == theirs


def _bare(title: str) -> str:
    return re.sub(r"^(?:RETRACTED|WITHDRAWN)(?: ARTICLE)?:?\s+", "", title)


def _is_same_work(entry: Entry, work: Work) -> bool:
    here = texts.folded(texts.plain(entry.fields.get("title", "")))
    there = texts.folded(work.title)
    return here in there or there in here or SequenceMatcher(None, here, there, autojunk=False).ratio() >= SAME_WORK


def _author(entry: Entry, works: tuple[Work, ...]) -> _Found:
    known = [work for work in works if work.authors and work.authors[0].family]
    if not known:
        return
    source = entry.fields.get("author", "")
    bibtex = " and ".join(name.bibtex for name in known[0].authors)
    if not source:
        yield Difference("author", "", _spoken(known[0].authors[0]), known[0].registry, bibtex)
        return
    here = first_family(source)
    if not any(_same_family(here, work.authors[0].family) or work.nct for work in known):
        yield Difference("author", here, _spoken(known[0].authors[0]), known[0].registry, bibtex)
    elif source.endswith(" and others"):
        yield f"author: the list is cut; {known[0].registry} names {len(known[0].authors)}: {bibtex}"


def first_family(authors: str) -> str:
    """The family name of the first author of a field, or the body, as plain text."""
    depth, first = 0, authors
    for match in re.finditer(r"[{}]|\s+and\s+", authors):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0 and match[0].strip() == "and":
            first = authors[: match.start()]
            break
    if first.startswith("{") and first.endswith("}"):
        return texts.plain(first)
    family, comma, _ = first.partition(",")
    return texts.plain(family) if comma else texts.plain(first).rsplit(" ", 1)[-1]


def _same_family(here: str, there: str) -> bool:
    one, other = texts.folded_family(here), texts.folded_family(there)
    return one == other or (min(len(one), len(other)) > 3 and (one.endswith(other) or other.endswith(one)))


def _spoken(name: Name) -> str:
    return ", ".join(part for part in (name.family, name.suffix, name.given) if part)


def _year(entry: Entry, works: tuple[Work, ...]) -> _Found:
    issue = [work for work in works if work.year and work.year != work.online_year]
    known = issue or [work for work in works if work.year]
    here = entry.fields.get("year", "")
    if not known or any(here == work.year for work in known):
        return
    if not here and entry.fields.get("urldate"):
        return
    work = known[0]
    if here and any(here in (w.year, w.online_year) for w in works):
        yield f"year: {here} is the year online; the issue is of {work.year} ({work.registry})"
        return
    yield Difference("year", here, work.year, work.registry, work.year)


def _plainly(
    name: str, value: Callable[[Work], str], same: Callable[[str, str], bool], fills: bool = True
) -> Callable[[Entry, tuple[Work, ...]], _Found]:
    """A comparison of one field; where the entry lacks it, a gap to fill, if ``fills``."""

    def differ(entry: Entry, works: tuple[Work, ...]) -> _Found:
        here = texts.plain(entry.fields.get(name, ""))
        known = [work for work in works if value(work)]
        if not known or (not here and not fills) or any(here and same(here, value(work)) for work in known):
            return
        work = known[0]
        harmless = not here and _is_same_work(entry, work)
        yield Difference(name, here, value(work), work.registry, texts.latex(value(work)), harmless)

    return differ


def _same_number(here: str, there: str) -> bool:
    return texts.folded(here) == texts.folded(there)


_volume = _plainly("volume", lambda work: work.volume if work.where == "journal" else "", _same_number)
_number = _plainly("number", lambda work: work.number if work.where == "journal" else "", _same_number, fills=False)


def _pages(entry: Entry, works: tuple[Work, ...]) -> _Found:
    written = entry.fields.get("pages") or entry.fields.get("eid") or ""
    here = texts.pages(texts.plain(written))
    known = [work for work in works if work.pages]
    if not known or any(_same_pages(here, work.pages) for work in known):
        return
    work = known[0]
    harmless = not here and _is_same_work(entry, work)
    name = "eid" if "eid" in entry.fields and "pages" not in entry.fields else "pages"
    yield Difference(name, here, work.pages, work.registry, work.pages, harmless)


def _same_pages(here: str, there: str) -> bool:
    one, other = here.casefold().split("--"), there.casefold().split("--")
    return one == other or (one[0] == other[0] != "" and 1 in (len(one), len(other)))


def _journal(entry: Entry, works: tuple[Work, ...]) -> _Found:
    known = [work for work in works if work.container and work.where == "journal"]
    if entry.type != "article" or not known:
        return
    here = texts.plain(entry.fields.get("journal", ""))
    mine = texts.folded_journal(here)
    names = (texts.folded_journal(name) for work in known for name in (work.container, *work.journals))
    if here and any(mine == name for name in names):
        return
    work = known[0]
    yield Difference("journal", here, work.container, work.registry, texts.latex(work.container))


def _doi(entry: Entry, works: tuple[Work, ...]) -> _Found:
    here = entry.fields.get("doi", "")
    for work in works:
        if not work.doi or work.doi.casefold() == here.casefold():
            continue
        if not here:
            yield Difference("doi", "", work.doi, work.registry, work.doi, _is_same_work(entry, work))
        elif work.pmid and work.pmid == entry.fields.get("pmid"):
            yield Difference("pmid", work.pmid, f"the article with doi {work.doi}", work.registry)
        else:
            yield Difference("doi", here, work.doi, work.registry, work.doi)


def _offers(entry: Entry, answer: Answer, owners: Mapping[tuple[str, str], str]) -> Iterator[Difference]:
    """A better spelled DOI, and identifiers that the entry lacks."""
    here = entry.fields.get("doi", "")
    if not answer.works:
        return
    for work in answer.works:
        if here and work.doi != here and work.doi.casefold() == here.casefold() and work.registry != "PubMed":
            yield Difference("doi", here, work.doi, work.registry, work.doi, is_harmless=True)
            break
    same = all(_is_same_work(entry, work) for work in answer.works)
    for name in ("pmid", "pmcid"):
        value = getattr(answer.ids, name) or next((getattr(w, name) for w in answer.works if getattr(w, name)), "")
        if value and name not in entry.fields and (name, value) not in owners:
            yield Difference(name, "", value, "PubMed Central", value, is_harmless=same)
