"""``reviewbook stats``: what can be counted in the book, by part."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..book_stats import LibraryStats, PartStats, by_part, of_library
from ..grading import Certainty
from ..reading import Unreadable, read_book
from .shared import Commands

_HEADS = ("part", "pages", "words", "sentences", "claims", "numbers", "sources", "read whole", "voice", "findings")


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "stats",
        help="count words, claims, sources and findings by part",
        description="Read the whole book and count, by part: words, sentences, claims that cite, traced numbers, "
        "sources cited and the share of them read in full, findings by certainty, and the share of the authors' voice.",
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    try:
        book, warnings = read_book(Path(options.root))
    except Unreadable as error:
        print(f"reviewbook: {error}", file=sys.stderr)
        return 1
    parts, library = by_part(book), of_library(book)
    print(json.dumps(as_data(parts, library), indent=2) if options.json else as_table(parts, library))
    if warnings:
        noun = "fault" if len(warnings) == 1 else "faults"
        print(
            f"The book has {len(warnings)} {noun}, so these numbers may change: `make check` names them.",
            file=sys.stderr,
        )
    return 0


def as_data(parts: Iterable[PartStats], library: LibraryStats) -> dict[str, object]:
    """The counts as plain data."""
    rows = [
        row._asdict()
        | {
            "findings": {level.words: count for level, count in zip(sorted(Certainty), row.findings, strict=True)},
            "read_whole_share": round(row.whole_share, 4),
            "voice_share": round(row.voice_share, 4),
        }
        for row in parts
    ]
    return {
        "format": "reviewbook-stats",
        "version": 1,
        "parts": rows[:-1],
        "all": rows[-1],
        "library": library._asdict(),
    }


def as_table(parts: Iterable[PartStats], library: LibraryStats) -> str:
    """The counts, for reading in a terminal."""
    rows = [
        (
            row.part,
            *(f"{n:,}" for n in (row.pages, row.words, row.sentences, row.claims, row.numbers, row.sources)),
            f"{row.whole_share:.0%}" if row.sources else "–",
            f"{row.voice_share:.1%}" if row.sentences else "–",
            " + ".join(map(str, row.findings)) if any(row.findings) else "–",
        )
        for row in parts
    ]
    levels = " + ".join(level.words for level in sorted(Certainty))
    known = f"Library: {library.known:,} sources known, {library.with_record:,} with a record"
    return "\n".join(
        [
            *_aligned([_HEADS, *rows]),
            "",
            f"Findings: {levels}. A source is read whole if its full text, label or page was read.",
            f"{known}, {library.cited:,} cited, {library.incomplete:,} that may not be cited yet.",
        ]
    )


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
