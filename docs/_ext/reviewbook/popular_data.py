"""The claims of popular articles and the verdicts on them as data: JSON and CSV, one claim a row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

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
    head: dict[str, Any] = {"format": "reviewbook-popular-claims", "version": FORMAT_VERSION, "book": title}
    head["articles"] = ARTICLES
    # One claim a line: a difference between two versions shows what changed.
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in data)
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "claims": [\n{lines}\n]}}\n'


def as_csv(data: Iterable[dict[str, Any]]) -> str:
    """The claims as the text of ``popular-claims.csv``: several values in one field are separated by semicolons."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in data:
        flat = dict(row)
        flat["keys"] = "; ".join(source["key"] for source in row["sources"])
        flat["dois"] = "; ".join(source["doi"] or "" for source in row["sources"])
        writer.writerow(["" if flat[name] is None else flat[name] for name in COLUMNS])
    return out.getvalue()
