"""The skeleton of a new chapter, which the rules accept as a draft."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from .names import names
from .numbers import quantities, tokens
from .whole_files import write_all

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_TOCTREE = re.compile(r"(?P<fence>`{3,}|:{3,})\{toctree\}")

SKELETON = """\
({label})=
# {title}

% The answer first: what is known, how sure anyone can be, who was studied and who was left out.
% One sentence a line, each with its citation; these questions go when the answers stand.
What does this chapter ask?

## Key points

% Graded findings; "Add a finding" in CONTRIBUTING.md tells how they are written.
Which findings hold, and how sure can anyone be of each?

## What we do not know

What would change our minds?
"""
"""A draft asks and claims nothing, so nothing in it needs a source yet."""


class Refused(ValueError):
    """The chapter cannot be made; the message says why and what to do."""


def default_title(name: str) -> str:
    """The title of a chapter for which none was given: ``chronic-pain`` becomes "Chronic pain"."""
    return name.replace("-", " ").capitalize()


def skeleton(label: str, title: str) -> str:
    """The text of a new chapter.

    Raises:
        Refused: the title is no plain text, or holds a number or name that would need a source.
    """
    title = title.strip()
    if not title or not title.isprintable() or re.search(r"[`{}\[\]<>*_\\|$#]", title):
        raise Refused(f"{title!r} is no title: write one line of plain words, without markup")
    if found := [number.text for number in quantities(tokens(title))] or list(names(title)):
        raise Refused(f"the title holds {found[0]!r}, which would need a source under it: leave it out of the title")
    return SKELETON.format(label=label, title=title)


def with_chapter(index: str, name: str) -> str:
    """The text of a part's page with a chapter at the end of its table of contents.

    Raises:
        Refused: there is no table of contents, or the chapter stands in it already.
    """
    lines = index.splitlines(keepends=True)
    opened = ((i, match) for i, line in enumerate(lines) if (match := _TOCTREE.match(line)))
    start, match = next(opened, (0, None))
    if match is None:
        raise Refused("the page of the part has no {toctree}: add one")
    closing = re.compile(rf"{match['fence'][0]}{{{len(match['fence'])},}}\s*$")
    end = next((i for i in range(start + 1, len(lines)) if closing.match(lines[i])), None)
    if end is None:
        raise Refused(f"the {{toctree}} of line {start + 1} is not closed: add {match['fence']} below it")
    if name in {line.strip() for line in lines[start + 1 : end]}:
        raise Refused(f"{name} stands in the table of contents already: take it out, or write the file by hand")
    while not lines[end - 1].strip() and end - 1 > start:
        end -= 1
    is_first = lines[end - 1].startswith(":") or end - 1 == start
    return "".join([*lines[:end], *(["\n"] if is_first else []), f"{name}\n", *lines[end:]])


def parts(docs: Path, patterns: Iterable[str]) -> list[str]:
    """The folders of ``docs`` that hold chapters: those with a page of their own, as the patterns of chapters have them."""
    folders = sorted(path.parent.name for path in docs.glob("*/index.md"))
    return [name for name in folders if any(fnmatchcase(f"{name}/index", pattern) for pattern in patterns)]


def labels(docs: Path) -> set[str]:
    """The labels ``(name)=`` of all pages."""
    found: set[str] = set()
    for path in docs.rglob("*.md"):
        found.update(re.findall(r"(?m)^\(([^()\n]+)\)=\s*$", path.read_text(encoding="utf-8", errors="replace")))
    return found


def add_chapter(docs: Path, part: str, name: str, title: str, patterns: Iterable[str]) -> Path:
    """Write a new chapter and put it into the table of contents of its part: both or neither.

    Args:
        docs: the folder of the pages.
        part: the folder of the part.
        name: the name of the page, without its ending.
        title: its title; empty for one that is made from the name.
        patterns: which pages are chapters.

    Returns:
        The file of the chapter.

    Raises:
        Refused: something forbids it; nothing was written.
        OSError: a file could not be written; nothing was changed.
    """
    known = parts(docs, patterns)
    if part not in known:
        raise Refused(f"there is no part {part!r}: write one of {', '.join(known) or 'none'}")
    if not _NAME.fullmatch(name) or name == "index":
        raise Refused(f"{name!r} is no name for a chapter: write lower-case letters and digits, joined by hyphens")
    chapter, index = docs / part / f"{name}.md", docs / part / "index.md"
    if chapter.exists():
        raise Refused(f"{chapter} exists already: choose another name")
    taken = labels(docs)
    label = next((label for label in (name, f"{part}-{name}") if label not in taken), None)
    if label is None:
        raise Refused(f"the labels {name} and {part}-{name} are taken: choose another name")
    write_all({chapter: skeleton(label, title or default_title(name)), index: _with_chapter_in(index, name)})
    return chapter


def _with_chapter_in(index: Path, name: str) -> str:
    try:
        return with_chapter(index.read_bytes().decode("utf-8"), name)
    except UnicodeDecodeError:
        raise Refused(f"{index} is not UTF-8 text: save it as such") from None
    except Refused as error:
        raise Refused(f"{index}: {error}") from None
