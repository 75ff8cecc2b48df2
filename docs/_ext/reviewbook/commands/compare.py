"""``reviewbook compare OLD.json NEW.json``: what changed in claims and sources between two states of the book."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..comparison import Comparison, as_markdown, compare, read_claims
from ..library import Library, load
from .shared import Commands


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "compare",
        help="tell what changed in claims and sources",
        description="Compare the claims.json of two builds: claims and cited sources that are new, changed or removed. "
        "A difference is no fault: the exit code is 0.",
    )
    command.add_argument("old", metavar="OLD.json", type=Path, help="the claims.json of the old state")
    command.add_argument("new", metavar="NEW.json", type=Path, help="the claims.json of the new state")
    command.add_argument(
        "--libraries",
        nargs=2,
        type=Path,
        metavar=("OLD", "NEW"),
        help="the tops of both books, to compare their entries and records too",
    )
    shown = command.add_mutually_exclusive_group()
    shown.add_argument("--markdown", action="store_true", help="print Markdown (the default)")
    shown.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    sides = []
    for path in (options.old, options.new):
        try:
            sides.append(read_claims(path))
        except ValueError as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 1
    libraries = None
    if options.libraries:
        for root in options.libraries:
            if not (root / "references.bib").is_file():
                print(f"{root}: no book is there: references.bib is missing", file=sys.stderr)
                return 1
        libraries = _library(options.libraries[0]), _library(options.libraries[1])
    found = compare(sides[0], sides[1], libraries)
    print(json.dumps(_as_data(found), indent=2, ensure_ascii=False) if options.json else as_markdown(found), end="")
    if options.json:
        print()
    return 0


def _library(root: Path) -> Library:
    return load(root / "references.bib", root / "docs" / "sources")


def _as_data(found: Comparison) -> dict[str, object]:
    return found._asdict() | {
        "changed": [{"old": old, "new": new} for old, new in found.changed],
        "changed_sources": [source._asdict() for source in found.changed_sources],
    }
