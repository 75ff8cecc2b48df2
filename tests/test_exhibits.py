"""The list of figures and tables follows the chapters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from site_text import CHAPTERS, article, classes, text_of
from tiny_book import TinyBook

TABLE = "| A | B |\n| --- | --- |\n| x | 1 {cite:p}`roe2002` |\n"


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    book = TinyBook(tmp_path / "book")
    book.page("figures", "# List\n\n```{exhibits}\n```\n")
    return book


def rows(html: str) -> list[tuple[str, str]]:
    """What the list shows, and where it leads."""
    found = re.findall(r"<p>(Figure|Table): <a [^>]*href=\"([^\"]*)\"[^>]*><span>([^<]*)", html)
    return [(f"{kind}: {text}", href) for kind, href, text in found]


def test_captions_are_shown_without_citations_and_other_tables_by_their_section(book: TinyBook) -> None:
    book.chapter(
        f"## First\n\n{TABLE}\n{TABLE}\n"
        f":::{{table}} Some rats {{cite:p}}`roe2002`.\n:name: rats\n\n{TABLE}:::\n\n"
        f"## Second\n\n:::{{range-chart}}\n:caption: All of it {{cite:p}}`roe2002`.\n:name: all\n"
        f":label: A\n:low: B\n:unit: mg\n\n{TABLE}:::\n"
    )
    assert rows(book.build().html("figures")) == [
        ("Table: First (1 of 2)", "part/one.html#table-1"),
        ("Table: First (2 of 2)", "part/one.html#table-2"),
        ("Table: Some rats", "part/one.html#rats"),
        ("Figure: All of it", "part/one.html#all"),
        ("Table: Second", "part/one.html#table-3"),
    ]


def test_the_list_follows_its_chapters_in_an_incremental_build(book: TinyBook) -> None:
    book.page("about", f"# About\n\n{TABLE}")
    book.chapter(TABLE)
    assert rows(book.build().html("figures")) == [("Table: One", "part/one.html#table-1")]
    book.chapter(f"## Table 1\n\n{TABLE}")
    html = book.build().html("figures")
    assert rows(html) == [("Table: Table 1", "part/one.html#table-2")]
    assert html == book.build(out="clean", parallel=2).html("figures")
    book.chapter("Nothing.")
    assert rows(book.build().html("figures")) == []


def test_links_lead_to_places_of_the_single_tree_of_the_pdf(book: TinyBook) -> None:
    book.chapter(f"{TABLE}\n:::{{table}} Some rats\n:name: rats\n\n{TABLE}:::\n")
    built = book.build("latex", latex_documents=[("index", "book.tex", "Book", "Us", "manual")])
    tex = (built.out / "book.tex").read_text()
    targets = re.findall(r"\\hyperref\[\\detokenize\{(part/one:(?:table-1|rats))\}\]", tex)
    assert targets == ["part/one:table-1", "part/one:rats"]
    for target in targets:
        assert f"\\label{{\\detokenize{{{target}}}}}" in tex


def test_every_figure_and_table_of_the_book_is_listed_in_its_order(built_book: Path) -> None:
    shown = text_of(built_book, "appendix/figures")
    html = (built_book / "appendix" / "figures.html").read_text(encoding="utf-8")
    for page in CHAPTERS:
        body = article(built_book, page)
        drawn = sum(node.tag == "figure" for node in body.iter())
        tables = sum(node.tag == "table" and "summary-of-findings" not in classes(node) for node in body.iter())
        hrefs = re.findall(rf'href="\.\./{re.escape(page)}\.html#([^"]+)"', html)
        assert len(hrefs) >= drawn + tables, f"{page} has more than the list shows"
        ids = {node.get("id") for node in body.iter()}
        assert set(hrefs) <= ids, page
    assert shown.count("Figure: ") + shown.count("Table: ") > 80
