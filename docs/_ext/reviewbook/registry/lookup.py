"""A work by any identifier: which registries are asked, and in which order."""

from __future__ import annotations

from dataclasses import replace

from . import agencies, crossref, datacite, pages, pubmed, trials
from .identifiers import Identifier, Kind
from .web import NotThere, Unreachable, Web
from .work import Work


class CannotAsk(NotThere):
    """The work may exist, but the agency that knows it cannot be asked, or knows nothing of it yet."""


def find(web: Web, identifier: Identifier) -> Work:
    """All that registries say of a work.

    Raises:
        NotThere: no registry holds it.
        Unreachable: one that is needed did not answer.
    """
    match identifier.kind:
        case Kind.DOI:
            return with_pubmed(web, by_doi(web, identifier.value))
        case Kind.PMID:
            return _of_article(web, pubmed.find(web, identifier.value))
        case Kind.PMCID:
            return _by_pmcid(web, identifier.value)
        case Kind.NCT:
            return trials.find(web, identifier.value)
    page = pages.find(web, identifier.value)
    if page.doi:
        try:
            return with_pubmed(web, by_doi(web, page.doi))
        except NotThere:
            return replace(page, doi="")
    return page


def by_doi(web: Web, doi: str) -> Work:
    """What the agency of a DOI holds: Crossref, or the one that the handle system names.

    Raises:
        CannotAsk: its agency is one that we cannot ask, or has no data on it yet.
        NotThere: there is no such DOI.
        Unreachable: the agency did not answer.
    """
    try:
        return crossref.find(web, doi)
    except NotThere:
        agency = agencies.agency(web, doi)
    if agency == datacite.NAME:
        return datacite.find(web, doi)
    if agency == crossref.NAME:
        raise CannotAsk(f"{doi} is a DOI of Crossref, which has no data on it yet; try again later, or add it by hand")
    raise CannotAsk(f"{doi} was registered by {agency}, which cannot be asked; add it by hand")


def with_pubmed(web: Web, work: Work) -> Work:
    """A work, with what PubMed adds; where PubMed cannot be asked, a notice says so."""
    if work.type not in ("article", "inproceedings") or not work.doi:
        return work
    try:
        article = pubmed.with_doi(web, work.doi)
    except (NotThere, Unreachable) as error:
        return replace(work, notices=(*work.notices, f"PubMed was not asked: {error}"))
    return work.with_more(article) if article else work


def _of_article(web: Web, article: Work) -> Work:
    """An article of PubMed, told by the agency of its DOI where there is one, which spells names out."""
    if not article.doi:
        return replace(article, known={**article.known, "no_doi": "PubMed lists no DOI"})
    try:
        return by_doi(web, article.doi).with_more(article)
    except (NotThere, Unreachable) as error:
        return replace(article, notices=(*article.notices, f"Only PubMed was asked: {error}"))


def _by_pmcid(web: Web, pmcid: str) -> Work:
    ids = pubmed.convert(web, [pmcid]).get(pmcid)
    if not ids or not (ids.pmid or ids.doi):
        raise NotThere(f"PubMed Central has no {pmcid}, or neither PMID nor DOI of it; look for a misprint")
    work = _of_article(web, pubmed.find(web, ids.pmid)) if ids.pmid else by_doi(web, ids.doi)
    return work if work.pmcid else replace(work, pmcid=pmcid)
