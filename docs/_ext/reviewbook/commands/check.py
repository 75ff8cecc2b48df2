"""``reviewbook check``: the rules on the library, without a build."""

from __future__ import annotations

import argparse
import sys

from .. import rules, screening
from .shared import Commands, library_of, located, screening_of, searches_of


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "check",
        help="check the library",
        description="Apply the rules on the library: references.bib, the records and the screening log. "
        "`make check` applies these and the rules on the text.",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    library = library_of(options)
    screened = screening.load(searches_of(options), screening_of(options) / "log.yml", library)
    problems = rules.in_order([*rules.check_library(library), *screened.problems])
    for problem in problems:
        print(located(problem))
    noun = "problem" if len(problems) == 1 else "problems"
    print(f"{len(library.sources)} sources, {len(problems)} {noun}.", file=sys.stderr)
    return 1 if problems else 0
