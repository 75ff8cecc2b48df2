"""Asking registries whether what a link names exists; a publisher is never asked.

DOIs of every registration agency are handles, so the handle system knows them all:
https://www.doi.org/doi-handbook/HTML/rest-api.html. PubMed and PMC are asked through E-utilities, in batches,
and ClinicalTrials.gov through its API, because its pages answer alike whether a trial exists or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from ..registry.web import NotThere, Unreachable, Web
from .model import Answer, Kind, Link, Outcome

BATCH = 100
"""How many records PubMed is asked for at once."""

PATIENCE = 3
"""After so many failures one after the other a registry is asked nothing more in this run."""

_NO_SUMMARY = "cannot get document summary"
"""What E-utilities says of a number that nothing has."""

Answered = tuple[Link, Answer]


def ask(links: Sequence[Link], web: Web) -> Iterator[Answered]:
    """Ask about links that registries know; each gets an answer, whatever happens."""
    by_name: dict[str, list[Link]] = {}
    for link in links:
        by_name.setdefault(link.name.partition(":")[0], []).append(link)
    for name, several in by_name.items():
        size, question = _QUESTIONS[name]
        failed, why = 0, ""
        for start in range(0, len(several), size):
            batch = several[start : start + size]
            if failed >= PATIENCE:
                answers = [Answer(Outcome.UNKNOWN, f"not asked, because the registry did not answer ({why})")] * len(
                    batch
                )
            else:
                try:
                    answers, failed = question(batch, web), 0
                except Unreachable as error:
                    failed, why = failed + 1, error.why
                    answers = [Answer(Outcome.UNKNOWN, f"the registry could not be asked: {why}")] * len(batch)
            yield from zip(batch, answers, strict=True)


def _doi(links: Sequence[Link], web: Web) -> list[Answer]:
    url = f"{web.addresses.doi}/api/handles/{quote(links[0].identifier, safe='/')}"
    said = web.json(url, answers=(404,))
    code = said.get("responseCode") if isinstance(said, dict) else None
    if code == 1:
        return [Answer(Outcome.GOOD)]
    if code == 100:
        return [Answer(Outcome.BAD, "there is no such DOI")]
    return [Answer(Outcome.UNKNOWN, f"the handle system answered {code!r}")]


def _summaries(database: str) -> Callable[[Sequence[Link], Web], list[Answer]]:
    def question(links: Sequence[Link], web: Web) -> list[Answer]:
        numbers = [link.identifier.removeprefix("PMC") for link in links]
        params = {"db": database, "id": ",".join(numbers), "retmode": "json"}
        said = web.json(f"{web.addresses.pubmed}/esummary.fcgi", params)
        found = said.get("result") if isinstance(said, dict) else None
        return [_summary(found.get(number) if isinstance(found, dict) else None) for number in numbers]

    return question


def _summary(found: Any) -> Answer:
    if not isinstance(found, dict):
        return Answer(Outcome.UNKNOWN, "the registry said nothing about it")
    error = found.get("error")
    if error is None:
        return Answer(Outcome.GOOD)
    if error == _NO_SUMMARY:
        return Answer(Outcome.BAD, "there is no such record")
    return Answer(Outcome.UNKNOWN, f"the registry answered {error!r}")


def _trial(links: Sequence[Link], web: Web) -> list[Answer]:
    try:
        web.json(f"{web.addresses.trials}/studies/{links[0].identifier}", {"fields": "NCTId"})
    except NotThere:
        return [Answer(Outcome.BAD, "there is no such trial")]
    return [Answer(Outcome.GOOD)]


_QUESTIONS: dict[str, tuple[int, Callable[[Sequence[Link], Web], list[Answer]]]] = {
    "doi": (1, _doi),
    "pmid": (BATCH, _summaries("pubmed")),
    "pmcid": (BATCH, _summaries("pmc")),
    "nct": (1, _trial),
}
KINDS = frozenset({Kind.DOI, Kind.PUBMED, Kind.TRIALS})
"""What is asked here."""
