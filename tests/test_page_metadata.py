"""What each page says of itself to machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import html5lib
import pytest
import yaml
from books import ROOT
from docutils import nodes
from jsonschema import Draft202012Validator
from tiny_book import Built, TinyBook

from reviewbook.page_metadata import MAX_DESCRIPTION, description

SCHEMA = json.loads((Path(__file__).parent / "page-metadata.schema.json").read_text(encoding="utf-8"))
LOOK: dict[str, object] = {
    "author": "The contributors",
    "version": "1.2",
    "reviewbook_released": "2026-11-25",
    "reviewbook_license": "https://example.org/licence",
    "reviewbook_locale": "en_GB",
    "bibtex_reference_style": "reviewbook",
    "bibtex_default_style": "reviewbook",
    "reviewbook_sources_page": "sources",
}


class Head:
    """The head of a page, as a browser reads it."""

    def __init__(self, html: str) -> None:
        tree: ElementTree.Element = html5lib.parse(html, namespaceHTMLElements=False)
        self.tags: list[tuple[str, str]] = []
        for node in tree.findall("head/meta"):
            name = node.get("name") or node.get("property")
            if name:
                self.tags.append((name, node.get("content", "")))
        scripts = [s.text or "" for s in tree.findall("head/script") if s.get("type") == "application/ld+json"]
        blocks = [json.loads(script) for script in scripts]
        self.data: list[dict[str, Any]] = [block for block in blocks if "@graph" not in block]

    def all(self, name: str) -> list[str]:
        return [content for tag, content in self.tags if tag == name]

    def one(self, name: str) -> str:
        (content,) = self.all(name)
        return content


def valid(data: dict[str, Any]) -> list[str]:
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(data)]


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    tiny = TinyBook(tmp_path / "book")
    tiny.page("part/index", "# Part A\n\nIt rose {cite:p}`roe2002`.\n")
    tiny.source(
        "doe2001", "rct-parallel", "At 24 h, 64% of 47 people responded.", pmid="123", title=r'<b>"A" \& B; C</b>'
    )
    return tiny


def built(book: TinyBook, text: str, **conf: object) -> Built:
    book.chapter(text)
    done = book.build(**(LOOK | conf))
    assert done.warnings == [], done.log
    return done


TEXT = "At 24 h, 64% of 47 people responded {cite:p}`doe2001`.\n\nIt rose {cite:p}`roe2002,doe2001`.\n"


def test_a_chapter_names_itself_its_book_and_its_sources_once_each(book: TinyBook) -> None:
    head = Head(built(book, TEXT).html("part/one"))
    assert head.one("citation_title") == "One"
    assert head.one("citation_author") == "The contributors"
    assert head.one("citation_publication_date") == "2026/11/25"
    assert head.one("citation_language") == "en"
    assert head.one("citation_inbook_title") == "A tiny book"
    first, second = head.all("citation_reference")
    assert first == (
        'citation_title=<b>"A" & B, C</b>; citation_author=Jane Doe; citation_journal_title=Journal of Examples; '
        "citation_volume=1; citation_pages=1-2; citation_publication_date=2001; citation_doi=10.1000/doe2001; "
        "citation_pmid=123"
    )
    assert "citation_doi=10.1000/roe" in second
    assert head.one("description") == head.one("og:description") == "At 24 h, 64% of 47 people responded."
    assert (head.one("og:type"), head.one("og:title"), head.one("og:locale")) == ("article", "One", "en_GB")
    assert head.all("og:image") == []


def test_linked_data_name_the_sources_by_their_identifiers(book: TinyBook) -> None:
    (data,) = Head(built(book, TEXT).html("part/one")).data
    assert valid(data) == []
    assert (data["@type"], data["articleSection"], data["isPartOf"]["name"]) == (
        "ScholarlyArticle",
        "Part A",
        "A tiny book",
    )
    assert (data["license"], data["version"]) == ("https://example.org/licence", "1.2")
    assert (data["datePublished"], data["dateModified"]) == ("2026-11-25", "2026-11-25")
    assert data["citation"][0] == {
        "@type": "ScholarlyArticle",
        "name": '<b>"A" & B; C</b>',
        "datePublished": "2001",
        "identifier": [
            {"@type": "PropertyValue", "propertyID": "doi", "value": "10.1000/doe2001"},
            {"@type": "PropertyValue", "propertyID": "pmid", "value": "123"},
        ],
        "sameAs": ["https://doi.org/10.1000/doe2001", "https://pubmed.ncbi.nlm.nih.gov/123/"],
    }


def test_nothing_in_the_data_can_end_the_script(book: TinyBook) -> None:
    book.source("doe2001", "rct-parallel", "64% of 47 people responded.", title="</script><script>alert(1)</script>")
    html = built(book, "Yes {cite:p}`doe2001`.\n").html("part/one")
    assert "<script>alert" not in html.partition("</head>")[0]
    (data,) = Head(html).data
    assert data["citation"][0]["name"] == "</script><script>alert(1)</script>"


def test_addresses_stand_only_where_that_of_the_site_is_known(book: TinyBook) -> None:
    without = Head(built(book, TEXT).html("part/one"))
    assert without.all("og:url") + without.all("citation_fulltext_html_url") == []
    assert not {"url", "@id"} & without.data[0].keys()
    done = built(book, TEXT, html_baseurl="https://example.org/book/")
    page, front = Head(done.html("part/one")), Head(done.html("index"))
    url = "https://example.org/book/part/one.html"
    assert page.one("og:url") == page.one("citation_fulltext_html_url") == page.data[0]["url"] == url
    assert page.data[0]["isPartOf"]["url"] == front.data[0]["url"] == "https://example.org/book/"


def test_a_pdf_is_named_on_the_front_page_alone_and_only_if_it_is_there(book: TinyBook) -> None:
    base = {"html_baseurl": "https://example.org/"}
    done = built(book, TEXT, **base)
    assert Head(done.html("index")).all("citation_pdf_url") == []
    assert "encoding" not in Head(done.html("index")).data[0]
    (book.root / "a.pdf").write_bytes(b"%PDF-1.5")
    done = built(book, TEXT, **base, reviewbook_editions=["a.pdf"])
    front = Head(done.html("index"))
    assert front.one("citation_pdf_url") == "https://example.org/a.pdf"
    assert front.data[0]["@type"] == "Book"
    assert front.data[0]["encoding"] == [
        {"@type": "MediaObject", "contentUrl": "https://example.org/a.pdf", "encodingFormat": "application/pdf"}
    ]
    assert Head(done.html("part/one")).all("citation_pdf_url") == []


def test_what_a_page_says_follows_the_bibliography(book: TinyBook) -> None:
    built(book, TEXT)
    book.bib.write_text(book.bib.read_text().replace("10.1000/doe2001", "10.1000/new"))
    done = book.build(**LOOK)
    assert "10.1000/new" in Head(done.html("part/one")).all("citation_reference")[0]


@pytest.mark.parametrize("builder", ["epub", "latex", "text"])
def test_other_formats_have_nothing_of_it(book: TinyBook, builder: str) -> None:
    book.chapter(TEXT)
    done = book.build(builder, **LOOK)
    for path in done.out.rglob("*"):
        if path.suffix in (".xhtml", ".tex", ".txt"):
            assert "citation_title" not in path.read_text(encoding="utf-8")


def test_a_long_first_paragraph_is_cut_at_the_end_of_a_sentence() -> None:
    doctree = nodes.document(None, None)  # type: ignore[arg-type]
    doctree += nodes.section("", nodes.paragraph("", "", nodes.Text("It rose by 2.5 points. " * 30)))
    text = description(doctree)
    assert len(text) <= MAX_DESCRIPTION
    assert text.endswith("points.")
    assert text.count("It rose") == 13
    doctree[0][0][:] = [nodes.Text("word " * 100)]  # type: ignore[index]
    assert description(doctree).endswith(" …")


# The real book


@pytest.fixture(scope="module")
def heads(built_book: Path) -> dict[str, Head]:
    pages = (p for p in sorted(built_book.rglob("*.html")) if p.name not in ("genindex.html", "search.html"))
    return {str(p.relative_to(built_book)): Head(p.read_text(encoding="utf-8")) for p in pages}


def test_every_page_of_the_book_holds_valid_linked_data(heads: dict[str, Head]) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    pages = {p.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for p in (ROOT / "docs").rglob("*.md")}
    assert pages == heads.keys()
    faults = {}
    for name, head in heads.items():
        (data,) = head.data
        if found := valid(data):
            faults[name] = found
    assert faults == {}


def test_every_page_of_the_book_has_its_tags_once(heads: dict[str, Head], built_book: Path) -> None:
    once = ("citation_title", "citation_author", "citation_publication_date", "og:title", "og:type", "og:locale")
    for name, head in heads.items():
        assert [len(head.all(tag)) for tag in once] == [1] * len(once), name
        assert len(head.all("description")) == len(head.all("og:description")) <= 1, name
    claims = json.loads((built_book / "claims.json").read_text(encoding="utf-8"))["claims"]
    chapters = {f"{claim['page']}.html" for claim in claims if claim["kind"] == "cited"}
    assert len(chapters) > 30
    assert [name for name in sorted(chapters) if not heads[name].all("description")] == []
    assert [name for name in sorted(chapters) if not heads[name].all("citation_reference")] == []


def test_the_sources_of_a_page_are_those_of_its_claims(heads: dict[str, Head], built_book: Path) -> None:
    claims = json.loads((built_book / "claims.json").read_text(encoding="utf-8"))["claims"]
    for name, head in heads.items():
        dois = {s["doi"] for c in claims if f"{c['page']}.html" == name for s in c["sources"] if s["doi"]}
        told = {
            i["value"]
            for w in head.data[0].get("citation", [])
            for i in w.get("identifier", [])
            if i["propertyID"] == "doi"
        }
        assert dois <= told, name
        assert len(head.all("citation_reference")) == len(head.data[0].get("citation", []))


def test_dates_and_version_are_those_of_the_citation_file(heads: dict[str, Head]) -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    data = heads["index.html"].data[0]
    assert data["@type"] == "Book"
    assert data["dateModified"] == citation["date-released"]
    assert data["version"] == citation["version"]
    assert data["name"] == citation["title"]
    assert data["author"]["name"] == citation["authors"][0]["name"]
