"""``reviewbook screen FILE``: move what was decided about candidates into the screening log."""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path

from pydantic import ValidationError

from .. import screening
from ..library import line_of, read_model
from ..problems import Problem
from ..screening import Candidate, Candidates, Decision, Log
from ..screening_files import candidates_text, log_text, undecided
from ..whole_files import write_all
from .shared import EPILOG, Commands, library_of, screening_of, searches_of


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "screen",
        help="enter decisions on new studies into the screening log",
        description="Move the works that have a decision from a file of candidates into docs/screening/log.yml. "
        "If one decision is not sound, nothing is moved.",
        epilog=EPILOG,
    )
    command.add_argument("file", metavar="FILE", type=Path, help="docs/screening/candidates-DATE.yml")
    command.set_defaults(run=run)


def today() -> datetime.date:
    """The day on which a decision is entered."""
    return datetime.date.today()


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    library, log_file = library_of(options), screening_of(options) / "log.yml"
    plan, log, _, faults = screening.load(searches_of(options), log_file, library)
    problems = list(faults)
    if log is None and not problems:
        problems.append(Problem(screening.RULE, "there is no screening log", str(log_file)))
    candidates, text, more = read_model(options.file, Candidates, screening.RULE)
    problems += more
    if candidates and plan:
        for index, candidate in enumerate(candidates.candidates):
            for name, message in screening.faults(candidate, plan, library):
                problems.append(
                    Problem(screening.RULE, message, str(options.file), line_of(text, ("candidates", index, name)))
                )
    if problems or candidates is None or log is None:
        return _refuse(problems)
    decided = [candidate for candidate in candidates.candidates if candidate.decision]
    if not decided:
        print(f"{options.file}: nothing is decided yet; write `decision:` under a work", file=sys.stderr)
        return 1
    try:
        entered = Log.model_validate({**dict(log), "decisions": (*log.decisions, *map(_decision, decided))})
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        return _refuse([Problem(screening.RULE, message, str(options.file))])
    rest = Candidates(date=candidates.date, candidates=undecided(candidates.candidates))
    write_all(
        {
            log_file: log_text(entered, log_file.read_text(encoding="utf-8")),
            options.file: candidates_text(rest),
        }
    )
    if not rest.candidates:
        options.file.unlink()
    included = sum(candidate.decision is screening.Verdict.INCLUDED for candidate in decided)
    print(
        f"{included} included, {len(decided) - included} excluded, {len(rest.candidates)} still to be decided.",
        file=sys.stderr,
    )
    return 0


def _decision(candidate: Candidate) -> Decision:
    given = candidate.model_dump(exclude_none=True)
    return Decision.model_validate(
        {name: value for name, value in given.items() if name in Decision.model_fields} | {"date": today()}
    )


def _refuse(problems: list[Problem]) -> int:
    for problem in dict.fromkeys(problems):
        print(f"{problem.path}:{problem.line or 1}: {problem.message}")
    print("Nothing was entered: correct these first.", file=sys.stderr)
    return 1
