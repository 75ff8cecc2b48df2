"""What several commands need: where the files of the book are, and how a problem is told."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

from .. import rules
from ..library import Library, load
from ..problems import Problem

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What ``parser`` of a command is given to add itself to."""

EPILOG = (
    "Exit codes: 0 all is well, 1 something is wrong with the book, 2 the command was not understood, "
    "3 a registry could not be asked."
)


def bibfile_of(options: argparse.Namespace) -> Path:
    """The bibliography of the book that the options name."""
    return Path(options.root) / "references.bib"


def records_of(options: argparse.Namespace) -> Path:
    """The folder of its source records."""
    return Path(options.root) / "docs" / "sources"


def incomplete_of(options: argparse.Namespace) -> Path:
    """Its list of sources that may not be cited yet; there need not be one."""
    return Path(options.root) / "tests" / "incomplete-sources.yml"


def searches_of(options: argparse.Namespace) -> Path:
    """Its searches for new studies."""
    return Path(options.root) / "docs" / "searches.yml"


def screening_of(options: argparse.Namespace) -> Path:
    """The folder of its screening log, and of what waits to be screened."""
    return Path(options.root) / "docs" / "screening"


def library_of(options: argparse.Namespace) -> Library:
    """Its library of sources."""
    incomplete = incomplete_of(options)
    return load(bibfile_of(options), records_of(options), incomplete if incomplete.exists() else None)


def located(problem: Problem) -> str:
    """A problem on one line: place, what is wrong, cure and rule."""
    return f"{problem.path}:{problem.line or 1}: {rules.describe(problem)} [{problem.rule}]"
