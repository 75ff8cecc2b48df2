"""PubMed: citations of articles, their types and headings (E-utilities), and the converter between its identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.etree import ElementTree

from . import texts
from .web import NotThere, Unreachable, Web
from .work import Name, Work, body, documented, person

NAME = "PubMed"

AT_ONCE = 100
"""How many articles are asked for in one request."""

_TOOL = {"tool": "reviewbook"}
_NOTICES = {
    "RetractionIn": "PubMed knows a retraction",
    "ExpressionOfConcernIn": "PubMed knows an expression of concern",
    "ErratumIn": "PubMed knows an erratum",
    "CorrectedandRepublishedIn": "PubMed knows a corrected and republished version",
}


class Ids(NamedTuple):
    """The identifiers of one article; empty where PubMed Central names none."""

    pmid: str = ""
    pmcid: str = ""
    doi: str = ""


def find(web: Web, pmid: str) -> Work:
    """What PubMed holds under a PMID.

    Raises:
        NotThere: PubMed has no article of this number.
        Unreachable: it did not answer as it promises.
    """
    works = find_all(web, [pmid])
    if pmid not in works:
        raise NotThere(f"PubMed has no article {pmid}; look for a misprint")
    return works[pmid]


def find_all(web: Web, pmids: Sequence[str]) -> dict[str, Work]:
    """What PubMed holds under several PMIDs, by PMID; those it does not know are left out."""
    url = f"{web.addresses.pubmed}/efetch.fcgi"
    works: dict[str, Work] = {}
    for start in range(0, len(pmids), AT_ONCE):
        ids = ",".join(pmids[start : start + AT_ONCE])
        try:
            answer = web.text(url, {"db": "pubmed", "id": ids, "retmode": "xml", **_TOOL})
        except Unreachable as error:
            if "it answered 400" in str(error):
                continue  # so it says that it knows none of these numbers
            raise
        works |= {work.pmid: work for work in read(answer, url)}
    return works


def with_doi(web: Web, doi: str) -> Work | None:
    """The article that has a DOI, or None; the search is checked, because PubMed guesses when it finds nothing."""
    url = f"{web.addresses.pubmed}/esearch.fcgi"
    answer = web.json(url, {"db": "pubmed", "term": f"{doi}[doi]", "retmode": "json", **_TOOL})
    with documented(url):
        pmids = [str(pmid) for pmid in answer["esearchresult"]["idlist"]]
    if len(pmids) != 1:
        return None
    work = find_all(web, pmids).get(pmids[0])
    return work if work and work.doi.casefold() == doi.casefold() else None


def convert(web: Web, ids: Sequence[str]) -> dict[str, Ids]:
    """The identifiers of articles in PubMed Central, by what was asked (DOIs, PMIDs or PMCIDs, of one kind).

    What is not in PubMed Central is left out.
    """
    found: dict[str, Ids] = {}
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        asked = {identifier.casefold(): identifier for identifier in part}
        answer = web.json(f"{web.addresses.pmc}/", {"ids": ",".join(part), "format": "json", "versions": "no", **_TOOL})
        with documented(web.addresses.pmc):
            for record in answer["records"]:
                if record.get("status") == "error" or record.get("live") == "false":
                    continue
                names = Ids(*(str(record.get(name) or "") for name in ("pmid", "pmcid", "doi")))
                for name in (str(record.get("requested-id") or ""), *names):
                    if name.casefold() in asked:
                        found[asked[name.casefold()]] = names
    return found


def read(xml: str, url: str = "") -> list[Work]:
    """The articles of an answer.

    Raises:
        Unreachable: the answer is no XML of the documented form.
    """
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise Unreachable(url, "its answer is no XML") from error
    with documented(url):
        return [_work(article) for article in root.iter("PubmedArticle")]


def _work(article: ElementTree.Element) -> Work:
    citation = _one(article, "MedlineCitation")
    print_ = _one(citation, "Article")
    ids = {a.get("IdType"): _words(a) for a in article.findall("PubmedData/ArticleIdList/ArticleId")}
    doi = ids.get("doi") or next(
        (_words(e) for e in print_.findall("ELocationID") if e.get("EIdType") == "doi" and e.get("ValidYN") != "N"), ""
    )
    kinds = tuple(map(_words, print_.findall("PublicationTypeList/PublicationType")))
    notices = []
    for comment in citation.findall("CommentsCorrectionsList/CommentsCorrections"):
        if comment.get("RefType") in _NOTICES:
            notices.append(f"{_NOTICES[comment.get('RefType', '')]}: {_words(comment.find('RefSource'))}")
    agencies = dict.fromkeys(map(_words, print_.findall("GrantList/Grant/Agency")))
    abbreviations = map(_words, (print_.find("Journal/ISOAbbreviation"), citation.find("MedlineJournalInfo/MedlineTA")))
    issue_year = _year(print_.find("Journal/JournalIssue/PubDate"))
    online = next((_year(d) for d in print_.findall("ArticleDate") if d.get("DateType") == "Electronic"), "")
    return Work(
        registry=NAME,
        title=texts.clean_title(_markup(print_.find("ArticleTitle")) or _markup(print_.find("VernacularTitle"))),
        authors=tuple(_names(print_.findall("AuthorList/Author"))),
        container=re.sub(r"\s+:\s.*|\s*\([^()]*\)$", "", _words(print_.find("Journal/Title"))),
        journals=tuple(dict.fromkeys(filter(None, abbreviations))),
        year=issue_year or online,
        online_year=online,
        volume=_words(print_.find("Journal/JournalIssue/Volume")),
        number=_words(print_.find("Journal/JournalIssue/Issue")),
        pages=texts.pages(_words(print_.find("Pagination/MedlinePgn"))) or _start_and_end(print_),
        doi=doi,
        pmid=_words(_one(citation, "PMID")),
        pmcid=ids.get("pmc", ""),
        kinds=kinds,
        subjects=tuple(_words(d) for d in citation.findall("MeshHeadingList/MeshHeading/DescriptorName")),
        known={"funding": ", ".join(agencies)} if agencies else {},
        retracted="Retracted Publication" in kinds,
        notices=tuple(notices),
    )


def _start_and_end(print_: ElementTree.Element) -> str:
    first, last = (_words(print_.find(f"Pagination/{name}Page")) for name in ("Start", "End"))
    return texts.pages(f"{first}-{last}" if last else first)


def _names(authors: Iterable[ElementTree.Element]) -> Iterable[Name]:
    for author in authors:
        if author.get("ValidYN") == "N":
            continue
        if author.find("CollectiveName") is not None:
            yield body(_markup(author.find("CollectiveName")))
        elif author.find("LastName") is not None:
            given = author.find("ForeName")
            given = author.find("Initials") if given is None else given
            yield person(_words(author.find("LastName")), _words(given), _words(author.find("Suffix")))


def _year(date: ElementTree.Element | None) -> str:
    if date is None:
        return ""
    spoken = _words(date.find("Year")) or _words(date.find("MedlineDate"))
    match = re.search(r"\b(?:1[89]|20)\d\d\b", spoken)
    return match[0] if match else ""


def _one(parent: ElementTree.Element, name: str) -> ElementTree.Element:
    child = parent.find(name)
    if child is None:
        raise ValueError(f"no {name}")
    return child


def _markup(element: ElementTree.Element | None) -> str:
    """The text of an element and of the markup in it."""
    return texts.clean("".join(element.itertext())) if element is not None else ""


_words = _markup
