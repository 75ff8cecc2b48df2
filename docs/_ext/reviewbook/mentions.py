"""Where sources are named: a search in the text of the pages, which needs no build.

What only a build knows is not found: a table of outcomes that names no sources shows every trial that has the data.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from .sentences import CITATION, split

NOT_PAGES = frozenset({"_ext", "_static", "_templates", "sources", "screening"})
"""Folders of ``docs`` that hold no pages."""

_CITE = re.compile(r"\{cite(?::\w+)?\}`([^`]*)`")
_HIDDEN = re.compile(
    r"(?ms)^[ \t]*(?P<fence>`{3,}|~{3,})(?!`*\{)[^\n`]*\n.*?^[ \t]*(?P=fence)[`~]*[ \t]*$"  # a block of code
    r"|<!--.*?-->|^%[^\n]*"  # comments
    r"|(?<!`)``(?!`).+?(?<!`)``(?!`)"  # code in a line
)
_TOKEN = re.compile(r"(?<![\w-])[A-Za-z0-9][\w-]*")
_STRUCTURE = re.compile(r"\s*(?:$|:::|```|\||#|[-*+]\s|\d+[.)]\s|:\w[\w-]*:(?:\s|$)|:\s|\(.+\)=\s*$)")
_OPTION = re.compile(r":\w[\w-]*:(?:\s|$)")
_MARK = re.compile(r"\s*(?:[-*+]\s+|\d+[.)]\s+|:\w[\w-]*:\s+|:\s+|#+\s+|[:`]{3,}\{[\w-]+\}\s*)")


class Mention(NamedTuple):
    """One place that names a source.

    Attributes:
        docname: the page.
        line: the line.
        text: the sentence, table row or option, without markup.
        cited: False where the key stands outside a citation, as in the trials of a meta-analysis.
    """

    docname: str
    line: int
    text: str
    cited: bool


class Place(NamedTuple):
    """A line of the file of a page."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def mentions(docs: Path, key: str) -> Iterator[Mention]:
    """Yield every place in the pages below ``docs`` that names the source, by page and line."""
    for path, text in _pages(docs):
        yield from mentions_in(text, path.relative_to(docs).with_suffix("").as_posix(), key)


def places(docs: Path, keys: Collection[str]) -> dict[str, list[Place]]:
    """The lines of the pages below ``docs`` that name one of several sources, by key; keys without a place are left out.

    Raises:
        OSError: a page cannot be read.
    """
    wanted = frozenset(keys)
    found: dict[str, dict[Place, None]] = {}
    for path, text in _pages(docs):
        shown = _shown(text)
        for match in _TOKEN.finditer(shown):
            if match[0] in wanted and not _is_code(shown, match.start()):
                place = Place(path.as_posix(), shown.count("\n", 0, match.start()) + 1)
                found.setdefault(match[0], {})[place] = None
    return {key: list(several) for key, several in found.items()}


def _pages(docs: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(docs.rglob("*.md")):
        if path.relative_to(docs).parts[0] not in NOT_PAGES:
            yield path, path.read_text(encoding="utf-8", errors="replace")


def _shown(text: str) -> str:
    """A page with blanks for its comments and its code."""
    return _HIDDEN.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def _is_code(text: str, position: int) -> bool:
    """Whether a word is plain code, such as an example, and not in a role."""
    return text[position - 1 : position] == "`" and not text[:position].rstrip("`").endswith("}")


def mentions_in(text: str, docname: str, key: str) -> Iterator[Mention]:
    """Yield every place in the text of a page that names the source."""
    if key not in text:
        return
    shown = _shown(text)
    roles = [match.span() for match in _CITE.finditer(shown)]
    for match in _TOKEN.finditer(shown):
        if match[0] != key or _is_code(shown, match.start()):
            continue
        inside = any(start <= match.start() < end for start, end in roles)
        yield Mention(docname, shown.count("\n", 0, match.start()) + 1, _sentence(shown, match.start()), inside)


def _sentence(text: str, position: int) -> str:
    """The sentence around a position, as it is read."""
    lines = text.splitlines(keepends=True)
    here = text.count("\n", 0, position)
    first = last = here
    while first > 0 and not _STRUCTURE.match(lines[first]) and lines[first - 1].strip():
        if _stands_alone(lines[first - 1]):
            break
        first -= 1
    while not _stands_alone(lines[here]) and last + 1 < len(lines) and not _STRUCTURE.match(lines[last + 1]):
        last += 1
    start = sum(map(len, lines[:first]))
    block = "".join(lines[first : last + 1])
    marker = "\ue000"
    at = position - start
    block = block[:at] + marker + block[at:]
    block = _MARK.sub("", block, count=1) if _MARK.match(block) else block
    if not block.lstrip().startswith("|"):
        # The citation becomes one character, with the marker before it where it is the one that was asked for.
        plain = _CITE.sub(lambda m: (marker if marker in m[1] else "") + CITATION, block)
        found = plain.find(marker)
        piece = next((plain[s:e] for s, e in split(plain) if s <= found < e), plain)
    else:
        piece = _CITE.sub("", block)
    return _plain(piece.replace(marker, "").replace(CITATION, ""))


def _stands_alone(line: str) -> bool:
    """Whether a line is a heading, fence, label, option or table row: no sentence goes on from it to the next line."""
    return bool(
        _STRUCTURE.match(line)
        and (not _MARK.match(line) or _OPTION.match(line) or line.startswith((":::", "```", "#")))
    )


def _plain(text: str) -> str:
    text = re.sub(r"\{(?:calc|term|abbr)\}`([^`<]*?)\s*(?:<[^`>]*>)?`", r"\1", text)
    text = re.sub(r"\{(?:doc|ref|numref|pooled|certainty)\}`([^`]*)`", r"[\1]", text)
    text = re.sub(r"\{[\w:]+\}`([^`]*)`?", r"\1", text)
    text = text.replace("**", "").replace("`", "")
    text = " ".join(text.split())
    return re.sub(r"\s+(?=[.,;:!?)](?:\s|$))", "", text).strip("| ")
