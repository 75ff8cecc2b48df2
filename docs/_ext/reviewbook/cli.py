"""The command line: ``reviewbook check | format | schema | show KEY | pool FILE``, to be run at the top of the book."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from math import exp
from pathlib import Path

from . import bib, rules
from .effect_sizes import Measure
from .library import Library, Source, load, record_schema
from .pool_file import as_json, pool_file
from .problems import Problem

EPILOG = "Exit codes: 0 all is well, 1 something is wrong with the book, 2 the command was not understood."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except BrokenPipeError:
        sys.stderr.close()
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

    check = commands.add_parser(
        "check",
        help="check the library",
        description="Apply the rules on the library: references.bib and the records. "
        "`make check` applies these and the rules on the text.",
    )
    check.set_defaults(run=_check)

    format_ = commands.add_parser(
        "format",
        help="put references.bib into the fixed format",
        description="Rewrite references.bib: entries sorted by key, one field a line in a fixed order. "
        "What stands in the fields is not changed.",
    )
    format_.add_argument("--check", action="store_true", help="say what would change, and change nothing")
    format_.set_defaults(run=_format)

    schema = commands.add_parser(
        "schema",
        help="print the JSON schema of a source record",
        description="Print the JSON schema of docs/sources/<key>.yml, for editors.",
    )
    schema.set_defaults(run=_schema)

    show = commands.add_parser("show", help="show a source", description="Show the entry and the record of a source.")
    show.add_argument("key", metavar="KEY", help="a BibTeX key, such as murrough2013")
    show.set_defaults(run=_show)

    pool = commands.add_parser(
        "pool",
        help="pool the trials of a CSV file",
        description="Pool the trials of a CSV file by random effects (REML, Hartung-Knapp-Sidik-Jonkman intervals, "
        "prediction interval), as the book does. Columns: study and events_t,n_t,events_c,n_c (OR, RR, RD) or "
        "mean_t,sd_t,n_t,mean_c,sd_c,n_c (MD, SMD) or yi,vi (GEN).",
        epilog=EPILOG,
    )
    pool.add_argument("file", metavar="FILE", type=Path, help="a CSV file with one trial a line")
    pool.add_argument("--measure", required=True, choices=[measure.value for measure in Measure], help="what to pool")
    pool.add_argument(
        "--json",
        action="store_true",
        help="print all results as JSON, on the scale of the analysis (log for OR and RR)",
    )
    pool.set_defaults(run=_pool)
    return parser


def _bibfile(options: argparse.Namespace) -> Path:
    return Path(options.root) / "references.bib"


def _library(options: argparse.Namespace) -> Library:
    root = Path(options.root)
    incomplete = root / "tests" / "incomplete-sources.yml"
    return load(_bibfile(options), root / "docs" / "sources", incomplete if incomplete.exists() else None)


def _check(options: argparse.Namespace) -> int:
    library = _library(options)
    problems = rules.in_order(rules.check_library(library))
    for problem in problems:
        print(_located(problem))
    noun = "problem" if len(problems) == 1 else "problems"
    print(f"{len(library.sources)} sources, {len(problems)} {noun}.", file=sys.stderr)
    return 1 if problems else 0


def _format(options: argparse.Namespace) -> int:
    path = _bibfile(options)
    bibliography = bib.read(path)
    broken = [p for p in bibliography.problems if p.rule in bib.BREAKING]
    if broken:
        for problem in broken:
            print(_located(problem))
        print("Nothing was changed: correct these first.", file=sys.stderr)
        return 1
    before = path.read_bytes()
    after = bib.write(bibliography.entries).encode("utf-8")
    if before == after:
        return 0
    if options.check:
        problem_here = bib.format_problem(before.decode("utf-8-sig"), bibliography, str(path))
        print(_located(problem_here) if problem_here else f"{path}: not in the fixed format")
        return 1
    # In one step: whoever is interrupted keeps the old file whole.
    whole = path.resolve().with_suffix(".bib.new")
    whole.write_bytes(after)
    whole.replace(path.resolve())
    print(f"{path}: put into the fixed format.", file=sys.stderr)
    return 0


def _schema(options: argparse.Namespace) -> int:
    print(record_schema(), end="")
    return 0


def _show(options: argparse.Namespace) -> int:
    library = _library(options)
    key = options.key
    if key not in library.sources:
        aliases = [k for k, record in library.records.items() if key in record.aliases]
        near = aliases or [k for k in library.entries if key.lower() in k.lower()][:8]
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        print(f"There is no source {key!r}.{hint}", file=sys.stderr)
        return 1
    print(_description(library.sources[key], library))
    return 0


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


def _pool(options: argparse.Namespace) -> int:
    measure = Measure(options.measure)
    try:
        pooled, trials = pool_file(options.file, measure)
    except ValueError as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(as_json(pooled, trials, measure), indent=2))
        return 0
    shown = exp if measure.is_ratio else float
    low, high = shown(pooled.ci_low), shown(pooled.ci_high)
    print(f"{measure.words} {shown(pooled.estimate):.4g} (95% CI {low:.4g} to {high:.4g}), k = {pooled.k}")
    print(f"95% prediction interval {shown(pooled.pi_low):.4g} to {shown(pooled.pi_high):.4g}")
    print(f"tau2 {pooled.tau2:.4g}, I2 {pooled.i2:.1f}%, Q {pooled.q:.4g} (p = {pooled.p_heterogeneity:.3g})")
    return 0


def _located(problem: Problem) -> str:
    return f"{problem.path}:{problem.line or 1}: {rules.describe(problem)} [{problem.rule}]"


if __name__ == "__main__":
    sys.exit(main())
