"""Citations and references as readers meet them."""

from __future__ import annotations

from pathlib import Path

import html5lib
import pytest
from pybtex.database import parse_string
from tiny_book import TinyBook

from reviewbook import bibstyle

LOOK = {
    "bibtex_reference_style": "reviewbook",
    "bibtex_default_style": "reviewbook",
    "bibtex_tooltips": False,
    "reviewbook_chapters": [],
}


def entries(text: str) -> list[object]:
    return list(parse_string(text, "bibtex").entries.values())


def article(key: str, author: str, year: str | None = "2013", title: str = "On mice", **fields: str) -> str:
    parts = {"author": author, "title": title, "year": year, **fields}
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in parts.items() if value)
    return f"@article{{{key},\n{lines}}}\n"


@pytest.mark.parametrize(
    ("author", "year", "label"),
    [
        ("Doe, Jane", "2013", "Doe, 2013"),
        ("Doe, Jane and Roe, Richard", "2013", "Doe and Roe, 2013"),
        ("Doe, Jane and Roe, Richard and Poe, Paul", "2013", "Doe et al., 2013"),
        ("Doe, Jane and others", "2013", "Doe et al., 2013"),
        ("{U.S. Food and Drug Administration}", None, "U.S. Food and Drug Administration, n.d."),
        ("de Graaf, Robin", "2018", "de Graaf, 2018"),
        ("Zarate, Jr, Carlos A.", "2006", "Zarate, 2006"),
        (r"S{\'a}nchez, Ana", "2006", "Sánchez, 2006"),
        ("", "2006", "On mice, 2006"),
    ],
)
def test_a_citation_names_one_or_two_authors_or_the_first(author: str, year: str | None, label: str) -> None:
    assert bibstyle.labels(entries(article("k", author, year))) == [label]


def test_sources_of_the_same_name_and_year_are_told_apart_by_letters() -> None:
    text = (
        article("b", "Doe, Jane", title="Beta")
        + article("a", "Doe, Jane", title="Alpha")
        + article("c", "Doe, Jane", "2014")
    )
    ordered = bibstyle.in_order(entries(text))
    assert [entry.key for entry in ordered] == ["a", "b", "c"]
    assert bibstyle.labels(ordered) == ["Doe, 2013a", "Doe, 2013b", "Doe, 2014"]
    undated = entries(article("a", "Doe, Jane", None) + article("b", "Doe, Jane", None))
    assert bibstyle.labels(undated) == ["Doe, n.d.-a", "Doe, n.d.-b"]


def test_more_than_twenty_six_alike_still_differ() -> None:
    text = "".join(article(f"k{i}", "Doe, Jane", title=f"T{i}") for i in range(30))
    labels = bibstyle.labels(entries(text))
    assert len(set(labels)) == 30
    assert labels[25:28] == ["Doe, 2013z", "Doe, 2013aa", "Doe, 2013ab"]


def test_sorting_ignores_accents_and_case() -> None:
    text = article("z", "Zoe, A") + article("d", "de Graaf, B") + article("e", "Érard, C") + article("f", "Fava, D")
    assert [entry.key for entry in bibstyle.in_order(entries(text))] == ["d", "e", "f", "z"]


def reference(text: str) -> str:
    entry = entries(text)[0]
    style = bibstyle.ReviewStyle()
    label = style.format_labels([entry])[0]
    return str(style.format_entry(label, entry).text.render_as("text")).replace("\u2060", "")


def test_a_reference_is_set_as_journals_set_it_with_the_title_as_stored() -> None:
    text = article(
        "k",
        "Murrough, James W. and El-Hage, Jean-Pierre",
        title="Antidepressant efficacy of {NMDA} blockers: {GluN2B} and 5--10 mice",
        journal="American Journal of Psychiatry",
        volume="170",
        number="10",
        pages="1134--1142",
        doi="10.1176/x",
        pmid="23982301",
        pmcid="PMC3992936",
    )
    assert reference(text) == (
        "Murrough JW, El-Hage JP (2013). Antidepressant efficacy of NMDA blockers: GluN2B and 5–10 mice. "
        "American Journal of Psychiatry 170(10):1134–1142. doi:10.1176/x · PMID:23982301 · PMCID:PMC3992936"
    )


def test_a_long_list_of_authors_is_cut() -> None:
    names = " and ".join(f"Name{chr(65 + i)}, A" for i in range(20))
    assert reference(article("k", names, journal="J")).startswith("NameA A, ")
    assert ", NameL A, et al. (2013). On mice. J." in reference(article("k", names, journal="J"))


def test_a_page_without_author_year_or_doi_still_makes_a_reference() -> None:
    text = "@misc{k,\n  title = {A page},\n  howpublished = {Agency},\n  url = {https://www.example.org/x/y},\n}\n"
    assert reference(text) == "Agency (n.d.). A page. example.org"


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    return TinyBook(tmp_path / "book")


CITING = """\
People responded {cite:p}`doe2001`.
In mice too, as {cite:t}`roe2002` saw, and in people {cite:p}`roe2002,doe2001`.
"""


def groups(html: str) -> list[object]:
    page = html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)
    return [span for span in page.iter("span") if "cite-group" in (span.get("class") or "").split()]


def words(element: object) -> str:
    return " ".join("".join(element.itertext()).split())


def test_citations_are_quiet_groups_of_links_with_numbers_in_order_of_use(book: TinyBook) -> None:
    book.chapter(CITING)
    built = book.build(**LOOK)
    assert built.warnings == []
    found = groups(built.html("part/one"))
    assert [words(group) for group in found] == ["(Doe, 2001)", "Roe (2002)", "(Doe, 2001; Roe, 2002)"]
    links = [link for group in found for link in group.iter("a")]
    assert [(a.get("data-cite"), a.get("data-n")) for a in links] == [
        ("doe2001", "1"),
        ("roe2002", "2"),
        ("doe2001", "1"),
        ("roe2002", "2"),
    ]
    assert links[0].get("href") == "../sources.html#cite-doe2001"


def test_the_space_before_a_group_belongs_to_it_so_that_a_marker_can_stand_close(book: TinyBook) -> None:
    book.chapter("People responded {cite:p}`doe2001`.")
    html = book.build(**LOOK).html("part/one")
    assert 'responded<span class="cite-group" id="use-doe2001-1"><span class="cite-mark"> </span>' in html


def test_ids_of_uses_depend_only_on_the_source_and_its_earlier_uses(book: TinyBook) -> None:
    book.chapter(CITING)
    ids = [group.get("id") for group in groups(book.build(**LOOK).html("part/one"))]
    assert ids == ["use-doe2001-1", "use-roe2002-1", "use-roe2002-2"]
    book.chapter("Before, a sentence.\n\n" + CITING)
    assert [group.get("id") for group in groups(book.build(**LOOK).html("part/one"))] == ids


def test_an_id_that_is_taken_is_not_used_again(book: TinyBook) -> None:
    book.chapter("(use-doe2001-1)=\n## A section\n\nPeople responded {cite:p}`doe2001`.")
    built = book.build(**LOOK)
    assert built.warnings == []
    assert [group.get("id") for group in groups(built.html("part/one"))] == ["use-doe2001-2"]


def test_each_cited_source_has_one_template_at_the_end_of_the_page(book: TinyBook) -> None:
    book.source("poe2003", "cohort", "Never cited.")
    book.chapter(CITING)
    built = book.build(**LOOK)
    html = built.html("part/one")
    assert [html.count(f'<template data-cite="{key}">') for key in ("doe2001", "roe2002", "poe2003")] == [1, 1, 0]
    assert "<template" not in built.html("index")


def test_text_of_a_record_cannot_become_markup(book: TinyBook) -> None:
    book.source("doe2001", "cohort", "Levels < 5 & > 3 <b>rose</b>.", title="A <i>title</i>", population="rats & mice")
    book.chapter("Levels rose {cite:p}`doe2001`.")
    html = book.build(**LOOK).html("part/one")
    assert "Levels &lt; 5 &amp; &gt; 3 &lt;b&gt;rose&lt;/b&gt;." in html
    assert "Rats &amp; mice." in html


def test_a_label_that_gets_a_letter_reaches_the_pages_that_cited_it_before(book: TinyBook) -> None:
    book.source("doe2001b", "cohort", "More.", year="2001", author="Doe, Jane")
    book.chapter("People responded {cite:p}`doe2001`.")
    book.build(**LOOK)
    book.page("part/two", "# Two\n\nMore responded {cite:p}`doe2001b`.\n")
    built = book.build(**LOOK)
    assert built.warnings == []
    assert [words(group) for group in groups(built.html("part/one"))] == ["(Doe, 2001a)"]
    assert [words(group) for group in groups(built.html("part/two"))] == ["(Doe, 2001b)"]


def test_a_changed_record_reaches_the_previews(book: TinyBook) -> None:
    book.chapter("People responded {cite:p}`doe2001`.")
    book.build(**LOOK)
    book.source("doe2001", "rct-crossover", "Less responded.")
    html = book.build(**LOOK).html("part/one")
    assert "Randomised crossover trial" in html and "Less responded." in html


def test_parallel_and_serial_builds_show_the_same(book: TinyBook) -> None:
    for number in range(8):
        book.page(f"part/p{number}", f"# Page {number}\n\n{CITING}")
    serial, parallel = book.build(out="serial", **LOOK), book.build(out="parallel", parallel=2, **LOOK)
    assert serial.warnings == parallel.warnings == []
    for name in ("sources", "part/p0", "part/p7"):
        assert serial.html(name) == parallel.html(name)


def test_a_citation_can_stand_in_a_caption_of_the_pdf(book: TinyBook) -> None:
    book.chapter(
        ":::{figure} x.png\n:alt: nothing\n\nA caption {cite:p}`doe2001`.\n:::\n\nPeople responded {cite:p}`doe2001`."
    )
    (book.docs / "part" / "x.png").write_bytes(b"")
    built = book.build("latex", latex_documents=[("index", "book.tex", "B", "A", "manual")], **LOOK)
    assert built.warnings == []
    tex = (built.out / "book.tex").read_text(encoding="utf-8")
    assert r"\protect\hyperlink{cite.sources:cite-doe2001}{Doe, 2001}" in tex
