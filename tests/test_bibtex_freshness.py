"""Pages that cite a source follow it when its entry or its record changes, and no other page is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from books import CONF, MakeBook

from reviewbook.bibtex_freshness import changed_keys, fingerprint_records, pages_to_refresh

CONF_FRESH = (
    CONF.replace('"sphinxcontrib.bibtex"]', '"sphinxcontrib.bibtex", "reviewbook.bibtex_freshness"]')
    + 'bibtex_reference_style = "author_year"\nreviewbook_records = "records"\n'
)
DOE = "@article{doe2001,\n  author = {Doe, Jane},\n  title = {One},\n  journal = {J},\n  year = {2001},\n}\n"
ROE = "@article{roe2002,\n  author = {Roe, Ann},\n  title = {Two},\n  journal = {J},\n  year = {2002},\n}\n"
PAGES = {
    "conf.py": CONF_FRESH,
    "references.bib": DOE + ROE,
    "records/doe2001.yml": "key: doe2001\n",
    "index.md": "# Book\n\n```{toctree}\none\ntwo\nneither\nsources\n```\n",
    "one.md": "# One\n\nA sentence {cite:p}`doe2001`.\n",
    "two.md": "# Two\n\nA sentence {cite:p}`roe2002`.\n",
    "neither.md": "# Neither\n\nA sentence.\n",
    "sources.md": "# Sources\n\n```{bibliography}\n```\n",
}


def times(out: Path) -> dict[str, int]:
    return {
        path.stem: path.stat().st_mtime_ns
        for path in out.glob("*.html")
        if path.stem in {"one", "two", "neither", "sources"}
    }


def rewritten(make_book: MakeBook, files: dict[str, str], **conf: object) -> set[str]:
    """The pages that a second build writes again."""
    first = make_book(PAGES, conf)
    assert first.warnings == []
    before = times(first.out)
    second = make_book(files, conf)
    assert second.warnings == []
    return {page for page, time in times(second.out).items() if time != before[page]}


def test_an_edited_entry_refreshes_the_pages_that_cite_it(make_book: MakeBook) -> None:
    assert rewritten(make_book, {"references.bib": DOE.replace("Doe, Jane", "Poe, Jane") + ROE}) == {"one", "sources"}
    out = make_book({}).out
    assert "Poe" in (out / "one.html").read_text()
    assert "Doe" not in (out / "one.html").read_text()


def test_without_the_module_the_citing_page_would_be_stale(make_book: MakeBook) -> None:
    files = PAGES | {
        "conf.py": CONF_FRESH.replace(', "reviewbook.bibtex_freshness"', "").replace("reviewbook_records", "_")
    }
    make_book(files)
    out = make_book({"references.bib": DOE.replace("Doe, Jane", "Poe, Jane") + ROE}).out
    assert "Doe" in (out / "one.html").read_text(), (
        "sphinxcontrib-bibtex does this by itself now: drop bibtex_freshness"
    )


def test_an_edited_record_refreshes_the_pages_that_cite_it(make_book: MakeBook) -> None:
    assert rewritten(make_book, {"records/doe2001.yml": "key: doe2001\nn: 2\n"}) == {"one", "sources"}


def test_a_new_record_refreshes_the_pages_that_cite_it(make_book: MakeBook) -> None:
    assert rewritten(make_book, {"records/roe2002.yml": "key: roe2002\n"}) == {"two", "sources"}


def test_nothing_is_rewritten_when_nothing_changed(make_book: MakeBook) -> None:
    assert rewritten(make_book, {}) == set()


def test_comments_and_blanks_in_the_bibliography_refresh_only_the_page_that_sphinx_ties_to_the_file(
    make_book: MakeBook,
) -> None:
    assert rewritten(make_book, {"references.bib": DOE.replace("title = {One}", "title  =  {One}") + "\n\n" + ROE}) == {
        "sources"
    }


@pytest.mark.parametrize(
    ("before", "now", "changed"),
    [
        ({"a": "1"}, {"a": "1"}, set()),
        ({"a": "1"}, {"a": "2"}, {"a"}),
        ({"a": "1"}, {}, {"a"}),
        ({}, {"a": "1"}, {"a"}),
    ],
)
def test_keys_that_came_went_or_changed(before: dict[str, str], now: dict[str, str], changed: set[str]) -> None:
    assert changed_keys(before, now) == changed


def test_pages_to_refresh_are_those_that_cite_and_those_that_list() -> None:
    citing = [("one", {"a", "b"}), ("two", {"c"})]
    assert pages_to_refresh({"b"}, citing, ["sources"]) == {"one", "sources"}
    assert pages_to_refresh(set(), citing, ["sources"]) == set()


def test_a_record_has_the_same_fingerprint_until_it_changes(tmp_path: Path) -> None:
    record = tmp_path / "doe2001.yml"
    record.write_text("n: 1\n")
    before = fingerprint_records(tmp_path)
    record.touch()
    assert fingerprint_records(tmp_path) == before
    record.write_text("n: 2\n")
    assert changed_keys(before, fingerprint_records(tmp_path)) == {"doe2001"}
