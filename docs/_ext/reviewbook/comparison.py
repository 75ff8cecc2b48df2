"""What changed between two states of the book: claims from the two ``claims.json``, sources from the two libraries.

There is no Sphinx in here.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from .library import Library

ALIKE = 0.5
"""Two sentences of a page of which one is gone and one is new are taken for one that was changed from this likeness on."""
MOST_SHOWN = 100
"""How many items of one kind are listed; the others are counted."""

Row: TypeAlias = Mapping[str, Any]
"""A claim as ``claims.json`` holds it."""


class SourceChange(NamedTuple):
    """A source whose entry or record has changed: its key and the names of the fields."""

    key: str
    fields: tuple[str, ...]


class Comparison(NamedTuple):
    """What changed from the old state to the new one.

    Attributes:
        added: claims that are new.
        removed: claims that are gone.
        changed: claims that were changed or moved to another page, as old and new.
        newly_cited: keys that are cited now and were not.
        no_longer_cited: keys that were cited and are not.
        new_sources: keys that are new in the library.
        changed_sources: sources whose entry or record has changed.
        removed_sources: keys that are gone from it.
    """

    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    changed: tuple[tuple[Row, Row], ...]
    newly_cited: tuple[str, ...]
    no_longer_cited: tuple[str, ...]
    new_sources: tuple[str, ...] = ()
    changed_sources: tuple[SourceChange, ...] = ()
    removed_sources: tuple[str, ...] = ()


def read_claims(path: Path) -> tuple[Row, ...]:
    """The claims of a ``claims.json``.

    Raises:
        ValueError: it is not such a file; the message says what is wrong.
        OSError: it cannot be read.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(data, dict) or data.get("format") != "reviewbook-claims":
        raise ValueError("not a claims.json of a book: its format is not reviewbook-claims")
    claims = data.get("claims")
    if not isinstance(claims, list) or not all(map(_is_claim, claims)):
        raise ValueError("its claims are not a list of objects with id, page, kind, text, sources and numbers")
    return tuple(claims)


def _is_claim(row: object) -> bool:
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in ("id", "page", "kind", "text")):
        return False
    sources, numbers = row.get("sources"), row.get("numbers")
    return (
        isinstance(sources, list)
        and isinstance(numbers, list)
        and all(isinstance(source, dict) and isinstance(source.get("key"), str) for source in sources)
    )


def keys_of(row: Row) -> tuple[str, ...]:
    """The sources that a claim cites."""
    return tuple(source["key"] for source in row["sources"])


def compare(old: Sequence[Row], new: Sequence[Row], libraries: tuple[Library, Library] | None = None) -> Comparison:
    """Compare two states of a book.

    Args:
        old: the claims of the old state.
        new: the claims of the new state.
        libraries: the libraries of both, for what changed in entries and records.
    """
    was, now = ({row["id"]: row for row in rows} for rows in (old, new))
    changed = [(was[name], row) for name, row in now.items() if name in was and _support(was[name]) != _support(row)]
    gone = [row for name, row in was.items() if name not in now]
    come = [row for name, row in now.items() if name not in was]
    pairs = [*_moved(gone, come)]
    pairs += _reworded(_without(gone, pairs, 0), _without(come, pairs, 1))
    order = {row["id"]: index for index, row in enumerate(new)}
    changed = sorted([*changed, *pairs], key=lambda pair: order[pair[1]["id"]])
    cited_then, cited_now = ({key for row in rows for key in keys_of(row)} for rows in (old, new))
    comparison = Comparison(
        added=tuple(_without(come, pairs, 1)),
        removed=tuple(_without(gone, pairs, 0)),
        changed=tuple(changed),
        newly_cited=tuple(sorted(cited_now - cited_then)),
        no_longer_cited=tuple(sorted(cited_then - cited_now)),
    )
    if libraries is None:
        return comparison
    then, since = libraries
    known_then, known_since = then.entries.keys() | then.records.keys(), since.entries.keys() | since.records.keys()
    return comparison._replace(
        new_sources=tuple(sorted(known_since - known_then)),
        removed_sources=tuple(sorted(known_then - known_since)),
        changed_sources=tuple(
            SourceChange(key, fields)
            for key in sorted(known_then & known_since)
            if (fields := _changed_fields(_fields(then, key), _fields(since, key)))
        ),
    )


def _support(row: Row) -> tuple[object, ...]:
    """What a claim rests on, and how its page uses it."""
    return keys_of(row), row["kind"], row.get("links"), row.get("derived")


def _without(rows: Iterable[Row], pairs: Iterable[tuple[Row, Row]], side: int) -> list[Row]:
    paired = {pair[side]["id"] for pair in pairs}
    return [row for row in rows if row["id"] not in paired]


def _moved(gone: Iterable[Row], come: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    """Pair claims of the same words on different pages."""
    waiting: dict[str, list[Row]] = {}
    for row in gone:
        waiting.setdefault(row["text"], []).append(row)
    for row in come:
        if waiting.get(row["text"]):
            yield waiting[row["text"]].pop(0), row


def _reworded(gone: Sequence[Row], come: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Pair the claims of a page that are most alike, the most alike first."""
    likeness = []
    for i, before in enumerate(gone):
        words = before["text"].split()
        matcher = SequenceMatcher(None, b=words, autojunk=False)
        for j, after in enumerate(come):
            if before["page"] != after["page"]:
                continue
            matcher.set_seq1(after["text"].split())
            if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE:
                ratio = matcher.ratio()
                if ratio >= ALIKE:
                    likeness.append((-ratio, i, j))
    pairs, taken = [], (set[int](), set[int]())
    for _, i, j in sorted(likeness):
        if i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            pairs.append((gone[i], come[j]))
    return pairs


def _fields(library: Library, key: str) -> dict[str, object]:
    entry, record = library.entries.get(key), library.records.get(key)
    found: dict[str, object] = dict(entry.fields) if entry else {}
    if record:
        found |= {f"record: {name}": value for name, value in record.model_dump(mode="json").items()}
    return found


def _changed_fields(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, ...]:
    missing = object()
    names = dict.fromkeys([*before, *after])
    return tuple(name for name in names if before.get(name, missing) != after.get(name, missing))


# --- for reading ----------------------------------------------------------------------------------------------------


def escaped(text: str) -> str:
    """A text that Markdown shows as it is: no markup, HTML, link, picture or mention of a person comes of it."""
    text = " ".join(text.split())
    # As references to characters, which are no syntax; an autolink and a mention would still be seen in them.
    text = html.escape(text, quote=False)
    text = re.sub(r"[\\`*_{}\[\]()#+!|~$^]", lambda match: f"&#{ord(match.group())};", text)
    return re.sub(r"@|(?<=:)//|(?i:(?<=www)\.)", lambda match: f"{match.group()[0]}\u2060{match.group()[1:]}", text)


def as_markdown(comparison: Comparison) -> str:
    """A comparison as Markdown, in which nothing of the book's text is markup."""
    counts = (
        ("Claims", comparison.added, comparison.changed, comparison.removed),
        ("Sources cited", comparison.newly_cited, None, comparison.no_longer_cited),
        ("Sources in the library", comparison.new_sources, comparison.changed_sources, comparison.removed_sources),
    )
    lines = ["## What changed in the book", "", "| | new | changed | removed |", "| --- | --- | --- | --- |"]
    for name, *columns in counts:
        lines.append(
            f"| {name} | " + " | ".join("–" if column is None else str(len(column)) for column in columns) + " |"
        )
    lines.append("")
    lines += _block("New claims", map(_claim_line, comparison.added))
    lines += _block("Changed claims", map(_change_lines, comparison.changed))
    lines += _block("Removed claims", map(_claim_line, comparison.removed))
    lines += _block("Newly cited", map(_key, comparison.newly_cited))
    lines += _block("No longer cited", map(_key, comparison.no_longer_cited))
    lines += _block("New sources", map(_key, comparison.new_sources))
    lines += _block(
        "Changed sources",
        (f"{_key(source.key)}: {', '.join(map(escaped, source.fields))}" for source in comparison.changed_sources),
    )
    lines += _block("Removed sources", map(_key, comparison.removed_sources))
    if len(lines) == 8:
        lines.append("No claim and no source has changed.")
    return "\n".join(lines).rstrip() + "\n"


def _block(title: str, items: Iterable[str]) -> list[str]:
    found = list(items)
    if not found:
        return []
    left = len(found) - MOST_SHOWN
    more = [f"- … and {left} more"] if left > 0 else []
    return [f"### {title} ({len(found)})", "", *(f"- {item}" for item in found[:MOST_SHOWN]), *more, ""]


def _key(key: str) -> str:
    return escaped(key)


def _place(row: Row) -> str:
    line = row.get("line")
    return escaped(f"{row['page']}:{line}" if isinstance(line, int) else row["page"])


def _rests_on(row: Row) -> str:
    return ", ".join(map(_key, keys_of(row))) or {"reference": "a link"}.get(row["kind"], escaped(row["kind"]))


def _claim_line(row: Row) -> str:
    return f"{_place(row)}: {escaped(row['text'])} — {_rests_on(row)}"


def _change_lines(pair: tuple[Row, Row]) -> str:
    before, after = pair
    lines = [f"{_place(after)}"]
    if before["page"] != after["page"]:
        lines.append(f"moved from {_place(before)}")
    if before["text"] != after["text"]:
        lines += [f"was: {escaped(before['text'])}", f"is: {escaped(after['text'])}"]
    else:
        lines.append(escaped(after["text"]))
    if (then := _rests_on(before)) != (now := _rests_on(after)):
        lines.append(f"rested on {then}, rests on {now}")
    else:
        lines.append(f"rests on {now}")
    return "\n  - ".join(lines)
