"""The form of addresses and identifiers."""

from __future__ import annotations

from pathlib import Path

import pytest
from books import ROOT
from tiny_book import TinyBook

from reviewbook.addresses import addresses_in, malformed_trial_numbers, same_page, url_fault
from reviewbook.library import load
from reviewbook.rules import check_library

PAGE = "https://www.example.org/news/1"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://example.org/a?id=3&utm_source=x&UTM_Medium=y", "tracks readers by utm_source, UTM_Medium"),
        ("https://example.org/a?fbclid=", "tracks readers by fbclid"),
        ("https://example.org/a?fsrc=rss&gclid=1", "tracks readers by fsrc, gclid"),
        ("https://example.org/a?source=b&ref=c#utm_source", ""),
        ("https://preview-www.nature.com/articles/1", "a mirror, proxy or test host"),
        ("https://www-nejm-org.proxy.library.example.edu/x", "a mirror, proxy or test host"),
        ("https://ezproxy.example.edu/login?url=x", "a mirror, proxy or test host"),
        ("https://sci-hub.example/10.1", "a mirror, proxy or test host"),
        ("https://archive.ph/abc", "a mirror, proxy or test host"),
        ("https://bit.ly/abc", "a mirror, proxy or test host"),
        ("https://example-org.translate.goog/x", "a mirror, proxy or test host"),
        ("https://dev-psych.example.org/x", ""),
        ("https://web.archive.org/web/20240102030405/https://example.org/x", ""),
        ("https://doi.org/10.1000/x", ""),
        ("https://doi.org/doi:10.1000/x", "no DOI in it"),
        ("https://doi.org/10.1000", "no DOI in it"),
        ("https://doi.org/10.1002/(SICI)1097-4571(199806)49:8%3C693::AID-ASI4%3E3.0.CO;2-O", ""),
        ("https://pubmed.ncbi.nlm.nih.gov/123456789/", "no PMID in it"),
        ("https://pubmed.ncbi.nlm.nih.gov/?term=ketamine", ""),
        ("https://pmc.ncbi.nlm.nih.gov/articles/123/", "no PMCID in it"),
        ("https://pmc.ncbi.nlm.nih.gov/articles/PMC123/figure/F1/", ""),
        ("https://clinicaltrials.gov/study/NCT123", "no number of a trial in it"),
        ("https://clinicaltrials.gov/study/NCT01234567", ""),
    ],
)
def test_the_form_of_an_address(url: str, fault: str) -> None:
    assert url_fault(url) == fault


def test_addresses_are_found_without_the_punctuation_around_them() -> None:
    text = "(see https://a.org/x_(y), https://b.org/z). 'https://c.org/?q=1' and <https://d.org/>; https://e.org."
    assert list(addresses_in(text)) == [
        *("https://a.org/x_(y)", "https://b.org/z", "https://c.org/?q=1", "https://d.org/", "https://e.org"),
    ]


def test_what_does_not_change_the_page_does_not_change_the_address() -> None:
    assert same_page("http://www.A.org:80/x/#y") == same_page("https://a.org/x") != same_page("https://a.org/x?y")


def test_a_trial_number_has_eight_digits() -> None:
    assert malformed_trial_numbers("NCT01234567, NCT0123456, NCT 01234567, NCT: and NCT0123*") == [
        "NCT0123456",
        "NCT 01234567",
    ]


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    return TinyBook(tmp_path / "book")


def faults(book: TinyBook) -> list[str]:
    library = load(book.bib, book.root / "sources")
    return [problem.rule for problem in check_library(library)]


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"url": PAGE, "archived": f"https://web.archive.org/web/20240102030405/{PAGE}/"}, []),
        ({"read": [{"what": "page", "where": PAGE}], "archived": f"https://web.archive.org/web/20240102030405/{PAGE}"}, []),
        ({"url": PAGE, "archived": "https://web.archive.org/web/20240102030405/https://example.org/"}, ["source.archived"]),
        ({"url": PAGE, "doi": "10.1000/z", "archived": f"https://web.archive.org/web/20240102030405/{PAGE}"},
         ["source.archived"]),
        ({"url": PAGE, "archived": f"https://web.archive.org/web/2024/{PAGE}"}, ["source.record-invalid"]),
        ({"url": PAGE, "archived": f"https://archive.example/web/20240102030405/{PAGE}"}, ["source.record-invalid"]),
        ({"url": PAGE, "archived": f"https://web.archive.org/web/*/{PAGE}"}, ["source.record-invalid"]),
        ({"read": [{"what": "page", "where": f"{PAGE}?utm_source=x"}]}, ["source.url"]),
        ({"read": [{"what": "page", "where": "a copy; see https://10.0.0.1/x"}]}, ["source.url"]),
        ({"caveats": ['as "https://example.org/x?fbclid=1" says']}, ["source.url"]),
        ({"caveats": ['as "https://example.org/x" says'], "title": "The trial NCT1"}, ["link.trial-number"]),
        ({"url": f"{PAGE}?gclid=1"}, ["bib.url"]),
        ({"findings": [{"id": "a", "text": "It is NCT0123456.", "locator": "x"}]}, ["link.trial-number"]),
    ],
)  # fmt: skip
def test_the_addresses_of_a_source(book: TinyBook, fields: dict[str, object], rules: list[str]) -> None:
    book.source("zoe2003", "news", "It was so.", **{"doi": None, "no_doi": "a page"} | fields)
    assert faults(book) == rules


def test_the_addresses_and_trial_numbers_of_a_page(book: TinyBook) -> None:
    path = book.page(
        "about",
        "# About\n\nSee [this](https://example.org/x?utm_source=y).\n\n"
        "One [with http](http://example.org/x), <https://127.0.0.1/x>, [good](https://example.org/x) "
        "and [here](#about).\n\nThe trial NCT0123456.\n",
    )
    built = book.build("check")
    assert [(w.path.endswith(path.name), w.line, w.rule.removeprefix("reviewbook.")) for w in built.warnings] == [
        (True, 3, "link.page"),
        (True, 5, "link.page"),
        (True, 5, "link.page"),
        (True, 7, "link.trial-number"),
    ]
    assert "tracks readers by utm_source: https://example.org/x?utm_source=y" in built.warnings[0].message


def test_the_texts_around_the_book_link_well() -> None:
    for name in ("README.md", "CHANGELOG.md", "CITATION.cff"):
        urls = [url for url in addresses_in((ROOT / name).read_text()) if "//127.0.0.1" not in url]
        assert {url: url_fault(url) for url in urls if url_fault(url)} == {}, name
