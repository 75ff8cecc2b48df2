"""``reviewbook format``: put references.bib into its fixed format."""

from __future__ import annotations

import argparse
import sys

from .. import bib
from ..whole_files import write_all
from .shared import Commands, bibfile_of, located


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "format",
        help="put references.bib into the fixed format",
        description="Rewrite references.bib: entries sorted by key, one field a line in a fixed order. "
        "What stands in the fields is not changed.",
    )
    command.add_argument("--check", action="store_true", help="say what would change, and change nothing")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    path = bibfile_of(options)
    bibliography = bib.read(path)
    broken = [p for p in bibliography.problems if p.rule in bib.BREAKING]
    if broken:
        for problem in broken:
            print(located(problem))
        print("Nothing was changed: correct these first.", file=sys.stderr)
        return 1
    before = path.read_bytes()
    after = bib.write(bibliography.entries)
    if before == after.encode("utf-8"):
        return 0
    if options.check:
        problem_here = bib.format_problem(before.decode("utf-8-sig"), bibliography, str(path))
        print(located(problem_here) if problem_here else f"{path}: not in the fixed format")
        return 1
    write_all({path: after})
    print(f"{path}: put into the fixed format.", file=sys.stderr)
    return 0
