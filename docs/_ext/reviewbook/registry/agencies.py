"""Which agency registered a DOI, as the handle system tells it (``doi.org/doiRA/<doi>``)."""

from __future__ import annotations

from urllib.parse import quote

from .web import NotThere, Web
from .work import documented


def agency(web: Web, doi: str) -> str:
    """The agency that registered a DOI: Crossref, DataCite, mEDRA, JaLC and others.

    Raises:
        NotThere: there is no such DOI.
        Unreachable: the handle system did not answer as it promises.
    """
    url = f"{web.addresses.doi}/doiRA/{quote(doi, safe='/')}"
    try:
        answer = web.json(url)
    except NotThere as error:
        raise NotThere(f"there is no DOI {doi}; look for a misprint") from error
    with documented(url):
        found = answer[0].get("RA")
        if found:
            return str(found)
        status = answer[0]["status"]
    raise NotThere(f"there is no DOI {doi} ({status}); look for a misprint")
