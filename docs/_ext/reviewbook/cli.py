"""The command line, ``reviewbook COMMAND``, to be run at the top of the book: the list of its commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .commands import (
    add,
    archive,
    check,
    compare,
    digest,
    format,
    links,
    live,
    new_chapter,
    pool,
    retractions,
    schema,
    screen,
    show,
    stats,
    verify,
    watch,
)
from .commands.shared import EPILOG
from .registry.web import NotThere, Unreachable

COMMANDS = (
    check,
    add,
    verify,
    retractions,
    watch,
    screen,
    links,
    archive,
    format,
    schema,
    show,
    stats,
    compare,
    new_chapter,
    pool,
    live,
    digest,
)
"""The modules of the commands, in the order of ``--help``."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        print("reviewbook: interrupted", file=sys.stderr)
        return 130
    except Unreachable as error:
        print(f"reviewbook: {error}", file=sys.stderr)
        return 3
    except NotThere as error:
        print(f"reviewbook: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"reviewbook: {error.filename or ''}: {error.strerror}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="reviewbook",
        description="Look after the library of sources of the book: references.bib and docs/sources/.",
        epilog=EPILOG,
    )
    parser.add_argument("--root", type=Path, default=Path(), help="the top of the book (default: here)")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.parser(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
