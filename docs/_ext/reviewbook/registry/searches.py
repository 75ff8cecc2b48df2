"""New works in PubMed and ClinicalTrials.gov: the works that a search finds among those added in a span of days."""

from __future__ import annotations

import datetime
import re
from typing import Any, NamedTuple

from ..screening import Registry, Search
from . import pubmed, trials
from .web import Unreachable, Web
from .work import Work, documented

MOST = 9_999
"""The most works that PubMed names for one search."""

PAGE = 100
"""How many trials are asked for in one request."""


class Misunderstood(ValueError):
    """A registry did not understand a search."""


class Found(NamedTuple):
    """A work that a search found.

    Attributes:
        work: what the registry says of it.
        results: whether it is a registered trial that is found for its results.
        why: by which words of the search, in words.
    """

    work: Work
    results: bool
    why: str


def search(web: Web, asked: Search, since: datetime.date, until: datetime.date) -> list[Found]:
    """The works that were added from one day to another, both included.

    Raises:
        Misunderstood: the search is at fault.
        Unreachable: the registry did not answer as it promises.
    """
    if asked.registry is Registry.PUBMED:
        return _pubmed(web, asked, since, until)
    return _trials(web, asked, since, until)


def _pubmed(web: Web, asked: Search, since: datetime.date, until: datetime.date) -> list[Found]:
    url = f"{web.addresses.pubmed}/esearch.fcgi"
    query = asked.query or ""
    days = {"datetype": "edat", "mindate": f"{since:%Y/%m/%d}", "maxdate": f"{until:%Y/%m/%d}"}
    answer = web.json(
        url, {"db": "pubmed", "term": query, "retmode": "json", "retmax": MOST, "tool": "reviewbook", **days}
    )
    with documented(url):
        result = dict(answer["esearchresult"])
        unknown = [str(name) for name in (result.get("errorlist") or {}).get("fieldsnotfound") or []]
    if result.get("ERROR") or unknown:
        fault = result.get("ERROR") or f"there is no field {', '.join(unknown)}"
        raise Misunderstood(f"PubMed did not understand the search {asked.name}: {fault}")
    with documented(url):
        pmids = [str(pmid) for pmid in result["idlist"]]
        count = int(result["count"])
    if count > len(pmids):
        raise Misunderstood(f"{asked.name} finds {count:,} works in PubMed, which names only {len(pmids):,}; narrow it")
    works = pubmed.find_all(web, pmids)
    found = [
        works.get(pmid) or Work(pubmed.NAME, f"PMID {pmid} (PubMed gives no details)", pmid=pmid) for pmid in pmids
    ]
    return [Found(work, False, _why(work, query)) for work in found]


def _trials(web: Web, asked: Search, since: datetime.date, until: datetime.date) -> list[Found]:
    url = f"{web.addresses.trials}/studies"
    span = f"RANGE[{since},{until}]"
    params: dict[str, str | int] = {
        "query.intr": asked.intervention or "",
        "filter.advanced": f"AREA[StudyFirstPostDate]{span} OR AREA[ResultsFirstPostDate]{span}",
        "pageSize": PAGE,
        "countTotal": "true",
    }
    if asked.condition:
        params["query.cond"] = asked.condition
    found: list[Found] = []
    seen: set[str] = set()
    while True:
        answer = web.json(url, params)
        with documented(url):
            for study in answer["studies"]:
                work = trials.read(study)
                results = _posted(study, since, until)
                found.append(Found(work, results, _why(work, f"{asked.intervention} {asked.condition or ''}")))
            token = str(answer.get("nextPageToken") or "")
        if not token:
            return found
        if token in seen:
            raise Unreachable(url, "it gives the same page again and again")
        seen.add(token)
        params["pageToken"] = token


def _posted(study: dict[str, Any], since: datetime.date, until: datetime.date) -> bool:
    """Whether the results of a trial are what was new, and not its registration."""
    status = study["protocolSection"].get("statusModule") or {}
    posted = str((status.get("resultsFirstPostDateStruct") or {}).get("date") or "")
    return since.isoformat() <= posted <= until.isoformat()


def _why(work: Work, query: str) -> str:
    """Which words of a search stand in the title or in the headings of a work."""
    words = _words(query)
    parts = (("title", work.title), ("headings", "; ".join((*work.subjects, str(work.known.get("population", ""))))))
    seen = []
    for name, text in parts:
        here = [word for word in words if re.search(rf"\b{re.escape(word.rstrip('*'))}", text, re.IGNORECASE)]
        if here:
            seen.append(f"{name}: {', '.join(here)}")
    return "; ".join(seen) or "neither title nor headings hold its words; look at the abstract"


def _words(query: str) -> list[str]:
    """The words and phrases that a query asks for, each once, without fields and operators."""
    bare = re.sub(r"\[[^\]]*\]|\bNOT\s+(?:\([^()]*\)|\S+)", " ", query)
    found = [phrase or word for phrase, word in re.findall(r'"([^"]+)"|([^\s()"]+)', bare)]
    return [word for word in dict.fromkeys(found) if word not in ("AND", "OR", "NOT")]
