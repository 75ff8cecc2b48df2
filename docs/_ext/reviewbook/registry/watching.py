"""What is new among the works that searches found: neither in the library nor met before."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..library import Library
from ..screening import DOI, Candidate, Log, Run, Search
from . import duplicates
from .designs import guess
from .searches import Found


class Watched(NamedTuple):
    """What a day's searches gave: a line of the log for each, and the works to screen."""

    runs: list[Run]
    candidates: list[Candidate]


def sift(
    results: Iterable[tuple[Search, list[Found]]],
    library: Library,
    log: Log,
    waiting: Iterable[Candidate],
    today: datetime.date,
) -> Watched:
    """Take out what the library holds, what was screened or waits to be, and what another search found."""
    met = {name for work in (*log.decisions, *waiting) for name in work.ids}
    new: list[dict[str, Any]] = []
    runs = []
    for search, found in results:
        in_library = before = fresh = 0
        for one in found:
            ids = _ids(one)
            why = f"{search.name} ({one.why})"
            twin = next((candidate for candidate in new if _folded(candidate["ids"]) & _folded(ids)), None)
            if twin is not None:
                before += 1
                if why not in twin["matched"]:
                    twin["matched"].append(why)
            elif met & _folded(ids):
                before += 1
            else:
                held, resembles = _held(one, library)
                if held:
                    in_library += 1
                else:
                    fresh += 1
                    new.append(_candidate(one, search, why, resembles))
        runs.append(
            Run(
                search=search.name,
                registry=search.registry,
                date=today,
                since=log.since(search.name),
                found=len(found),
                in_library=in_library,
                met_before=before,
                candidates=fresh,
            )
        )
    candidates = [Candidate.model_validate({**one.pop("ids"), **one}) for one in new]
    return Watched(runs, candidates)


def _ids(one: Found) -> dict[str, Any]:
    work = one.work
    ids: dict[str, Any] = {name: value for name in ("pmid", "doi", "nct") if (value := getattr(work, name))}
    if not re.fullmatch(DOI, work.doi):
        ids.pop("doi", None)  # registries hold broken ones
    return {**ids, "results": True} if one.results else ids


def _folded(ids: dict[str, Any]) -> set[str]:
    """Identifiers in the form in which :attr:`Candidate.ids` has them."""
    trial = f"{ids['nct']} results" if ids.get("results") else ids.get("nct")
    return {str(name).casefold() for name in (ids.get("pmid"), ids.get("doi"), trial) if name}


def _held(one: Found, library: Library) -> tuple[bool, str]:
    """Whether the library holds a work, and a source that only resembles it.

    Works of one title that have different DOIs are two, such as a preprint and its article; and the results of a trial
    are new although its registration is held.
    """
    twin = duplicates.of_work(one.work, library)
    if twin is None:
        return False, ""
    doi = library.entries[twin.key].fields.get("doi", "").casefold()
    differ = bool(doi and one.work.doi and doi != one.work.doi.casefold())
    if one.results or (differ and "title" in twin.what):
        return False, twin.key
    return True, ""


def _candidate(one: Found, search: Search, why: str, resembles: str) -> dict[str, Any]:
    work = one.work
    design = guess(work)
    first = work.authors[0].family if work.authors else ""
    retracted = ["it was retracted"] if work.retracted else []
    return {
        "title": work.title or "(no title)",
        "ids": _ids(one),
        "search": search.name,
        "authors": f"{first} and others" if len(work.authors) > 1 else first,
        "where": ", ".join(part for part in (work.container, work.year) if part),
        "design": design.design.value,
        "design_because": design.because,
        "matched": [why, *retracted],
        **({"resembles": resembles} if resembles else {}),
    }
