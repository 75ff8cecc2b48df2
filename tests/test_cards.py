"""The cards of the page of sources, and what stands for them in print."""

from __future__ import annotations

import datetime
from pathlib import Path

import html5lib
import pytest
from tiny_book import TinyBook

from reviewbook import cards
from reviewbook.records import Depth, Design, Record, RiskOfBias, Status

LOOK = {
    "bibtex_reference_style": "reviewbook",
    "bibtex_default_style": "reviewbook",
    "bibtex_tooltips": False,
    "reviewbook_chapters": [],
}


def record(**fields: object) -> Record:
    given: dict[str, object] = {
        "key": "doe2001",
        "design": "rct-parallel",
        "findings": [{"id": "main", "text": "it rose", "locator": "abstract"}],
        "read": [{"what": "abstract", "where": "a copy"}],
    }
    return Record.model_validate(given | fields)


def test_every_design_depth_status_and_bias_has_words() -> None:
    assert set(cards.DESIGNS) == set(Design)
    assert set(cards.DEPTHS) == set(Depth)
    assert set(cards.STATUSES) == set(Status)
    assert set(cards.BIASES) == set(RiskOfBias)
    assert len(set(cards.DESIGNS.values())) == len(Design)


def test_what_a_source_is_holds_design_and_size() -> None:
    assert cards.what(record(n=1234)) == "Randomised trial, n\u00a0=\u00a01,234"
    assert cards.what(record()) == "Randomised trial"


def test_a_guessed_design_is_called_a_guess() -> None:
    def told(found: Record) -> str:
        return cards.fields(found).astext()

    assert "Randomised trial (a guess, not confirmed)" in told(record(draft=["design"]))
    assert "guess" not in told(record(draft=["findings"], findings=[]))
    assert "guess" not in told(record())


def test_the_deepest_reading_is_named_first_and_once() -> None:
    read = [{"what": what, "where": "x"} for what in ("abstract", "full-text", "abstract")]
    assert cards.depths(record(read=read)) == "full text, abstract"
    assert cards.depths(record(read=[], draft=["read"])) == "nothing yet"


@pytest.mark.parametrize(
    ("text", "told"), [("it rose", "It rose."), ("It rose.", "It rose."), ("why?", "Why?"), ("µ rose", "Μ rose.")]
)
def test_a_note_becomes_a_sentence(text: str, told: str) -> None:
    assert cards.sentence(text) == told


def test_a_preview_holds_as_many_findings_as_fit_and_at_least_one() -> None:
    def findings(*lengths: int) -> list[dict[str, str]]:
        return [{"id": f"f{i}", "text": "x" * n, "locator": "t"} for i, n in enumerate(lengths)]

    def count(*lengths: int) -> int:
        return len(cards.chosen_findings(record(findings=findings(*lengths))))

    assert count(10, 10, 10, 10) == 3
    assert count(900, 10) == 1
    assert count(200, 200, 200) == 2


def test_a_day_is_written_out() -> None:
    reading = record(read=[{"what": "abstract", "where": "x", "when": datetime.date(2026, 11, 3)}]).read[0]
    assert cards.spoken_date(reading) == "3 November 2026"


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    book = TinyBook(tmp_path / "book")
    book.source(
        "doe2001",
        "rct-parallel",
        "at 24 h, 64% responded",
        pmid="12345",
        population="adults",
        n=73,
        intervention="ketamine",
        comparator="midazolam",
        caveats=["small", "short"],
        funding="a fund",
        risk_of_bias="low",
        risk_of_bias_source="this review: blinded",
        read=[{"what": "full-text", "where": "https://www.example.org/a/long/page", "when": "2026-11-23"}],
    )
    book.chapter(
        "People responded {cite:p}`doe2001`.\n\n"
        "## Section A\n\nOnce {cite:p}`doe2001`.\n\nThen {cite:p}`doe2001,roe2002`.\n\n"
        "## Section B\n\nAgain {cite:p}`doe2001`.\n"
    )
    book.page("part/two", "# Two\n\n## Section C\n\nOnce more {cite:p}`doe2001`.\n")
    return book


def card(html: str, key: str) -> object:
    page = html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)
    return next(div for div in page.iter("div") if div.get("id") == f"cite-{key}")


def words(element: object) -> str:
    return " ".join("".join(element.itertext()).split())


def test_a_card_tells_what_the_record_holds(book: TinyBook) -> None:
    built = book.build(**LOOK)
    assert built.warnings == []
    found = card(built.html("sources"), "doe2001")
    terms = [words(dt).rstrip(":") for dt in found.iter("dt")]
    told = dict(zip(terms, [words(dd) for dd in found.iter("dd")], strict=True))
    assert told == {
        "Design": "Randomised trial, n = 73",
        "Studied": "Adults.",
        "Given": "Ketamine.",
        "Compared with": "Midazolam.",
        "Found": "At 24 h, 64% responded. [abstract]",
        "Risk of bias": "Low, judged by this review: blinded",
        "Caveats": "Small. Short.",
        "Funding": "A fund.",
        "We read": "Full text, example.org, 23 November 2026",
    }
    links = [a.get("href") for a in found.iter("a")]
    assert "https://doi.org/10.1000/doe2001" in links
    assert "https://pubmed.ncbi.nlm.nih.gov/12345/" in links
    assert "https://www.example.org/a/long/page" in links


def test_a_card_links_back_to_every_place_by_chapter_and_section(book: TinyBook) -> None:
    found = card(book.build(**LOOK).html("sources"), "doe2001")
    cited = next(div for div in found.iter("div") if "cited-in" in (div.get("class") or ""))
    assert words(cited) == "Cited in One: opening, Section A 2, Section B Two: Section C"
    assert [a.get("href") for a in cited.iter("a")] == [
        "part/one.html#use-doe2001-1",
        "part/one.html#use-doe2001-2",
        "part/one.html#use-doe2001-3",
        "part/one.html#use-doe2001-4",
        "part/two.html#use-doe2001-1",
    ]


def test_only_cited_sources_have_cards_sorted_by_author(book: TinyBook) -> None:
    book.source("abe2003", "cohort", "Not cited.")
    html = book.build(**LOOK).html("sources")
    assert 'id="cite-abe2003"' not in html
    assert html.index('id="cite-doe2001"') < html.index('id="cite-roe2002"')


def test_a_source_that_does_not_stand_says_so_before_its_reference(book: TinyBook) -> None:
    book.source("doe2001", "cohort", "It rose.", status="retracted", notice="withdrawn by the journal in 2005")
    built = book.build(**LOOK)
    found = card(built.html("sources"), "doe2001")
    assert next(words(p) for p in found.iter("p")) == "Retracted. Withdrawn by the journal in 2005."
    assert "Retracted: withdrawn by the journal in 2005" in built.html("part/one")


def test_a_new_citation_reaches_the_cards_in_an_incremental_build(book: TinyBook) -> None:
    book.build(**LOOK)
    book.page("part/two", "# Two\n\n## Section D\n\nNow {cite:p}`roe2002`.\n")
    built = book.build(**LOOK)
    assert built.warnings == []
    html = built.html("sources")
    assert "Section C" not in words(card(html, "doe2001"))
    assert "Two: Section D" in words(card(html, "roe2002"))


def test_a_renamed_section_reaches_the_cards(book: TinyBook) -> None:
    book.build(**LOOK)
    book.page("part/two", "# Two again\n\n## Section E\n\nOnce more {cite:p}`doe2001`.\n")
    assert "Two again: Section E" in words(card(book.build(**LOOK).html("sources"), "doe2001"))


def test_nothing_is_written_again_when_nothing_has_changed(book: TinyBook) -> None:
    first = book.build(**LOOK)
    before = {path: path.stat().st_mtime_ns for path in first.out.rglob("*.html")}
    book.build(**LOOK)
    after = {path: path.stat().st_mtime_ns for path in first.out.rglob("*.html")}
    changed = {path.name for path in before if before[path] != after[path]}
    assert changed <= {"search.html", "genindex.html"}


def test_print_gets_the_reference_and_a_line(book: TinyBook) -> None:
    built = book.build("latex", latex_documents=[("index", "book.tex", "B", "A", "manual")], **LOOK)
    assert built.warnings == []
    tex = (built.out / "book.tex").read_text(encoding="utf-8")
    entry = tex[tex.index(r"\bibitem[Doe, 2001]") :]
    assert "Randomised trial, n\u00a0=\u00a073; read: full text." in entry.replace("~", "\u00a0")
    assert "https://doi.org/10.1000/doe2001" in entry
    assert "Cited in" not in tex


def test_the_epub_holds_the_cards(book: TinyBook) -> None:
    built = book.build("epub", **LOOK)
    page = (built.out / "sources.xhtml").read_text(encoding="utf-8")
    assert 'id="cite-doe2001"' in page and "At 24 h, 64% responded." in page
    assert "<template" not in (built.out / "part" / "one.xhtml").read_text(encoding="utf-8")


def test_an_archived_copy_stands_in_the_reference_and_in_the_preview(book: TinyBook) -> None:
    page = "https://www.example.org/a/page"
    copy = f"https://web.archive.org/web/20240102030405/{page}"
    book.source("doe2001", "news", "It rose.", doi=None, no_doi="a page", url=page, archived=copy)
    built = book.build(**LOOK)
    assert built.warnings == []
    found = card(built.html("sources"), "doe2001")
    reference = next(p for p in found.iter("p") if any(a.get("href") == copy for a in p.iter("a")))
    assert words(reference).endswith("example.org · archived copy")
    assert f'<a href="{copy}">Archived copy</a>' in built.html("part/one")
    tex = book.build("latex", latex_documents=[("index", "book.tex", "B", "A", "manual")], **LOOK).out / "book.tex"
    assert "{archived copy}" in tex.read_text(encoding="utf-8")


def test_a_copy_that_is_added_reaches_the_pages_in_an_incremental_build(book: TinyBook) -> None:
    page = "https://www.example.org/a/page"
    copy = f"https://web.archive.org/web/20240102030405/{page}"
    book.source("doe2001", "news", "It rose.", doi=None, no_doi="a page", url=page)
    book.build(**LOOK)
    book.source("doe2001", "news", "It rose.", doi=None, no_doi="a page", url=page, archived=copy)
    built = book.build(**LOOK)
    assert built.html("sources").count(copy) == 1
    assert built.html("part/one").count(copy) == 1


def test_a_doi_with_brackets_is_a_link_that_can_be_followed(book: TinyBook) -> None:
    doi = "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2"
    book.source("doe2001", "cohort", "It rose.", doi=doi)
    built = book.build(**LOOK)
    assert built.warnings == []
    found = card(built.html("sources"), "doe2001")
    links = {a.get("href"): words(a) for a in found.iter("a")}
    assert links[f"https://doi.org/{doi.replace('<', '%3C').replace('>', '%3E')}"] == f"doi:\u2060{doi}"
