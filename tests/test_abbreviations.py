"""The list of abbreviations holds those that the chapters use, no others, and no long form that nobody wrote."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from books import ROOT
from site_text import CHAPTERS, text_of

LIST = ROOT / "docs" / "appendix" / "abbreviations.md"
WITH_CAPITALS = re.compile(r"(?<!\w)(?=(?:[^\W_]*[A-Z]){2})[A-Za-z][A-Za-z0-9]*(?:[-/][A-Z0-9][A-Za-z0-9]*)*(?!\w)")
NUMERALS = {"II", "III"}  # IV is an abbreviation here
NAME = re.compile(r"Mc[A-Z][a-z]+")


def abbreviations(text: str) -> list[str]:
    """What is written with two or more capitals, in the singular."""
    found = (re.sub(r"(?<=[A-Z0-9])s$", "", match[0]) for match in WITH_CAPITALS.finditer(text))
    return [short for short in found if short not in NUMERALS and not NAME.fullmatch(short)]


def listed() -> dict[str, list[list[str]]]:
    """The rows of each table of the list, by the head of its second column."""
    tables: dict[str, list[list[str]]] = defaultdict(list)
    head = ""
    for line in LIST.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            head = ""
        elif not head:
            head = cells[1]
        elif not set(cells[0]) <= set("- "):
            tables[head].append(cells)
    return tables


def family_names() -> set[str]:
    """The family names of authors: McGirr is none of these."""
    bib = (ROOT / "references.bib").read_text(encoding="utf-8")
    authors = re.findall(r"(?m)^  author = \{(.*)\},$", bib)
    return {author.split(",")[0].strip("{}") for several in authors for author in several.split(" and ")}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SSRIs and CYP2B6, by the MOAA/S or a CAPS-5.", ["SSRI", "CYP2B6", "MOAA/S", "CAPS-5"]),
        ("In mTORC1, TrkB and KetECT.", ["mTORC1", "TrkB", "KetECT"]),
        ("Phase III of a Trial of 5-HT2A in May, by McCoy.", []),
    ],
)
def test_what_is_an_abbreviation(text: str, found: list[str]) -> None:
    assert [short for short in abbreviations(text) if short != "HT2A"] == found


def test_the_list_and_the_chapters_have_the_same_abbreviations(built_book: Path) -> None:
    used: dict[str, str] = {}
    for page in CHAPTERS:
        for short in abbreviations(text_of(built_book, page)):
            used.setdefault(short, page)
    known = {short for rows in listed().values() for row in rows for short in abbreviations(row[0])}
    names = family_names()
    missing = {short: page for short, page in used.items() if short not in known | names}
    assert missing == {}, f"add to {LIST.name}: {missing}"
    assert sorted(known - used.keys()) == [], f"no chapter uses these: take them out of {LIST.name}"


def test_the_list_is_in_order_and_has_nothing_twice() -> None:
    tables = listed()
    assert list(tables) == ["Long form", "What it is"]
    for rows in tables.values():
        assert [row[0] for row in rows] == sorted((row[0] for row in rows), key=str.casefold)
    every = [short.strip() for rows in tables.values() for row in rows for short in row[0].split(", ")]
    assert len(set(every)) == len(every)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[‐‑–—-]", "-", re.sub(r"[{}*_]", "", text))).casefold()


def test_every_long_form_stands_in_the_book_or_in_what_it_cites() -> None:
    pages = [path for path in (ROOT / "docs").rglob("*.md") if path != LIST]
    records = (ROOT / "docs" / "sources").glob("*.yml")
    said = plain("\n".join(p.read_text(encoding="utf-8") for p in (*pages, *records, ROOT / "references.bib")))
    invented = [row[0] for row in listed()["Long form"] if plain(row[1].split(",")[0]) not in said]
    assert invented == []
