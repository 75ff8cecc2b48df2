"""The bibliography: reading ``references.bib``, and the fixed format it is kept in.

The file is split with bibtexparser; what its splitter lets pass and BibTeX or LaTeX would choke on
(braces after a backslash count for BibTeX; a ``%`` swallows the rest of a line) is checked here.
Nothing here raises on a malformed file: every fault becomes a :class:`Problem` with its line.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from bibtexparser import model
from bibtexparser.splitter import Splitter

from .problems import Problem

FIELD_ORDER = (
    "author",
    "title",
    "journal",
    "howpublished",
    "institution",
    "year",
    "volume",
    "number",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "url",
    "urldate",
)
"""The order of fields within an entry; other fields follow in the order in which they were written."""

VERBATIM = frozenset({"doi", "url", "urldate", "pmid", "pmcid", "eprint", "file"})
"""Fields that LaTeX does not typeset as text: nothing in them is escaped."""

BREAKING = frozenset({"bib.syntax", "bib.duplicate-key"})
"""Rules whose breach means that something in the file could not be read or would be lost."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9:+/._-]*")
_FIELD = re.compile(r"[a-z][a-z0-9_-]*")
_FIELD_LINE = re.compile(r"\s*([A-Za-z][\w-]*)\s*=\s*(.*?)\s*,?\s*$")
_BLOCK_HEAD = re.compile(r"@(\w+)\s*\{\s*([^,\s{}=]+)\s*,")
_UNESCAPED = re.compile(r"(?<!\\)[%&#_$]")
_BRACE = re.compile(r"[{}]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f�]")


class Entry(NamedTuple):
    """One entry of the bibliography.

    Attributes:
        key: the BibTeX key.
        type: the entry type in lower case, such as ``article``.
        fields: values by field name (lower case), as BibTeX source without the outer braces.
        line: where the entry starts, counted from 1.
        lines: where each field starts, counted from 1.
    """

    key: str
    type: str
    fields: Mapping[str, str]
    line: int
    lines: Mapping[str, int]

    def text(self, field: str) -> str:
        """The value of a field as plain text, without braces and escapes; empty if there is none."""
        return plain(self.fields.get(field, ""))


class Bibliography(NamedTuple):
    """What was read from a .bib file.

    Attributes:
        entries: the entries in the order of the file, the first of each key.
        problems: what is wrong with the file's syntax.
        damaged: keys of entries of which a part could not be read.
    """

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    damaged: frozenset[str]


def plain(value: str) -> str:
    """BibTeX source as plain text: ``{NMDA} 2\\%`` becomes ``NMDA 2%``, ``--`` an en dash."""
    text = re.sub(r"\\([%&#_$])", r"\1", value)
    text = text.replace("{", "").replace("}", "").replace("~", " ")
    return " ".join(text.replace("---", "—").replace("--", "–").split())


def escaped(entry: Entry) -> Entry:
    """The entry with a backslash before each bare ``%`` of its text, which would comment out what follows."""
    fields = {
        name: value if name in VERBATIM else re.sub(r"(?<!\\)%", r"\%", value) for name, value in entry.fields.items()
    }
    return entry._replace(fields=MappingProxyType(fields))


def read(path: Path) -> Bibliography:
    """Read and parse a .bib file; a missing or unreadable file is a problem, not an exception."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        problem = Problem("bib.syntax", f"the bibliography cannot be read: {reason}", str(path))
        return Bibliography((), (problem,), frozenset())
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = Problem("bib.syntax", "the file is not UTF-8 text", str(path), line)
        return Bibliography((), (problem,), frozenset())
    return parse(text, str(path))


def parse(text: str, path: str = "references.bib") -> Bibliography:
    """Parse BibTeX source.

    Args:
        text: the source.
        path: the file's name, for the problems.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    problems: list[Problem] = []
    damaged: set[str] = set()
    entries: dict[str, Entry] = {}
    by_case: dict[str, str] = {}

    def report(rule: str, message: str, line: int) -> None:
        problems.append(Problem(rule, message, path, line))

    for match in _CONTROL.finditer(text):
        report("bib.syntax", "a control character stands here", text.count("\n", 0, match.start()) + 1)
        break
    for block in _blocks(text):
        line = (block.start_line or 0) + 1
        if isinstance(block, model.ImplicitComment | model.ExplicitComment):
            report("bib.syntax", f"text outside of an entry: {_shorten(block.comment)}", line)
            continue
        if isinstance(block, model.String | model.Preamble):
            report("bib.syntax", "@string and @preamble are not used in this file", line)
            continue
        if isinstance(block, model.DuplicateFieldKeyBlock):
            names = ", ".join(sorted(block.duplicate_keys))
            report("bib.syntax", f"a field stands twice in this entry: {names}", line)
        # A block with a key or field that stands twice was read all the same.
        inner = getattr(block, "ignore_error_block", None) or block
        if isinstance(inner, model.Entry):
            entry, faults = _entry(inner, line)
            problems += (Problem("bib.syntax", message, path, at) for message, at in faults)
        elif isinstance(block, model.ParsingFailedBlock):
            raw = block.raw or ""
            report("bib.syntax", *_diagnose(raw, line))
            salvaged = _salvage(raw, line)
            if salvaged is None:
                continue
            entry, faults = salvaged, [("", line)]
        else:  # pragma: no cover - the splitter knows no other kind of block
            continue
        if not _KEY.fullmatch(entry.key):
            report("bib.syntax", f"not a usable key: {entry.key!r}", line)
            continue
        if faults:
            damaged.add(entry.key)
        if entry.key in entries:
            first = entries[entry.key].line
            report("bib.duplicate-key", f"{entry.key} stands in line {first} already", line)
            continue
        twin = by_case.setdefault(entry.key.lower(), entry.key)
        if twin != entry.key:
            report("bib.duplicate-key", f"{entry.key} differs from {twin} only in case", line)
            continue
        entries[entry.key] = entry
        problems += _unescaped(entry, path)
    return Bibliography(tuple(entries.values()), tuple(problems), frozenset(damaged))


def write(entries: tuple[Entry, ...]) -> str:
    """The entries as BibTeX source in the fixed format, sorted by key."""
    rank = {name: place for place, name in enumerate(FIELD_ORDER)}
    blocks = []
    for entry in sorted(entries, key=lambda entry: entry.key):
        names = sorted(entry.fields, key=lambda name: rank.get(name, len(rank)))
        fields = "".join(f"  {name} = {{{entry.fields[name]}}},\n" for name in names)
        blocks.append(f"@{entry.type}{{{entry.key},\n{fields}}}\n")
    return "\n".join(blocks)


def format_bib(text: str) -> str:
    """Rewrite BibTeX source in the fixed format.

    One field a line, two spaces of indent, fields in :data:`FIELD_ORDER`, a comma after each,
    one blank line between entries, entries sorted by key, no trailing space.
    What stands inside a field is kept, except that runs of white space become one space.

    Raises:
        ValueError: the source has errors of syntax, so that content could be lost.
    """
    bibliography = parse(text)
    broken = [p for p in bibliography.problems if p.rule in BREAKING]
    if broken:
        raise ValueError("; ".join(f"line {p.line}: {p.message}" for p in broken))
    return write(bibliography.entries)


def format_problem(text: str, bibliography: Bibliography, path: str) -> Problem | None:
    """The first line of a source that is not in the fixed format, or None.

    Nothing is said of a source with errors of syntax: these come first.
    """
    if any(p.rule in BREAKING for p in bibliography.problems):
        return None
    wanted = write(bibliography.entries)
    if text == wanted:
        return None
    have_lines, want_lines = text.split("\n"), wanted.split("\n")
    for number, (have, want) in enumerate(zip(have_lines, want_lines, strict=False), 1):
        if have != want:
            message = f"expected {_shorten(want) or 'a blank line'}, found {_shorten(have) or 'a blank line'}"
            return Problem("bib.format", message, path, number)
    number = min(len(have_lines), len(want_lines))
    return Problem("bib.format", "the end of the file differs", path, number)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the splitter from printing what is reported as a problem."""
    logger = logging.getLogger("bibtexparser.splitter")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _blocks(text: str) -> list[model.Block]:
    with _quiet():
        return list(Splitter(text).split().blocks)


def _entry(block: model.Entry, line: int) -> tuple[Entry, list[tuple[str, int]]]:
    """An entry of the splitter as ours, and the faults of its fields."""
    fields: dict[str, str] = {}
    lines: dict[str, int] = {}
    faults: list[tuple[str, int]] = []
    for field in block.fields:
        at = (field.start_line or 0) + 1
        name = field.key.lower()
        if not _FIELD.fullmatch(name):
            faults.append((f"not a name of a field: {_shorten(field.key)!r}", at))
            continue
        value, fault = _value(field.value)
        if fault:
            faults.append((f"{name}: {fault}", at))
        else:
            fields.setdefault(name, value)
            lines.setdefault(name, at)
    if not block.fields:
        faults.append(("the entry has no fields", line))
    entry = Entry(block.key, block.entry_type.lower(), MappingProxyType(fields), line, MappingProxyType(lines))
    return entry, faults


def _value(raw: str) -> tuple[str, str]:
    """The content of a raw value, and what is wrong with it (or nothing)."""
    if raw.isdigit():
        return raw, ""
    if len(raw) > 1 and raw[0] + raw[-1] in ('""', "{}"):
        inner = raw[1:-1]
    elif raw.startswith(("{", '"')):
        return "", "unbalanced brace, or no comma after the value"
    else:
        return "", "the value must stand in braces"
    depth = 0
    for brace in _BRACE.findall(inner):
        # BibTeX counts every brace, also one after a backslash.
        depth += 1 if brace == "{" else -1
        if depth < 0:
            break
    if depth:
        return "", "unbalanced brace, or no comma after the value"
    inner = " ".join(inner.split())
    if inner.endswith("\\"):
        return "", "a backslash before the closing brace"
    return inner, ""


def _diagnose(raw: str, line: int) -> tuple[str, int]:
    """What most likely broke a block that could not be parsed, and in which line."""
    for offset, text in enumerate(raw.split("\n")):
        match = _FIELD_LINE.fullmatch(text)
        if match and match[2].count("{") != match[2].count("}"):
            return "unbalanced brace", line + offset
    head = _BLOCK_HEAD.match(raw)
    if not head:
        return "an entry must start with @type{key,", line
    return f"the entry {head[2]} cannot be read: a brace or comma is missing", line


def _salvage(raw: str, line: int) -> Entry | None:
    """What can still be read of a broken entry, so that one fault is not reported as many."""
    head = _BLOCK_HEAD.match(raw)
    if not head:
        return None
    fields: dict[str, str] = {}
    lines: dict[str, int] = {}
    for offset, text in enumerate(raw.split("\n")):
        match = _FIELD_LINE.fullmatch(text)
        if match:
            value, fault = _value(match[2])
            if not fault:
                fields.setdefault(match[1].lower(), value)
                lines.setdefault(match[1].lower(), line + offset)
    return Entry(head[2], head[1].lower(), MappingProxyType(fields), line, MappingProxyType(lines))


def _unescaped(entry: Entry, path: str) -> Iterator[Problem]:
    for name, value in entry.fields.items():
        if name in VERBATIM:
            continue
        found = sorted(set(_UNESCAPED.findall(value)))
        if found:
            marks = " ".join(found)
            message = f"{entry.key}: unescaped {marks} in {name}"
            yield Problem("bib.unescaped", message, path, entry.lines[name])


def _shorten(text: str, length: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
