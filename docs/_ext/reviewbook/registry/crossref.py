"""Crossref: what publishers deposited about a DOI (REST API, ``/works/<doi>``)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from . import texts
from .web import Web
from .work import Name, Work, body, documented, person

NAME = "Crossref"

_TYPES = {
    "journal-article": ("article", "journal"),
    "posted-content": ("article", "journal"),
    "proceedings-article": ("inproceedings", "booktitle"),
    "book-chapter": ("incollection", "booktitle"),
    "book": ("book", ""),
    "monograph": ("book", ""),
    "edited-book": ("book", ""),
    "reference-book": ("book", ""),
    "report": ("techreport", "institution"),
    "dissertation": ("phdthesis", "school"),
}
"""Type of the entry, and the field for what the work appeared in, by Crossref's type; anything else is ``misc``."""

_RETRACTING = frozenset({"retraction", "removal", "withdrawal", "partial_retraction"})


def find(web: Web, doi: str) -> Work:
    """What Crossref holds under a DOI.

    Raises:
        NotThere: it is no DOI of Crossref.
        Unreachable: it did not answer as it promises.
    """
    url = f"{web.addresses.crossref}/works/{quote(doi, safe='')}"
    answer = web.json(url)
    with documented(url):
        return read(answer["message"])


def read(message: dict[str, Any]) -> Work:
    """The ``message`` of an answer as a work."""
    type_, where = _TYPES.get(message.get("type", ""), ("misc", "howpublished"))
    title, *subtitles = [texts.clean_title(t) for t in (*_list(message, "title")[:1], *_list(message, "subtitle")[:1])]
    for subtitle in subtitles:
        if subtitle and texts.folded(subtitle) not in texts.folded(title):
            title += f" {subtitle}" if title.endswith((":", "?", "!")) else f": {subtitle}"
    container = next(iter(_list(message, "container-title")), "")
    publisher = texts.clean(message.get("publisher"))
    if message.get("type") == "posted-content" or where in ("institution", "school"):
        container = next((i["name"] for i in _list(message, "institution")), "") or publisher
    elif where == "howpublished":
        container = container or publisher
    issue = message.get("journal-issue") or {}
    in_print = _year(message, "published-print") or _year(issue, "published-print")
    online = _year(message, "published-online") or _year(issue, "published-online")
    updates = [update for update in _list(message, "updated-by") if update.get("type") in _RETRACTING]
    return Work(
        registry=NAME,
        type=type_,
        title=title,
        authors=tuple(_name(a) for a in _list(message, "author")),
        where=where,
        container=texts.clean(container),
        journals=tuple(map(texts.clean, _list(message, "short-container-title"))),
        publisher=publisher,
        year=in_print or online or _year(message, "issued"),
        online_year=online,
        volume=texts.clean(message.get("volume")),
        number=texts.clean(message.get("issue")),
        pages=texts.pages(message.get("page") or message.get("article-number")),
        doi=texts.clean(message["DOI"]),
        kinds=("Preprint",) if message.get("subtype") == "preprint" else (),
        known=_known(message),
        retracted=bool(updates),
        notices=tuple(f"Crossref knows a {u['type'].replace('_', ' ')}: doi {u.get('DOI', '?')}" for u in updates),
    )


def _known(message: dict[str, Any]) -> dict[str, Any]:
    funders = dict.fromkeys(texts.clean(funder.get("name")) for funder in _list(message, "funder"))
    funders.pop("", None)
    return {"funding": ", ".join(funders)} if funders else {}


def _name(author: dict[str, Any]) -> Name:
    if author.get("family"):
        return person(author["family"], author.get("given"), author.get("suffix"))
    return body(author.get("name") or author.get("given"))


def _year(message: dict[str, Any], name: str) -> str:
    parts = (message.get(name) or {}).get("date-parts") or [[None]]
    return str(parts[0][0]) if parts[0] and parts[0][0] else ""


def _list(message: dict[str, Any], name: str) -> list[Any]:
    return list(message.get(name) or [])
