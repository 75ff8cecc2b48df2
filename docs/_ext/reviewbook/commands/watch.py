"""``reviewbook watch``: the searches for new studies, made again since they were last made."""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path

from .. import screening
from ..registry.searches import Misunderstood, search
from ..registry.watching import Watched, sift
from ..registry.web import Web
from ..screening import Candidates, Log
from ..screening_files import candidates_text, log_text, new_file
from ..whole_files import write_all
from .shared import EPILOG, Commands, library_of, located, screening_of, searches_of


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "watch",
        help="search for new studies",
        description="Make the searches of docs/searches.yml in PubMed and ClinicalTrials.gov for what is new since they "
        "were last made, take out what the library holds and what was met before, write the rest into "
        "docs/screening/candidates-DATE.yml to be screened, and enter the searches into the screening log.",
        epilog=EPILOG,
    )
    command.add_argument("--dry-run", action="store_true", help="say what is new, and write nothing")
    command.set_defaults(run=run)


def today() -> datetime.date:
    """The day of the search."""
    return datetime.date.today()


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    folder, library = screening_of(options), library_of(options)
    log_file = folder / "log.yml"
    plan, log, waiting, problems = screening.load(searches_of(options), log_file, library)
    if plan is None and log is None and not problems:
        print(f"There is neither {searches_of(options)} nor {log_file}.", file=sys.stderr)
        return 1
    for problem in problems:
        print(located(problem))
    if plan is None or log is None or problems:
        print("Nothing was searched: correct these first.", file=sys.stderr)
        return 1
    day = today()
    if day < log.last_search:
        print(f"{log_file}: the last search is after today, {day}; look at the dates", file=sys.stderr)
        return 1
    web = Web()
    try:
        results = [(asked, search(web, asked, log.since(asked.name), day)) for asked in plan.searches]
    except Misunderstood as error:
        print(f"{searches_of(options)}: {error}", file=sys.stderr)
        return 1
    watched = sift(results, library, log, waiting, day)
    if not options.dry_run:
        _write(watched, log, log_file, day)
    _tell(watched, folder, day, options.dry_run)
    return 0


def _write(watched: Watched, log: Log, log_file: Path, day: datetime.date) -> None:
    new = Log.model_validate({**dict(log), "searches": (*log.searches, *watched.runs)})
    texts = {log_file: log_text(new, log_file.read_text(encoding="utf-8"))}
    if watched.candidates:
        path = new_file(log_file.parent, day.isoformat())
        texts[path] = candidates_text(Candidates(date=day, candidates=tuple(watched.candidates)))
        print(path)
    write_all(texts)


def _tell(watched: Watched, folder: Path, day: datetime.date, is_dry: bool) -> None:
    if is_dry:
        for candidate in watched.candidates:
            print(f"{', '.join(sorted(candidate.ids))}: {candidate.title} [{'; '.join(candidate.matched)}]")
    for run in watched.runs:
        print(
            f"{run.search}: {run.found} found since {run.since}, {run.in_library} in the library, "
            f"{run.met_before} met before, {run.candidates} to screen",
            file=sys.stderr,
        )
    if watched.candidates and not is_dry:
        print("Next: write a decision under each work, then run: reviewbook screen FILE", file=sys.stderr)
