"""What registries answer on the entries of the bibliography, kept for a day, so that a long run can be resumed."""

from __future__ import annotations

import contextlib
import datetime
import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from ..bib import Entry
from ..whole_files import write_all
from . import lookup, pubmed, trials
from .identifiers import trial_number
from .pubmed import Ids
from .web import NotThere, Unreachable, Web
from .work import Work

T = TypeVar("T")

PATIENCE = 3
"""After so many failures in a row, a registry is not asked again in this run."""


NO_IDS = Ids()


@dataclass(frozen=True, slots=True)
class Answer:
    """What registries say of one entry.

    Attributes:
        works: what they hold, a work each.
        missing: why nothing is there, by the identifier (``doi``, ``pmid``, ``pmcid``, ``nct``) of the entry.
        unknown: why some registry said nothing, as sentences.
        ids: what PubMed Central's converter makes of the entry's identifiers.
        had_identifier: False if there was nothing to ask by.
        lost: True if a registry could not be reached, so that the answer is worth asking for again.
    """

    works: tuple[Work, ...] = ()
    missing: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    ids: Ids = NO_IDS
    had_identifier: bool = True
    lost: bool = False

    def as_json(self) -> dict[str, Any]:
        """What :meth:`of_json` reads."""
        return {
            "works": [work.as_json() for work in self.works],
            "missing": self.missing,
            "unknown": list(self.unknown),
            "ids": list(self.ids),
        }

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> Answer:
        """The answer that :meth:`as_json` wrote."""
        works = tuple(Work.of_json(work) for work in data["works"])
        return cls(works, dict(data["missing"]), tuple(data["unknown"]), Ids(*data["ids"]))


def identifiers(entry: Entry) -> dict[str, str]:
    """The identifiers of an entry that a registry can be asked by."""
    found = {name: entry.fields[name] for name in ("doi", "pmid", "pmcid") if name in entry.fields}
    number = trial_number(entry.fields.get("url", ""))
    if number and entry.type == "misc":
        found["nct"] = number
    return found


class Cache:
    """Answers of one day in a folder, a file for each key; those of other days are deleted.

    An answer counts only as long as the entry has the same identifiers.
    """

    def __init__(self, folder: Path, day: datetime.date) -> None:
        self._folder = folder / day.isoformat()
        with contextlib.suppress(OSError):
            for old in folder.iterdir():
                if re.fullmatch(r"\d{4}-\d\d-\d\d", old.name) and old != self._folder:
                    shutil.rmtree(old)

    def get(self, entry: Entry) -> Answer | None:
        """The answer on an entry, or None; a file that cannot be read is no answer."""
        try:
            data = json.loads(self._file(entry).read_text(encoding="utf-8"))
            return Answer.of_json(data["answer"]) if data["asked"] == identifiers(entry) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, entry: Entry, answer: Answer) -> None:
        """Keep an answer; a folder that cannot be written to costs only time."""
        data = {"asked": identifiers(entry), "answer": answer.as_json()}
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_all({self._file(entry): json.dumps(data, ensure_ascii=False)})

    def _file(self, entry: Entry) -> Path:
        return self._folder / f"{quote(entry.key, safe='')}.json"


class Registries:
    """Asks all registries on entries, many at once where a registry allows it.

    Attributes:
        without_converter: why PubMed Central's converter was not asked on some entries; empty if it was on all.
    """

    def __init__(self, web: Web, cache: Cache) -> None:
        self._web = web
        self._cache = cache
        self._failures: dict[str, list[Unreachable]] = {}
        self.without_converter = ""

    def answers(self, entries: Sequence[Entry], fresh: bool = False) -> Iterator[tuple[Entry, Answer]]:
        """What registries say of each entry, in the order of the entries.

        Args:
            entries: the entries.
            fresh: ask again even what was asked today.
        """
        for start in range(0, len(entries), pubmed.AT_ONCE):
            part = entries[start : start + pubmed.AT_ONCE]
            known = {} if fresh else {e.key: answer for e in part if (answer := self._cache.get(e))}
            asked = [entry for entry in part if entry.key not in known and identifiers(entry)]
            many = self._many(asked)
            for entry in part:
                if entry.key in known:
                    yield entry, known[entry.key]
                elif not identifiers(entry):
                    yield entry, Answer(had_identifier=False)
                else:
                    answer = self._one(entry, many)
                    if not answer.lost:
                        self._cache.put(entry, answer)
                    yield entry, answer

    def _many(self, entries: Sequence[Entry]) -> _Many:
        """What PubMed and its converter say of the entries together."""
        many = _Many()
        ids = [identifiers(entry) for entry in entries]
        for name in ("doi", "pmid", "pmcid"):
            wanted = [i[name] for i in ids if _converted_by(i) == name]
            if wanted:
                try:
                    many.ids |= self._ask("PubMed Central", lambda w=wanted: pubmed.convert(self._web, w))  # type: ignore[misc]
                except (Unreachable, NotThere) as error:
                    many.lost["converter"] = self.without_converter = str(error)
        pmids = [i["pmid"] for i in ids if "pmid" in i]
        pmids += [many.ids[i["pmcid"]].pmid for i in ids if _converted_by(i) == "pmcid" and i["pmcid"] in many.ids]
        pmids = [pmid for pmid in dict.fromkeys(pmids) if pmid]
        if pmids:
            try:
                many.articles = self._ask("PubMed", lambda: pubmed.find_all(self._web, pmids))
            except (Unreachable, NotThere) as error:
                many.lost["pubmed"] = str(error)
        return many

    def _one(self, entry: Entry, many: _Many) -> Answer:
        ids = identifiers(entry)
        works: list[Work] = []
        missing: dict[str, str] = {}
        unknown: list[str] = []
        lost = False
        converted = many.ids.get(ids.get(_converted_by(ids), ""), NO_IDS)
        singly: list[tuple[str, Callable[[str], Work]]] = [
            ("doi", lambda doi: lookup.by_doi(self._web, doi)),
            ("nct", lambda nct: trials.find(self._web, nct)),
        ]
        for name, find in singly:
            if name in ids:
                try:
                    works.append(self._ask(name, lambda f=find, n=name: f(ids[n])))  # type: ignore[misc]
                except lookup.CannotAsk as error:
                    unknown.append(str(error))
                except NotThere as error:
                    missing[name] = str(error)
                except Unreachable as error:
                    unknown.append(str(error))
                    lost = True
        pmid = ids.get("pmid") or (converted.pmid if "doi" not in ids else "")
        if pmid in many.articles:
            works.append(many.articles[pmid])
        elif pmid and "pubmed" in many.lost:
            unknown.append(many.lost["pubmed"])
            lost = True
        elif pmid:
            missing["pmid"] = f"PubMed has no article {pmid}"
        if ids.keys() == {"pmcid"} and not converted.pmid:
            if "converter" not in many.lost:
                missing["pmcid"] = f"PubMed Central has no {ids['pmcid']}"
            else:
                unknown.append(many.lost["converter"])
                lost = True
        return Answer(tuple(works), missing, tuple(unknown), converted, lost=lost)

    def _ask(self, registry: str, ask: Callable[[], T]) -> T:
        """Ask, unless the registry has failed too often already."""
        failures = self._failures.setdefault(registry, [])
        if len(failures) >= PATIENCE:
            raise Unreachable(failures[-1].url, f"it failed {PATIENCE} times in a row")
        try:
            answer = ask()
        except Unreachable as error:
            failures.append(error)
            raise
        except NotThere:
            failures.clear()
            raise
        failures.clear()
        return answer


@dataclass
class _Many:
    """What was asked for many entries together, and what could not be asked."""

    ids: dict[str, Ids] = field(default_factory=dict)
    articles: dict[str, Work] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)


def _converted_by(ids: dict[str, str]) -> str:
    """By which identifier the converter is asked, or nothing where it can add none."""
    if {"pmid", "pmcid"} <= ids.keys():
        return ""
    return next((name for name in ("doi", "pmid", "pmcid") if name in ids), "")
