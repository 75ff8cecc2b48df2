"""The library as data: each source with its bibliographic data, its record, and where the book cites it (``sources.json``).

It is the other half of ``claims.json``: there a claim names its sources, here a source names its claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import csl, row_files
from .library import Library, citable

FORMAT_VERSION = 1
"""Rises when a field changes its meaning or goes; new fields do not raise it."""


def rows(library: Library, claims: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sources as plain data, in the order of the bibliography.

    Args:
        library: the sources.
        claims: the claims as ``claims.json`` holds them.
    """
    places: dict[str, list[dict[str, str]]] = {}
    for claim in claims:
        for source in claim["sources"]:
            place = {"claim": claim["id"], "page": claim["page"], "url": claim["url"]}
            places.setdefault(source["key"], []).append(place)
    allowed = citable(library)
    found = []
    for key, entry in library.entries.items():
        record = library.records.get(key)
        found.append(
            {
                "key": key,
                "citable": key in allowed,
                "missing": list(library.incomplete.get(key, ())),
                "bibliography": next(csl.items((entry,)), None),
                "record": record.model_dump(mode="json", exclude={"key"}) if record else None,
                "cited_in": places.get(key, []),
            }
        )
    return found


def as_json(data: Iterable[dict[str, Any]], title: str) -> str:
    """The sources as the text of ``sources.json``, one source a line."""
    return row_files.as_json(
        {"format": "reviewbook-sources", "version": FORMAT_VERSION, "book": title}, "sources", data
    )
