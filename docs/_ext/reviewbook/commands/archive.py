"""``reviewbook archive [KEY…]``: note archived copies of sources that have no DOI."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..links.archive import day_read, look_up, page_of, write
from ..registry.web import Web
from .shared import EPILOG, Commands, library_of


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "archive",
        help="note archived copies of sources without a DOI",
        description="Look up, at the Internet Archive, the copy of each source without a DOI that is nearest to the day "
        "on which it was read, and write its address into the record as `archived`. Nothing is sent to the archive "
        "to be copied, and a record that names a copy is left as it is.",
        epilog=EPILOG,
    )
    command.add_argument("keys", metavar="KEY", nargs="*", help="sources (default: all without a DOI or a copy)")
    command.add_argument("--dry-run", action="store_true", help="say what would be written, and write nothing")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    library, web, code = library_of(options), Web(), 0
    pages = {key: page_of(source.entry, source.record) for key, source in library.sources.items()}
    for key in options.keys:
        if key not in library.sources:
            print(f"There is no source {key!r}.", file=sys.stderr)
            code = 1
        elif library.sources[key].entry.fields.get("doi"):
            print(f"{key} has a DOI, which outlives its page; no copy is noted.", file=sys.stderr)
            code = 1
        elif not pages[key]:
            print(f"{key} has no page that could have been archived.", file=sys.stderr)
            code = 1
    wanted = [key for key in options.keys or pages if pages.get(key)]
    found = none = 0
    for key in wanted:
        record = library.sources[key].record
        if record.archived:
            if options.keys:
                print(f"{key} has a copy already: {record.archived}", file=sys.stderr)
            continue
        address = look_up(pages[key], day_read(record, pages[key]), web)
        if not address:
            none += 1
            print(f"{key}: the archive holds no copy of {pages[key]}", file=sys.stderr)
            continue
        path = Path(library.record_paths[key])
        try:
            if not options.dry_run:
                write(path, address)
        except ValueError as error:
            print(f"{path}: {error}: {address}", file=sys.stderr)
            code = 1
            continue
        found += 1
        print(f"{path}: archived: {address}")
    print(f"{found} {'copy' if found == 1 else 'copies'} found, {none} not.", file=sys.stderr)
    return code
