"""Crossref: retractions, corrections and expressions of concern of works, in both directions.

A work names the notices on it (``updated-by``), and a notice names the works that it is on (``update-to``); the one may
be there without the other. Publishers and Retraction Watch are the sources of both.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from ..records import Status
from .notices import Notice
from .web import NotThere, Unreachable, Web
from .work import documented

NAME = "Crossref"

AT_ONCE = 20
"""How many DOIs are asked for in one request; filters of the same name are joined by "or"."""

ROWS = 1000
"""The most works that one answer may hold."""

GIVE_UP = 2
"""After how many failed requests in a row nothing more is asked."""

_RETRACTED = dict.fromkeys(("retraction", "partial_retraction", "removal", "withdrawal"), Status.RETRACTED)
_CORRECTED = dict.fromkeys(("correction", "corrigendum", "erratum", "clarification"), Status.CORRECTED)
STATUSES = {**_RETRACTED, **_CORRECTED, "expression_of_concern": Status.CONCERN, "concern": Status.CONCERN}
"""What a type of update makes of a work; other types, such as ``new_version`` and ``addendum``, make nothing of it."""


class Answers(NamedTuple):
    """What Crossref says about DOIs, all in small letters.

    Attributes:
        notices: the notices on each DOI that it knows; empty if there are none.
        unasked: why a DOI could not be asked for.
    """

    notices: dict[str, tuple[Notice, ...]]
    unasked: dict[str, str]


def ask(web: Web, dois: Sequence[str]) -> Answers:
    """Ask for the notices on works; a DOI that is in neither part of the answer is not one of Crossref's."""
    wanted = [doi.casefold() for doi in dois]
    found: dict[str, list[Notice]] = {}
    failed: dict[str, str] = {}
    failures = 0
    for several in _requests(wanted):
        if failures >= GIVE_UP:
            failed |= dict.fromkeys(several, "nothing more was asked after failures")
            continue
        try:
            works = list(_works(web, several))
            failures = 0
        except Unreachable as error:
            failures += 1
            failed |= dict.fromkeys(several, str(error))
            continue
        for work in works:
            doi = str(work["DOI"]).casefold()
            found.setdefault(doi, [])
            for notice in _list(work, "updated-by"):
                _note(found, doi, notice, notice)
            for target in _list(work, "update-to"):
                _note(found, str(target.get("DOI", "")).casefold(), target, work)
    asked = {doi: tuple(found[doi]) for doi in wanted if doi in found and doi not in failed}
    return Answers(asked, failed)


def _requests(dois: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The DOIs in groups; one with a comma, which would end a filter, is alone."""
    plain = tuple(doi for doi in dois if "," not in doi)
    yield from (plain[start : start + AT_ONCE] for start in range(0, len(plain), AT_ONCE))
    yield from ((doi,) for doi in dois if "," in doi)


def _works(web: Web, dois: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The works of these DOIs, and the notices on them."""
    url = f"{web.addresses.crossref}/works"
    if "," in dois[0]:
        alone = f"{url}/{quote(dois[0], safe='')}"
        try:
            answer = web.json(alone)
        except NotThere:
            return
        with documented(alone):
            yield _checked(answer["message"])
        return
    for name in ("doi", "updates"):
        answer = web.json(url, {"filter": ",".join(f"{name}:{doi}" for doi in dois), "rows": ROWS})
        with documented(url):
            yield from map(_checked, answer["message"]["items"])


def _checked(work: dict[str, Any]) -> dict[str, Any]:
    """A work, if it is of the documented form."""
    if not all(isinstance(notice, dict) for name in ("updated-by", "update-to") for notice in _list(work, name)):
        raise TypeError("a notice is no object")
    str(work["DOI"])
    return work


def _note(found: dict[str, list[Notice]], doi: str, update: dict[str, Any], notice: dict[str, Any]) -> None:
    status = STATUSES.get(str(update.get("type", "")).replace("-", "_").casefold())
    if status is None or not doi:
        return
    name = str(update.get("label") or update["type"].replace("_", " ").capitalize())
    source = " (Retraction Watch)" if update.get("source") == "retraction-watch" else ""
    one = Notice(status, name, NAME + source, str(notice.get("DOI") or ""), _day(update))
    here = found.setdefault(doi, [])
    if one not in here:
        here.append(one)


def _day(update: dict[str, Any]) -> datetime.date | None:
    try:
        (parts,) = update["updated"]["date-parts"]
        return datetime.date(*(int(part) for part in [*parts, 1, 1][:3]))
    except (KeyError, TypeError, ValueError):
        return None


def _list(work: dict[str, Any], name: str) -> list[Any]:
    return list(work.get(name) or [])
