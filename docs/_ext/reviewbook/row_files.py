"""Rows of data as the text of a file: JSON with a row on each line, and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def as_json(head: Mapping[str, Any], name: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """An object with the fields of ``head`` and, under ``name``, the rows; a difference of two versions shows which changed."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "{name}": [\n{lines}\n]}}\n'


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A table with a head; fields of a row that are no columns are left out, and nothing is an empty field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if row[name] is None else row[name] for name in columns] for row in rows)
    return out.getvalue()


def source_columns(row: Mapping[str, Any]) -> dict[str, str]:
    """The sources of a row as the columns ``keys`` and ``dois``, each joined by semicolons."""
    return {
        "keys": "; ".join(source["key"] for source in row["sources"]),
        "dois": "; ".join(source["doi"] or "" for source in row["sources"]),
    }
