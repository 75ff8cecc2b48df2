"""``reviewbook new-chapter PART NAME ["Title"]``: a new chapter, from a skeleton that the rules accept as a draft."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import reviewbook

from ..chapters import Refused, add_chapter
from .shared import Commands


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "new-chapter",
        help="begin a chapter",
        description="Write the skeleton of a chapter, docs/PART/NAME.md, and put it at the end of the part's table "
        "of contents. The rules accept it as it is.",
    )
    command.add_argument("part", metavar="PART", help="the folder of the part, such as evidence")
    command.add_argument("name", metavar="NAME", help="the name of the page, such as chronic-pain")
    command.add_argument("title", metavar="TITLE", nargs="?", default="", help="its title (default: from the name)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    docs = Path(options.root) / "docs"
    try:
        chapter = add_chapter(docs, options.part, options.name, options.title, reviewbook.CHAPTERS)
    except Refused as error:
        print(f"reviewbook: {error}", file=sys.stderr)
        return 1
    print(f"{chapter} and its line in {chapter.with_name('index.md')} are written; say on that page what it is about.")
    return 0
