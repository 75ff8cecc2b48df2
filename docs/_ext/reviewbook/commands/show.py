"""``reviewbook show KEY``: a source, for reading in a terminal."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..library import Library, Source
from ..mentions import mentions
from .shared import Commands, library_of


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "show",
        help="show a source and where it is cited",
        description="Show the entry and the record of a source and every place that cites it, found in the text of "
        "the pages. Tables that the build fills from all records are not searched.",
    )
    command.add_argument("key", metavar="KEY", help="a BibTeX key, such as murrough2013")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    library = library_of(options)
    key = options.key
    if key not in library.sources:
        aliases = [k for k, record in library.records.items() if key in record.aliases]
        near = aliases or [k for k in library.entries if key.lower() in k.lower()][:8]
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        print(f"There is no source {key!r}.{hint}", file=sys.stderr)
        return 1
    print(_description(library.sources[key], library))
    print()
    print(_places(Path(options.root) / "docs", key))
    return 0


def _places(docs: Path, key: str) -> str:
    """Where a source is cited, for reading in a terminal."""
    found = list(mentions(docs, key))
    if not found:
        return "cited nowhere"
    pages = len({mention.docname for mention in found})
    lines = [f"cited in {len(found)} place{'s' * (len(found) > 1)}, on {pages} page{'s' * (pages > 1)}:"]
    lines += [f"{m.docname}:{m.line}: {m.text}{'' if m.cited else ' (named without a citation)'}" for m in found]
    return "\n".join(lines)


def _description(source: Source, library: Library) -> str:
    """A source, for reading in a terminal."""
    entry, record = source.entry, source.record
    where = ", ".join(
        entry.text(name) for name in ("journal", "howpublished", "institution", "year") if entry.text(name)
    )
    lines = [source.key, entry.text("author"), entry.text("title"), where]
    lines += [f"{name} {entry.fields[name]}" for name in ("doi", "pmid", "pmcid", "url") if name in entry.fields]
    if source.key in library.incomplete:
        lines.append(f"may not be cited yet: lacks {', '.join(library.incomplete[source.key])}")
    if record.second_hand:
        lines.append("may not be cited yet: known only from somebody else's account")
    if record.draft:
        lines.append(f"may not be cited yet: nobody has confirmed {', '.join(record.draft)}")
    lines.append("")
    lines.append(f"design: {record.design.value}")
    for name in ("population", "n", "intervention", "comparator", "funding", "conflicts"):
        value = getattr(record, name)
        if value is not None:
            lines.append(f"{name}: {value}")
    lines += [f"- {finding.text} [{finding.locator}]" for finding in record.findings]
    lines += [f"caveat: {caveat}" for caveat in record.caveats]
    lines += [f"read: {reading.what.value}, {reading.where}" for reading in record.read]
    return "\n".join(lines)
