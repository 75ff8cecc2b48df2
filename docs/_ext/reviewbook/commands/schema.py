"""``reviewbook schema``: the JSON schema of a source record."""

from __future__ import annotations

import argparse

from ..library import record_schema
from .shared import Commands


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "schema",
        help="print the JSON schema of a source record",
        description="Print the JSON schema of docs/sources/<key>.yml, for editors.",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    print(record_schema(), end="")
    return 0
