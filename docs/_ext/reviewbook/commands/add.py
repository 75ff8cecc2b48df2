"""``reviewbook add ID``: an entry and a draft of a record, from what registries say."""

from __future__ import annotations

import argparse
import datetime
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from .. import bib, rules
from ..bib import Bibliography, Entry
from ..library import Library
from ..registry import drafts, duplicates, lookup
from ..registry.designs import guess
from ..registry.identifiers import identify
from ..registry.web import Web
from ..registry.work import Work
from ..whole_files import write_all
from .shared import EPILOG, Commands, bibfile_of, incomplete_of, library_of, located, records_of

_KEY = re.compile(r"[a-z0-9][a-z0-9-]*")


class Addition(NamedTuple):
    """A new source: its entry, its draft, and what its entry lacks."""

    entry: Entry
    record: str
    missing: list[str]


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "add",
        help="add a source by its DOI, PMID, PMCID, NCT number or address",
        description="Ask Crossref, DataCite, PubMed or ClinicalTrials.gov for a source, and write its entry into "
        "references.bib and a draft of its record. The draft says what is left to confirm and to write; until that is "
        "done the source cannot be cited.",
        epilog=EPILOG,
    )
    command.add_argument(
        "identifier", metavar="ID", help="a DOI, PMID, PMCID, NCT number or address (also of doi.org or PubMed)"
    )
    command.add_argument("--key", help="the key (default: family name of the first author and year)")
    command.add_argument("--dry-run", action="store_true", help="print what would be written, and write nothing")
    command.add_argument(
        "--anyway", action="store_true", help="add it although a source with nearly the same title is there"
    )
    command.set_defaults(run=run)


def today() -> datetime.date:
    """The day on which a page is read."""
    return datetime.date.today()


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    try:
        identifier = identify(options.identifier)
    except ValueError as error:
        return _say(str(error), 2)
    if options.key is not None and not _KEY.fullmatch(options.key):
        return _say(f"{options.key!r} is no key: write small letters, digits and hyphens, such as doe2021", 2)
    bibliography = bib.read(bibfile_of(options))
    broken = [problem for problem in bibliography.problems if problem.rule in bib.BREAKING]
    if broken:
        for problem in broken:
            print(located(problem))
        return _say("Nothing was added: correct these first.", 1)
    library = library_of(options)
    taken = drafts.taken_keys(library)
    if options.key is not None and options.key.casefold() in {key.casefold() for key in taken}:
        return _say(f"the key {options.key} is taken; choose another", 1)
    found = duplicates.of_identifier(identifier, library)
    if found:
        return _refuse(found)
    work = lookup.find(Web(), identifier)
    if not work.title:
        return _say(f"{work.registry} has no title for {identifier.value}; add it by hand", 1)
    found = duplicates.of_work(work, library)
    if found and (found.is_sure or not options.anyway):
        return _refuse(found)
    addition = _addition(work, options.key or drafts.new_key(work, taken), library)
    return _add(addition, work, bibliography, library, options)


def _addition(work: Work, key: str, library: Library) -> Addition:
    journals = (entry.fields["journal"] for entry in library.entries.values() if "journal" in entry.fields)
    entry = drafts.entry(work, key, today(), journals)
    return Addition(entry, drafts.record(work, key, guess(work)), rules.lacking(entry))


def _add(
    addition: Addition, work: Work, bibliography: Bibliography, library: Library, options: argparse.Namespace
) -> int:
    entry, record, missing = addition
    bibfile, incomplete = bibfile_of(options), incomplete_of(options)
    record_file = records_of(options) / f"{entry.key}.yml"
    entry_text = bib.write((entry,))
    unreadable = bib.parse(entry_text).problems
    if unreadable:
        return _say(f"{work.registry} gives what the bibliography cannot hold: {unreadable[0].message}", 1)
    if bib.read(bibfile).entries != bibliography.entries:
        return _say("Nothing was added: references.bib was changed meanwhile; run the command again.", 1)
    texts = {bibfile: bib.write((*bibliography.entries, entry)), record_file: record}
    if missing:
        before = incomplete.read_text(encoding="utf-8") if incomplete.exists() else ""
        texts[incomplete] = drafts.listed(before, entry.key, missing)
    if options.dry_run:
        print(f"# {bibfile}\n{entry_text}\n# {record_file}\n{record}", end="")
        if missing:
            print(f"\n# {incomplete}\n{entry.key}: [{', '.join(missing)}]")
    else:
        write_all(texts)
        print(f"Added {entry.key}: {entry.text('title')}")
    for line in _remarks(addition, work, library, incomplete):
        print(line, file=sys.stderr)
    if not options.dry_run:
        print(f"Next: read the source, then complete {record_file}: its last lines name what is left.", file=sys.stderr)
    return 0


def _remarks(addition: Addition, work: Work, library: Library, incomplete: Path) -> list[str]:
    """What the contributor has to know, and to mend in the entry, a line each."""
    entry, _, missing = addition
    lines = [f"Note: {notice}." for notice in work.notices]
    if work.retracted:
        lines.append("Note: this work was retracted; the record says so, and sentences that cite it must.")
    entries = MappingProxyType({**library.entries, entry.key: entry})
    alone = replace(library, entries=entries, problems=(), incomplete=MappingProxyType({entry.key: ()}))
    faults = [p for p in rules.check_library(alone) if p.message.startswith(f"{entry.key}: ")]
    lines += [f"Mend in references.bib: {fault.message.removeprefix(f'{entry.key}: ')}." for fault in faults]
    if missing:
        lines.append(f"Complete in references.bib: {', '.join(missing)}; then delete the line in {incomplete}.")
    lines.append("Look at the title in references.bib: braces keep the capitals of names and abbreviations.")
    return lines


def _refuse(found: duplicates.Duplicate) -> int:
    hint = "" if found.is_sure else "; if it is another work, add --anyway"
    return _say(f"Nothing was added: {found.key} has {found.what}{hint}.", 1)


def _say(message: str, code: int) -> int:
    print(message if message[:1].isupper() else f"reviewbook: {message}", file=sys.stderr)
    return code
