"""The data set of Retraction Watch, a CSV file that Crossref publishes: notices by DOI and PMID of the work."""

from __future__ import annotations

import csv
import datetime
import re
from pathlib import Path
from typing import NamedTuple

from ..records import Status
from .notices import Notice

NAME = "Retraction Watch"

WHERE = "https://gitlab.com/crossref/retraction-watch-data"
"""Where the file is published, renewed on working days."""

COLUMNS = (
    "RetractionDate",
    "RetractionDOI",
    "OriginalPaperDOI",
    "OriginalPaperPubMedID",
    "RetractionNature",
)
"""The columns that are read, by their documented names."""

NATURES = {
    "retraction": Status.RETRACTED,
    "expression of concern": Status.CONCERN,
    "correction": Status.CORRECTED,
    "reinstatement": Status.OK,
}
"""What each documented nature makes of a work."""


class DataSet(NamedTuple):
    """The notices by DOI (in small letters) and by PMID of the work."""

    by_doi: dict[str, tuple[Notice, ...]]
    by_pmid: dict[str, tuple[Notice, ...]]

    def notices(self, doi: str, pmid: str) -> tuple[Notice, ...]:
        """The notices on a work; either identifier may be empty."""
        found = (*self.by_doi.get(doi.casefold(), ()), *self.by_pmid.get(pmid, ()))
        return tuple(dict.fromkeys(found))


def read(path: Path) -> DataSet:
    """Read the file; it is known to hold broken UTF-8 here and there, which identifiers do not suffer from.

    Raises:
        ValueError: with the cure, if it is not that file.
        OSError: it cannot be read.
    """
    by_doi: dict[str, list[Notice]] = {}
    by_pmid: dict[str, list[Notice]] = {}
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.DictReader(file)
        try:
            lacking = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if lacking:
                raise ValueError(f"it has no column {', '.join(lacking)}; download the CSV file from {WHERE}")
            for row in rows:
                nature = (row["RetractionNature"] or "").strip()
                status = NATURES.get(nature.casefold())
                if status is None:
                    continue
                doi = next(iter(_dois(row["RetractionDOI"])), "")
                notice = Notice(status, nature.capitalize(), NAME, doi, _day(row["RetractionDate"]))
                for name in _dois(row["OriginalPaperDOI"]):
                    by_doi.setdefault(name.casefold(), []).append(notice)
                for number in re.findall(r"[1-9]\d*", row["OriginalPaperPubMedID"] or ""):
                    by_pmid.setdefault(number, []).append(notice)
        except csv.Error as error:
            raise ValueError(f"line {rows.line_num} is no CSV ({error}); download it again from {WHERE}") from error
    return DataSet(
        {name: tuple(found) for name, found in by_doi.items()},
        {name: tuple(found) for name, found in by_pmid.items()},
    )


def _dois(field: str | None) -> list[str]:
    """The DOIs in a field, which may say "unavailable" instead."""
    return re.findall(r"10\.\d{4,9}/[^\s;]+", field or "")


def _day(field: str | None) -> datetime.date | None:
    """A day as the file writes it, ``3/31/2026 0:00``."""
    day = (field or "").split(" ")[0]
    for form in ("%m/%d/%Y", "%Y-%m-%d"):
        try:
            return datetime.datetime.strptime(day, form).date()
        except ValueError:
            continue
    return None
