"""The bibliography as CSL-JSON, which reference managers read: one item for each entry of ``references.bib``.

The names of types and fields are those of the Citation Style Language, version 1.0.2; BibTeX's are mapped to them here.
A name that stands in braces is that of a body and is kept whole (``literal``).
There is no Sphinx in here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pybtex.database import Person  # type: ignore[import-untyped]
from pybtex.exceptions import PybtexError  # type: ignore[import-untyped]

from .bib import Entry
from .bibstyle import decoded

Item = dict[str, Any]

_YEAR = re.compile(r"\d{4}")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_BODY = re.compile(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
OTHERS = "others"
"""What stands in the place of authors who are not named."""

FIELDS = {
    "title": ("title",),
    "container-title": ("journal", "booktitle"),
    "publisher": ("institution", "organization", "publisher", "howpublished"),
    "volume": ("volume",),
    "page": ("pages", "eid"),
}
"""A field of CSL and the fields of BibTeX that fill it, the first of them that an entry has."""

IDENTIFIERS = {"DOI": "doi", "PMID": "pmid", "PMCID": "pmcid", "URL": "url"}
"""Fields of CSL whose text is taken over as it stands."""

STATES = frozenset({"online first", "in press", "forthcoming", "submitted"})
"""What BibLaTeX's ``pubstate`` may say of how far a publication has come; anything else is a note."""

LANGUAGES = {"german": "de", "french": "fr", "spanish": "es", "english": "en"}
"""The languages of BibLaTeX's ``langid`` as codes; others are taken over as they are."""


def item(entry: Entry) -> Item:
    """An entry as an item of CSL-JSON, without the fields that it does not have."""
    fields = entry.fields
    found: Item = {"id": entry.key, "type": kind(entry)}
    for role in ("author", "editor"):
        if people := [name(person) for person in split_names(fields.get(role, "")) if person != OTHERS]:
            found[role] = people
    for ours, theirs in FIELDS.items():
        text = next((decoded(fields[field]) for field in theirs if fields.get(field)), "")
        if text:
            found[ours] = text.replace("--", "-").replace("–", "-") if ours == "page" else text
    if number := decoded(fields.get("number", "")):
        found["issue" if found["type"] == "article-journal" else "number"] = number
    if _YEAR.fullmatch(fields.get("year", "")):
        found["issued"] = {"date-parts": [[int(fields["year"])]]}
    if day := _DAY.fullmatch(fields.get("urldate", "")):
        found["accessed"] = {"date-parts": [[int(part) for part in day.groups()]]}
    state = decoded(fields.get("pubstate", ""))
    if state in STATES:
        found["status"] = state
    notes = [text for text in ("" if state in STATES else state, decoded(fields.get("note", ""))) if text]
    if notes:
        found["note"] = "; ".join(notes)
    for ours, theirs_ in IDENTIFIERS.items():
        if fields.get(theirs_):
            found[ours] = fields[theirs_]
    if language := fields.get("langid"):
        found["language"] = LANGUAGES.get(language, language)
    if OTHERS in split_names(fields.get("author", "")):
        found["custom"] = {"more-authors": True}
    return found


def items(entries: Iterable[Entry]) -> Iterator[Item]:
    """Entries as CSL items; those that cannot be read are left out, because the rules on the bibliography report them."""
    for entry in entries:
        try:
            yield item(entry)
        except PybtexError:
            continue


def kind(entry: Entry) -> str:
    """The type of an entry in CSL's terms."""
    if entry.type == "article":
        return "article" if "rxiv" in entry.text("journal").lower() else "article-journal"
    if entry.type == "techreport":
        return "report"
    if entry.type == "book":
        return "book"
    if entry.type in ("incollection", "inbook"):
        return "chapter"
    return "webpage" if entry.fields.get("url") else "document"


def split_names(value: str) -> list[str]:
    """The names of a BibTeX list of authors; an ``and`` within braces parts nothing."""
    parts, depth, start = [], 0, 0
    for match in re.finditer(r"[{}]|\sand\s", value):
        if match[0] in "{}":
            depth += 1 if match[0] == "{" else -1
        elif depth == 0:
            parts.append(value[start : match.start()])
            start = match.end()
    return [part.strip() for part in (*parts, value[start:]) if part.strip()]


def name(written: str) -> dict[str, str]:
    """One name of a list of authors as CSL-JSON."""
    if _BODY.fullmatch(written):
        return {"literal": decoded(written)}
    person = Person(written)
    pieces = {
        "family": person.last_names,
        "given": [*person.first_names, *person.middle_names],
        "non-dropping-particle": person.prelast_names,
        "suffix": person.lineage_names,
    }
    return {part: text for part, words in pieces.items() if (text := decoded(" ".join(words)))}


def as_json(entries: Iterable[Entry]) -> str:
    """The entries as the text of ``references.json``, one item a line."""
    lines: Iterator[str] = (json.dumps(one, ensure_ascii=False) for one in items(entries))
    return "[\n" + ",\n".join(lines) + "\n]\n"
