"""DataCite: data sets, preprints, theses and reports with a DOI (REST API, ``/dois/<doi>``)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from . import texts
from .web import Web
from .work import Name, Work, body, documented, person

NAME = "DataCite"

_TYPES = {
    "JournalArticle": ("article", "journal"),
    "Dissertation": ("phdthesis", "school"),
    "Report": ("techreport", "institution"),
    "Book": ("book", ""),
    "BookChapter": ("incollection", "booktitle"),
    "ConferencePaper": ("inproceedings", "booktitle"),
}
"""Type of the entry, and the field for what the work appeared in, by the general type; anything else is ``misc``."""


def find(web: Web, doi: str) -> Work:
    """What DataCite holds under a DOI.

    Raises:
        NotThere: it is no DOI of DataCite.
        Unreachable: it did not answer as it promises.
    """
    url = f"{web.addresses.datacite}/dois/{quote(doi, safe='')}"
    answer = web.json(url)
    with documented(url):
        return read(answer["data"]["attributes"])


def read(attributes: dict[str, Any]) -> Work:
    """The attributes of an answer as a work."""
    kind = (attributes.get("types") or {}).get("resourceTypeGeneral") or ""
    type_, where = _TYPES.get(kind, ("misc", "howpublished"))
    publisher = attributes.get("publisher") or ""
    if isinstance(publisher, dict):
        publisher = publisher.get("name") or ""
    titles = attributes["titles"]
    main = next((t for t in titles if not t.get("titleType")), titles[0])
    container = attributes.get("container") or {}
    first, last = container.get("firstPage") or "", container.get("lastPage") or ""
    in_container = where in ("journal", "booktitle")
    if type_ == "article" and not container.get("title"):
        type_, where, in_container = "misc", "howpublished", False
    return Work(
        registry=NAME,
        type=type_,
        title=texts.clean_title(main["title"]),
        authors=tuple(_name(creator) for creator in attributes.get("creators") or []),
        where=where,
        container=texts.clean(container.get("title") if in_container else publisher),
        publisher=texts.clean(publisher),
        year=str(attributes.get("publicationYear") or ""),
        volume=texts.clean(container.get("volume")),
        number=texts.clean(container.get("issue")),
        pages=texts.pages(f"{first}-{last}" if last else first),
        doi=texts.clean(attributes["doi"]),
        kinds=(kind,) if kind else (),
        known=_known(attributes),
    )


def _known(attributes: dict[str, Any]) -> dict[str, Any]:
    funders = dict.fromkeys(texts.clean(f.get("funderName")) for f in attributes.get("fundingReferences") or [])
    funders.pop("", None)
    return {"funding": ", ".join(funders)} if funders else {}


def _name(creator: dict[str, Any]) -> Name:
    if creator.get("familyName"):
        return person(creator["familyName"], creator.get("givenName"))
    family, comma, given = (creator.get("name") or "").partition(",")
    if comma and creator.get("nameType") != "Organizational":
        return person(family, given)
    return body(creator.get("name"))
