"""``reviewbook digest CODE:FILE …``: the reports of several commands as one text for an issue."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from ..digest import Report, digest
from .shared import Commands


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "digest",
        help="put reports of commands into one Markdown text",
        description="Put what commands have printed into one Markdown text for an issue. Nothing in the reports is "
        "markup there: no link, picture, HTML or mention of a person comes of it.",
    )
    command.add_argument(
        "reports", metavar="CODE:FILE", nargs="+", type=_report, help="exit code and output, such as 1:links.txt"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    reports = [
        Report(path.stem, code, path.read_text(encoding="utf-8", errors="replace")) for code, path in options.reports
    ]
    print(digest(reports), end="")
    return 0


def _report(argument: str) -> tuple[int, Path]:
    code, _, name = argument.partition(":")
    if not re.fullmatch(r"\d{1,3}", code) or not re.fullmatch(r"[a-z-]+", Path(name).stem):
        raise argparse.ArgumentTypeError(f"{argument!r} is not an exit code, a colon and a file such as links.txt")
    return int(code), Path(name)
