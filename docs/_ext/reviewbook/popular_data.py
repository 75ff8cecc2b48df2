"""The claims of popular articles and the verdicts on them as data: JSON and CSV, one claim a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import row_files
from .book import POPULAR, PopularClaim
from .claims import Claim
from .library import Library
from .verdicts import ARTICLES, Verdict, part_of

FORMAT_VERSION = 1
"""Rises when a field changes its meaning or goes; new fields do not raise it."""
COLUMNS = ("name", "claim", "verdict", "rating", "articles", "part", "chapter", "url", "evidence", "keys", "dois")


def rows(
    popular: Iterable[PopularClaim],
    claims: Mapping[str, tuple[Claim, ...]],
    library: Library,
    uri: Callable[[str], str],
) -> list[dict[str, Any]]:
    """The claims as plain data, in the order of the book; those without a name or a known verdict are left out.

    Args:
        popular: the claims of popular articles.
        claims: the sentences of each page.
        library: the sources.
        uri: the address of a page, relative to the top of the site.
    """
    found = []
    for one in popular:
        verdict = Verdict.parse(one.verdict)
        if verdict is None or not one.anchor:
            continue
        said = (c.text for c in claims.get(one.docname, ()) if c.place == POPULAR and c.anchor == one.anchor)
        entries = ((key, library.entries.get(key)) for key in one.keys)
        found.append(
            {
                "name": one.name,
                "claim": one.claim,
                "verdict": verdict.value,
                "rating": verdict.rating,
                "articles": int(one.articles) if one.articles.isdecimal() else None,
                "part": part_of(one.chapter),
                "chapter": one.chapter,
                "url": f"{uri(one.docname)}#{one.anchor}",
                "evidence": " ".join(said),
                "sources": [{"key": key, "doi": entry.fields.get("doi") if entry else None} for key, entry in entries],
            }
        )
    return found


def as_json(data: Iterable[dict[str, Any]], title: str) -> str:
    """The claims as the text of ``popular-claims.json``."""
    head = {"format": "reviewbook-popular-claims", "version": FORMAT_VERSION, "book": title, "articles": ARTICLES}
    return row_files.as_json(head, "claims", data)


def as_csv(data: Iterable[dict[str, Any]]) -> str:
    """The claims as the text of ``popular-claims.csv``: several values in one field are separated by semicolons."""
    return row_files.as_csv(COLUMNS, ({**row, **row_files.source_columns(row)} for row in data))
