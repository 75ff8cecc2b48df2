"""An entry and a draft of a record, made from what registries say of a work."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable
from types import MappingProxyType
from typing import Any

import yaml

from ..bib import Entry
from ..library import Library
from . import texts
from .designs import Guess
from .work import Name, Work

_KNOWN = ("population", "n", "intervention", "comparator", "funding")
"""Fields of the record that registries know, in the order of the record."""


def new_key(work: Work, taken: Collection[str]) -> str:
    """A key for a work: family name and year, with a letter from b on if it is taken; a trial's is its number."""
    if work.nct:
        stem = work.nct.lower()
    else:
        first = work.authors[0] if work.authors else Name(work.container or work.title, is_body=True)
        stem = (_short(first.family) if first.is_body else texts.shaved(first.family)) or "anonymous"
        stem += work.year
    used = {key.casefold() for key in taken}
    suffixes: list[str] = ["", *"bcdefghijklmnopqrstuvwxyz", *(f"-{n}" for n in range(27, 1000))]
    return next(stem + suffix for suffix in suffixes if stem + suffix not in used)


def taken_keys(library: Library) -> set[str]:
    """All keys that a new source may not have: of entries, records, damaged ones and aliases."""
    aliases = (alias for record in library.records.values() for alias in record.aliases)
    return {*library.entries, *library.record_paths, *library.damaged, *library.incomplete, *aliases}


def _short(body: str) -> str:
    """A body for a key: the abbreviation it names, the initials of a long name, or its words."""
    if match := re.search(r"\(([A-Z]{2,8})\)", body):
        return match[1].lower()
    if re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", body):
        return texts.shaved(body.split(".")[-2])  # the host of a page
    words = [word for word in re.findall(r"[^\W_]+", body) if word.casefold() not in ("the", "of", "and", "for", "in")]
    if len(words) > 2:
        return texts.shaved("".join(word[0] for word in words))
    return texts.shaved("".join(words))


def entry(work: Work, key: str, today: datetime.date, journals: Iterable[str] = ()) -> Entry:
    """The entry of a work.

    Args:
        work: what registries say.
        key: its key.
        today: the day of reading, for a page that shows no date.
        journals: names of journals as the bibliography spells them, which are preferred.
    """
    spelled = {texts.folded_journal(texts.plain(name)): name for name in journals}
    container = spelled.get(texts.folded_journal(work.container)) or texts.latex(work.container)
    fields = {
        "author": " and ".join(name.bibtex for name in work.authors if name.family),
        "title": texts.latex_title(work.title),
        "year": work.year,
        "volume": texts.latex(work.volume),
        "number": texts.latex(work.number),
        "pages": re.sub(r"(?<!\\)([%&#_$])", r"\\\1", work.pages),
        "doi": work.doi,
        "pmid": work.pmid,
        "pmcid": work.pmcid,
    }
    if work.where:
        fields[work.where] = container
    if work.type in ("book", "incollection"):
        fields["publisher"] = texts.latex(work.publisher)
    if not work.doi:
        fields["url"] = work.url
        if not work.year:
            fields["urldate"] = today.isoformat()
    if work.type == "article":
        fields["pubstate"] = "preprint" if "Preprint" in work.kinds else _pubstate(fields)
    kept = {name: value for name, value in fields.items() if value}
    return Entry(key, work.type, MappingProxyType(kept), 0, MappingProxyType({}))


def _pubstate(fields: dict[str, str]) -> str:
    """What the bibliography says of an article that is in no issue yet, or not wholly known."""
    has_volume, has_pages = bool(fields["volume"] or fields["number"]), bool(fields["pages"])
    if has_volume and has_pages:
        return ""
    if not has_volume and not has_pages:
        return "online first"
    return "pages not seen" if has_volume else "volume not seen"


def record(work: Work, key: str, guess: Guess) -> str:
    """The draft of a record, as YAML with remarks for who completes it."""
    known = {name: work.known[name] for name in _KNOWN if name in work.known}
    draft = ["design", *(name for name in known if name != "funding"), "findings"]
    if work.retracted:
        draft.append("notice")
    draft.append("read")
    fields: dict[str, Any] = {"key": key, "design": guess.design.value, **known, "findings": []}
    if work.retracted:
        fields |= {"status": "retracted", "notice": "; ".join(work.notices) or "listed as a retracted publication"}
    if "no_doi" in work.known and not work.doi:
        fields["no_doi"] = work.known["no_doi"]
    fields |= {"read": [], "draft": draft}
    lines = []
    for name, value in fields.items():
        if name == "design":
            lines.append(f"# A guess, because {guess.because}.")
        if name == "draft":
            lines.append("# Confirm or write each of these from the source itself, and strike it here; then delete the")
            lines.append("# line. Until then the source cannot be cited.")
        lines.append(
            yaml.safe_dump(
                {name: value},
                sort_keys=False,
                allow_unicode=True,
                width=118,
                default_flow_style=None if name == "draft" else False,
            ).rstrip("\n")
        )
    return "\n".join(lines) + "\n"


def listed(text: str, key: str, missing: list[str]) -> str:
    """The list of incomplete sources with a line more, in the order of the keys."""
    lines = text.splitlines(keepends=True)
    new = f"{key}: [{', '.join(name.split(' or ')[0] for name in missing)}]\n"
    keys = [(place, line.split(":")[0]) for place, line in enumerate(lines) if re.match(r"[\w'\"]", line)]
    place = next((place for place, other in keys if other.strip("'\"") > key), len(lines))
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return "".join([*lines[:place], new, *lines[place:]])
