"""The randomised trials of the library, one row each, as a table and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from .bib import Entry
from .grading import RANDOMISED
from .library import Library
from .records import Record


class Trial(NamedTuple):
    """A randomised trial as its record describes it; numbers are as they stand there, and empty where unknown."""

    key: str
    study: str
    year: str
    design: str
    population: str
    n: int | None
    intervention: str
    comparator: str
    outcomes: tuple[str, ...]
    risk_of_bias: str
    funding: str
    read: tuple[str, ...]
    doi: str
    pmid: str
    citable: bool


def trials(library: Library) -> tuple[Trial, ...]:
    """All randomised trials that have a record, the newest first; not drafts, whose design is a guess."""
    found = (
        _trial(library.entries[key], record, library)
        for key, record in library.records.items()
        if record.design in RANDOMISED and key in library.entries and not record.draft
    )
    return tuple(sorted(found, key=lambda trial: (-int(trial.year or 0), trial.study.casefold(), trial.key)))


def study_name(entry: Entry) -> str:
    """A study in few words: the first author's family name and the year."""
    author = entry.text("author").split(" and ")[0].split(",")[0].strip() or entry.key
    return f"{author} {entry.text('year')}".strip()


def _trial(entry: Entry, record: Record, library: Library) -> Trial:
    year = entry.fields.get("year", "")
    return Trial(
        entry.key,
        study_name(entry),
        year if year.isdigit() else "",
        record.design.value.removeprefix("rct-"),
        record.population or "",
        record.n,
        record.intervention or "",
        record.comparator or "",
        tuple(_outcomes(record)),
        record.risk_of_bias.value if record.risk_of_bias else "",
        record.funding or "",
        tuple(dict.fromkeys(reading.what.value for reading in record.read)),
        entry.fields.get("doi", ""),
        entry.fields.get("pmid", ""),
        entry.key not in library.incomplete and record.seen,
    )


def _outcomes(record: Record) -> Iterator[str]:
    yield from dict.fromkeys(f"{o.outcome} @ {o.timepoint}" for o in record.outcomes if len(o.arms) > 1)


def as_csv(rows: tuple[Trial, ...]) -> str:
    """The trials as CSV; several values in one field are separated by semicolons."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Trial._fields)
    for row in rows:
        writer.writerow(
            ["; ".join(value) if isinstance(value, tuple) else "" if value is None else value for value in row]
        )
    return out.getvalue()
