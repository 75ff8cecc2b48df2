"""The page on data names every field of the published files, and no other."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from books import ROOT

HEAD = re.compile(r"\| (?:Field|Column) of `([^`]+)`(?:, in `([^`]+)`)? \|")
CSL = "sources.bibliography"


def dictionary() -> dict[str, set[str]]:
    """The fields that the page names, by file; a field of an object is written after its name and a dot."""
    found: dict[str, set[str]] = {}
    file, prefix = "", ""
    for line in (ROOT / "docs" / "appendix" / "data.md").read_text(encoding="utf-8").splitlines():
        head = HEAD.match(line)
        if head:
            file, prefix = head[1], f"{head[2]}." if head[2] else ""
        elif not line.startswith("|"):
            file = ""
        elif file and (names := re.findall(r"`([^`]+)`", line.split("|")[1])):
            for name in names:
                assert prefix + name not in found.setdefault(file, set()), f"{file}: {prefix + name} stands twice"
                found[file].add(prefix + name)
    return found


def fields(data: Any, prefix: str = "") -> Iterator[str]:
    """The fields that occur in data, as the dictionary writes them."""
    if isinstance(data, list):
        for one in data:
            yield from fields(one, prefix)
    elif isinstance(data, dict):
        for name, value in data.items():
            yield f"{prefix}{name}"
            yield from fields(value, f"{prefix}{name}.")


def columns(path: Path) -> set[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return set(next(csv.reader(file)))


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["claims.json", "references.json"])
def test_json_files_hold_the_fields_that_are_named(name: str, built_book: Path) -> None:
    assert set(fields(load(built_book / name))) == dictionary()[name]


def test_the_claims_of_popular_articles_hold_the_fields_that_are_named(built_book: Path) -> None:
    claims = load(built_book / "popular-claims.json")["claims"]
    assert set(fields(claims, "claims.")) == dictionary()["popular-claims.json"]


def test_the_sources_hold_the_fields_that_are_named(built_book: Path) -> None:
    named = dictionary()
    occurring = set(fields(load(built_book / "sources.json")))
    items = {name.removeprefix(f"{CSL}.") for name in occurring if name.startswith(f"{CSL}.")}
    assert {name for name in occurring if not name.startswith(f"{CSL}.")} == named["sources.json"]
    assert items == named["references.json"]


@pytest.mark.parametrize("name", ["claims.csv", "trials.csv"])
def test_tables_hold_the_columns_that_are_named(name: str, built_book: Path) -> None:
    assert columns(built_book / name) == dictionary()[name]


def test_the_data_of_each_analysis_hold_the_columns_that_are_named(built_book: Path) -> None:
    found = sorted((built_book / "analyses").glob("*.csv"))
    assert found
    for path in found:
        assert columns(path) == dictionary()["analyses/NAME.csv"], path.name


def test_claims_and_sources_are_two_halves_of_one_graph(built_book: Path) -> None:
    claims = load(built_book / "claims.json")["claims"]
    sources = load(built_book / "sources.json")["sources"]
    there = {(source["key"], claim["id"]) for claim in claims for source in claim["sources"]}
    here = {(source["key"], place["claim"]) for source in sources for place in source["cited_in"]}
    assert there == here
    assert len(here) > 1000
    assert [s["key"] for s in sources] == [item["id"] for item in load(built_book / "references.json")]
    assert [s["key"] for s in sources if s["cited_in"] and not s["citable"]] == []
    assert {s["citable"] for s in sources} == {True, False}


def test_every_source_has_its_record_or_says_that_there_is_none(built_book: Path) -> None:
    records = {path.stem for path in (ROOT / "docs" / "sources").glob("*.yml")}
    sources = load(built_book / "sources.json")["sources"]
    assert {s["key"] for s in sources if s["record"]} == records
