"""Where the pages of the book name a source, found in their text alone, without a build."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

_TOKEN = re.compile(r"[A-Za-z0-9][\w-]*")
_NO_PAGES = frozenset({"_ext", "_static", "_templates", "sources", "screening"})
"""Folders that hold no pages."""


class Place(NamedTuple):
    """A line of a page."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def places(docs: Path, keys: Collection[str]) -> dict[str, list[Place]]:
    """Where the pages below a folder cite a source, pool it or show its data, by key; keys without a place are left out.

    A key in plain code, such as an example, is no citation.

    Raises:
        OSError: a page cannot be read.
    """
    wanted = frozenset(keys)
    found: dict[str, list[Place]] = {}
    for path in _pages(docs):
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            for key in dict.fromkeys(_named(line)):
                if key in wanted:
                    found.setdefault(key, []).append(Place(path.as_posix(), number))
    return found


def _pages(docs: Path) -> Iterator[Path]:
    for path in sorted(docs.rglob("*.md")):
        if not _NO_PAGES.intersection(path.relative_to(docs).parts):
            yield path


def _named(line: str) -> Iterator[str]:
    for match in _TOKEN.finditer(line):
        before = line[: match.start()]
        is_code = before.endswith("`") and not before.rstrip("`").endswith("}")
        if not is_code:
            yield match[0]
