"""``reviewbook retractions``: whether the sources still stand, by Crossref and Retraction Watch."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..library import Library, Source
from ..mentions import Place, places
from ..record_status import lines_of, with_status
from ..records import Status
from ..registry import crossref_updates, retraction_watch
from ..registry.crossref_updates import Answers
from ..registry.notices import Notice, gravest_first, is_graver, standing
from ..registry.retraction_watch import DataSet
from ..registry.web import Web
from ..whole_files import write_all
from .shared import EPILOG, Commands, library_of

OUTCOMES = {
    Status.RETRACTED: "retracted",
    Status.CORRECTED: "corrected",
    Status.CONCERN: "expression of concern",
    Status.OK: "clean",
}
UNKNOWN = "unknown"


class Judgement(NamedTuple):
    """What was found on a source.

    Attributes:
        key: the source.
        recorded: what its record says.
        found: what the registries say; None where nobody could tell.
        notices: the notices on it, the gravest first.
        places: where the book cites it.
        why: why nobody could tell.
    """

    key: str
    recorded: Status
    found: Status | None
    notices: tuple[Notice, ...]
    places: tuple[Place, ...]
    why: str = ""

    @property
    def outcome(self) -> str:
        """One of the five outcomes, in words."""
        return UNKNOWN if self.found is None else OUTCOMES[self.found]

    @property
    def is_news(self) -> bool:
        """Whether the registries know something graver than the record says."""
        return self.found is not None and is_graver(self.found, self.recorded)

    @property
    def is_alarm(self) -> bool:
        """Whether it was retracted, the record does not say so, and the book cites it."""
        return self.is_news and self.found is Status.RETRACTED and bool(self.places)

    @property
    def notice(self) -> str:
        """What the record should say of the notices."""
        graver = [n for n in self.notices if is_graver(n.status, self.recorded)]
        return " ".join(f"{notice.words}; its content was not read." for notice in graver)


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "retractions",
        help="ask whether the cited sources were retracted or corrected",
        description="Ask Crossref, in both directions, and the data set of Retraction Watch, whether the cited sources "
        "were retracted, corrected, or met with concern, and compare that with `status` in the records.",
        epilog=f"{EPILOG} Here 1 means that a cited source was retracted and its record does not say so yet.",
    )
    command.add_argument(
        "--retraction-watch",
        metavar="FILE.csv",
        type=Path,
        help=f"the data set of Retraction Watch, downloaded from {retraction_watch.WHERE}",
    )
    command.add_argument("--all", action="store_true", help="ask about all sources of the library, cited or not")
    command.add_argument("--fix", action="store_true", help="write what is new into the records")
    command.add_argument("--json", action="store_true", help="print all that was found as JSON")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    watched = None
    if options.retraction_watch is not None:
        try:
            watched = retraction_watch.read(options.retraction_watch)
        except ValueError as error:
            print(f"{options.retraction_watch}: {error}", file=sys.stderr)
            return 1
    library = library_of(options)
    if not library.sources:
        print(f"{library.bibfile}: holds no source that has a record; `reviewbook check` says more", file=sys.stderr)
        return 1
    cited = places(Path(options.root) / "docs", library.sources)
    asked = [source for key, source in library.sources.items() if options.all or key in cited]
    dois = list(dict.fromkeys(doi for source in asked if (doi := _field(source, "doi"))))
    answers = crossref_updates.ask(Web(), dois)
    judged = [judge(source, answers, watched, cited.get(source.key, ())) for source in asked]
    unwritten = _write(judged, library) if options.fix else []
    if options.json:
        print(json.dumps({"sources": [_as_json(one) for one in judged]}, indent=2, ensure_ascii=False))
    else:
        for one in judged:
            print("".join(f"{line}\n" for line in _told(one, library, options.fix)), end="")
    for message in unwritten:
        print(message, file=sys.stderr)
    print(_summary(judged), file=sys.stderr)
    if any(one.is_alarm for one in judged) or unwritten:
        return 1
    return 3 if answers.unasked else 0


def judge(source: Source, answers: Answers, watched: DataSet | None, cited: Sequence[Place]) -> Judgement:
    """What the registries make of a source."""
    doi, pmid = _field(source, "doi"), _field(source, "pmid")
    notices = list(answers.notices.get(doi.casefold(), ()))
    if watched:
        notices += watched.notices(doi, pmid)
    found: Status | None = standing(notices)
    why = ""
    if doi.casefold() not in answers.notices and found is Status.OK:
        # That Retraction Watch does not list a work is no proof that it stands.
        found = None
        why = "it has no DOI" if not doi else answers.unasked.get(doi.casefold(), f"{doi} is no DOI of Crossref's")
    return Judgement(source.key, source.record.status, found, tuple(gravest_first(notices)), tuple(cited), why)


def _field(source: Source, name: str) -> str:
    return source.entry.fields.get(name, "").strip()


def _write(judged: Iterable[Judgement], library: Library) -> list[str]:
    """Write what is new into the records; returns what could not be written."""
    texts, faults = {}, []
    for one in judged:
        if one.found is not None and one.is_news:
            path = Path(library.record_paths[one.key])
            try:
                texts[path] = with_status(path.read_text(encoding="utf-8"), one.found, one.notice)
            except ValueError as error:
                faults.append(f"{path}: {error}")
    write_all(texts)
    return faults


def _told(one: Judgement, library: Library, written: bool) -> list[str]:
    """What is worth telling of a source, a line each."""
    if one.found is None:
        return [f"{one.key}: unknown: {one.why}"]
    if not one.is_news:
        if one.recorded is not one.found:
            return [f"{one.key}: {one.outcome}, but the record says {one.recorded.value}; look whether that is so"]
        return []
    lines = [f"{one.key}: {one.outcome}, but the record says {one.recorded.value}"]
    lines += [f"  {notice.words}" for notice in one.notices]
    lines += [f"  cited at {place}" for place in one.places]
    path = library.record_paths[one.key]
    if written:
        lines.append(f"  written into {path}")
    else:
        lines += [f"  write into {path}, or give --fix:"]
        lines += [f"    {line}" for line in lines_of(one.found, one.notice).splitlines()]
    if one.is_alarm:
        lines.append("  then say in each sentence that cites it that it was retracted, or cite another source")
    return lines


def _summary(judged: Sequence[Judgement]) -> str:
    outcomes = (*OUTCOMES.values(), UNKNOWN)
    counts = ", ".join(f"{sum(one.outcome == outcome for one in judged)} {outcome}" for outcome in outcomes)
    news = sum(one.is_news for one in judged)
    noun = "source" if len(judged) == 1 else "sources"
    return f"{len(judged)} {noun}: {counts}; {news} graver than the record says."


def _as_json(one: Judgement) -> dict[str, Any]:
    return {
        "key": one.key,
        "outcome": one.outcome,
        "recorded": one.recorded.value,
        "news": one.is_news,
        "notices": [
            {
                "status": notice.status.value,
                "what": notice.what,
                "registry": notice.registry,
                "doi": notice.doi,
                "date": notice.day.isoformat() if notice.day else None,
            }
            for notice in one.notices
        ],
        "cited": [str(place) for place in one.places],
        "unknown_because": one.why,
    }
