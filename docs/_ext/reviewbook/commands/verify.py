"""``reviewbook verify [KEY …]``: the bibliography set against Crossref, DataCite, PubMed and ClinicalTrials.gov."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from .. import bib
from ..bib import Entry
from ..registry.answers import Cache, Registries
from ..registry.comparing import Comparison, Difference, Outcome, compare, mended
from ..registry.web import Web
from ..whole_files import write_all
from .shared import Commands, bibfile_of, library_of, located

_SPOKEN = {
    Outcome.ALIKE: "alike",
    Outcome.DIFFERS: "different",
    Outcome.UNKNOWN: "unknown",
    Outcome.UNCHECKED: "without an identifier to ask by",
}


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "verify",
        help="compare entries with what registries say",
        description="Compare title, first author, year, journal, volume, issue and pages of entries with what Crossref, "
        "DataCite, PubMed and ClinicalTrials.gov hold under their identifiers, and propose mends. Answers are kept in "
        "_build/registries for the day, so that an interrupted run goes on where it stopped.",
        epilog="Exit codes: 0 all that could be compared is alike, 1 something differs, 2 the command was not "
        "understood, 3 nothing differs but a registry could not be asked.",
    )
    command.add_argument("keys", metavar="KEY", nargs="*", help="keys of entries (default: all)")
    command.add_argument(
        "--fix",
        action="store_true",
        help="write the harmless mends into references.bib: missing volume, pages, DOI, PMID and PMCID, and the case "
        "of a DOI; never a title, an author or a year",
    )
    command.add_argument("--fresh", action="store_true", help="ask again what was asked today")
    command.add_argument("--json", action="store_true", help="print all comparisons as JSON")
    command.set_defaults(run=run)


def today() -> datetime.date:
    """The day for which answers are kept."""
    return datetime.date.today()


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    path = bibfile_of(options)
    bibliography = bib.read(path)
    broken = [problem for problem in bibliography.problems if problem.rule in bib.BREAKING]
    if broken:
        for problem in broken:
            print(located(problem))
        print("Nothing was compared: correct these first.", file=sys.stderr)
        return 1
    entries = {entry.key: entry for entry in bibliography.entries}
    unknown = [key for key in options.keys if key not in entries]
    if unknown:
        print(f"There is no source {', '.join(map(repr, unknown))}.", file=sys.stderr)
        return 1
    chosen = [entries[key] for key in dict.fromkeys(options.keys)] if options.keys else list(bibliography.entries)
    comparisons: list[Comparison] = []
    lost = False
    owners = {(n, e.fields[n]): e.key for e in bibliography.entries for n in ("pmid", "pmcid") if n in e.fields}
    registries = Registries(Web(), Cache(Path(options.root) / "_build" / "registries", today()))
    with _progress(len(chosen)) as advance:
        for entry, answer in registries.answers(chosen, fresh=options.fresh):
            lost = lost or answer.lost
            comparisons.append(compare(entry, answer, owners))
            advance()
    if registries.without_converter:
        print(f"No PMIDs are offered: {registries.without_converter}.", file=sys.stderr)
    fixed: dict[str, Entry] = {}
    if options.fix:
        fixed = {c.key: new for c in comparisons if (new := mended(entries[c.key], c)) is not entries[c.key]}
        fixed = _written(path, fixed, entries)
        comparisons = [_without_fixed(c) if c.key in fixed else c for c in comparisons]
    _report(comparisons, list(fixed), options)
    if any(comparison.outcome is Outcome.DIFFERS for comparison in comparisons):
        return 1
    return 3 if lost else 0


def _written(path: Path, fixed: dict[str, Entry], before: dict[str, Entry]) -> dict[str, Entry]:
    """Write mended entries, and return those that were written: not those that somebody edited during the run."""
    now = bib.read(path)
    if not fixed or any(problem.rule in bib.BREAKING for problem in now.problems):
        return {}
    same = {entry.key for entry in now.entries if entry.key in before and entry.fields == before[entry.key].fields}
    for key in sorted(fixed.keys() - same):
        print(f"{key} was changed meanwhile and is left as it is; run the command again.", file=sys.stderr)
    kept = {key: entry for key, entry in fixed.items() if key in same}
    if kept:
        write_all({path: bib.write(tuple(kept.get(entry.key, entry) for entry in now.entries))})
    return kept


def _without_fixed(comparison: Comparison) -> Comparison:
    """What is left of a comparison after its harmless mends were written."""
    left = tuple(d for d in comparison.differences if not (d.is_harmless and d.mend))
    offers = tuple(d for d in comparison.offers if not (d.is_harmless and d.mend))
    outcome = comparison.outcome if left or comparison.outcome is not Outcome.DIFFERS else Outcome.ALIKE
    return comparison._replace(outcome=outcome, differences=left, offers=offers)


def _report(comparisons: Sequence[Comparison], fixed: Sequence[str], options: argparse.Namespace) -> None:
    counts = Counter(comparison.outcome for comparison in comparisons)
    if options.json:
        told = {
            "entries": [_as_json(comparison) for comparison in comparisons],
            "summary": {outcome.value: counts[outcome] for outcome in Outcome},
            "fixed": list(fixed),
        }
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for comparison in comparisons:
        for line in _lines(comparison):
            print(line)
    for key in fixed:
        print(f"{key}: mended in references.bib")
    listed = sorted(set(fixed) & library_of(options).incomplete.keys())
    if listed:
        print(f"Look at the list of incomplete sources again for: {', '.join(listed)}.", file=sys.stderr)
    offers = sum(len(comparison.offers) for comparison in comparisons)
    summary = ", ".join(f"{counts[outcome]} {_SPOKEN[outcome]}" for outcome in Outcome)
    noun = "entry" if len(comparisons) == 1 else "entries"
    print(f"{len(comparisons)} {noun}: {summary}; {len(fixed)} mended, {offers} offers left.", file=sys.stderr)


def _lines(comparison: Comparison) -> Iterator[str]:
    told = comparison.differences or comparison.offers or comparison.notes
    if told or comparison.outcome is Outcome.UNKNOWN:
        yield f"{comparison.key}: {comparison.outcome.value}"
    for difference in comparison.differences:
        yield f"  {difference.field}: here {difference.here or 'nothing'}"
        yield f"  {' ' * len(difference.field)}  {difference.registry}: {difference.there or 'nothing'}"
        if difference.mend:
            yield f"    {_mend(difference)}"
    for offer in comparison.offers:
        yield f"  could have: {_mend(offer)}"
    for note in comparison.notes:
        yield f"  note: {note}"


def _mend(difference: Difference) -> str:
    harmless = "   (--fix writes this)" if difference.is_harmless else ""
    return f"{difference.field} = {{{difference.mend}}},{harmless}"


def _as_json(comparison: Comparison) -> dict[str, object]:
    return {
        "key": comparison.key,
        "outcome": comparison.outcome.value,
        "differences": [difference._asdict() for difference in comparison.differences],
        "offers": [offer._asdict() for offer in comparison.offers],
        "notes": list(comparison.notes),
    }


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A count on a terminal, which stays silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    done = count(1)
    try:
        yield lambda: print(f"\r{next(done)} of {total}", end="", file=sys.stderr, flush=True)
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
