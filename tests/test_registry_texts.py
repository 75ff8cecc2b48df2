"""What registries write becomes clean text, names and pages; what people type becomes an identifier."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbook import bib, rules
from reviewbook.registry import pages, texts
from reviewbook.registry.identifiers import Identifier, Kind, identify
from reviewbook.registry.work import Name, body, person

ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\ufffd"), max_size=40)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("A &amp;amp; B &lt;i&gt;C&lt;/i&gt;", "A & B C"),
        ("H<sub>2</sub>O, <jats:italic>in vivo</jats:italic>", "H2O, in vivo"),
        ("p < 0.05 and q > 3", "p < 0.05 and q > 3"),
        ("<mml:math xmlns:mml='x'><mml:mi>β</mml:mi></mml:math>-blocker", "β-blocker"),
        ("two\u00a0 words\n here\u200b", "two words here"),
        ("caf\u0065\u0301 non\u2010breaking\u2011hyphens", "café non-breaking-hyphens"),
        (None, ""),
    ],
)
def test_markup_and_odd_characters_go(raw: str | None, clean: str) -> None:
    assert texts.clean(raw) == clean


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("A title.", "A title"),
        ("A title?", "A title?"),
        ("Where now ...", "Where now ..."),
        ("[A translated title].", "[A translated title]"),
        ("[A translated title.]", "[A translated title]"),
        ("EFFECTS OF KETAMINE ON SLEEP", "Effects of ketamine on sleep"),
        ("NMDA AND GABA", "NMDA AND GABA"),
    ],
)
def test_titles_lose_their_full_stop_and_shouting(raw: str, title: str) -> None:
    assert texts.clean_title(raw) == title


@pytest.mark.parametrize(
    ("title", "source"),
    [
        ("The mTOR pathway and NMDA receptors", "The {mTOR} pathway and {NMDA} receptors"),
        ("Ketamine in Japan: a Delphi study of its use", "Ketamine in {Japan}: a {Delphi} study of its use"),
        ("Ketamine for Depression in Japanese Adults", "Ketamine for Depression in Japanese Adults"),
        ("(R)-ketamine is 50% better & cheaper_now", "({R})-ketamine is 50\\% better \\& cheaper\\_now"),
        ("Alzheimer's and Parkinson’s disease", "Alzheimer's and {Parkinson’s} disease"),
        ("Doses of 1–2 mg", "Doses of 1--2 mg"),
        ("10^3 ~ cells", "10³ ∼ cells"),
        ("5-HT2A and CYP2B6*6", "5-{HT2A} and {CYP2B6*6}"),
    ],
)
def test_braces_keep_capitals(title: str, source: str) -> None:
    assert texts.latex_title(title) == source
    if "^" not in title:
        assert bib.plain(source) == title


@given(ANY_TEXT)
def test_any_title_can_stand_in_the_bibliography(text: str) -> None:
    for source in (texts.latex(texts.clean(text)), texts.latex_title(texts.clean(text))):
        entry = bib.Entry("x2001", "misc", {"title": source}, 1, {})
        written = bib.parse(bib.write((entry,)))
        assert written.problems == ()
        assert [e.fields["title"] for e in written.entries] == [source]


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_any_name_can_stand_in_the_bibliography(family: str, given: str, suffix: str) -> None:
    for name in (person(family, given, suffix), body(family)):
        entry = bib.Entry("x2001", "misc", {"author": name.bibtex}, 1, {})
        (read,) = bib.parse(bib.write((entry,))).entries
        assert len(rules._names(read.fields["author"])) == 1 or not name.family


@pytest.mark.parametrize(
    ("raw", "pages"),
    [
        *(("154-60", "154--160"), ("154–160", "154--160"), ("154--160", "154--160"), ("7", "7"), ("7-7", "7")),
        *(("e067194", "e067194"), ("S12-S19", "S12--S19"), ("1299-1313.e19", "1299--1313.e19"), ("", ""), (None, "")),
        ("12 - 19", "12--19"),
    ],
)
def test_pages_are_written_in_full(raw: str | None, pages: str) -> None:
    assert texts.pages(raw) == pages


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        *(("Jamie A", "Jamie A."), ("J.A.", "J. A."), ("JA", "J. A."), ("J.-P.", "J.-P."), ("J-P", "J-P.")),
        *(("Jo", "Jo"), ("Ng", "Ng"), (None, ""), ("Anne Marie", "Anne Marie")),
    ],
)
def test_initials_get_full_stops(raw: str | None, name: str) -> None:
    assert texts.given_names(raw) == name


@pytest.mark.parametrize(
    ("raw", "name"), [("MCDONALD", "Mcdonald"), ("VON DER O'NEIL", "Von Der O'Neil"), ("Ng", "Ng"), ("NG", "NG")]
)
def test_family_names_do_not_shout(raw: str, name: str) -> None:
    assert texts.family_name(raw) == name


@pytest.mark.parametrize(
    ("name", "source"),
    [
        (person("Zarate", "Carlos A", "Jr."), "Zarate, Jr, Carlos A."),
        (person("Plato"), "Plato"),
        (body("Lilly and Company."), "{Lilly and Company}"),
        (body("R&D {Group}"), "{R\\&D (Group)}"),
        (Name("Smith and Wesson", "J."), "{Smith and Wesson}, J."),
        (Name("Doe", "Jane, MD"), "Doe, {Jane, MD}"),
    ],
)
def test_names_are_written_as_the_bibliography_has_them(name: Name, source: str) -> None:
    assert name.bibtex == source


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ketamine: β-blockers & Sleep", "ketamine beta blockers sleep"),
        ("Ångström–Łódź", "angstrom lodz"),
        ("Brutsché", "BRUTSCHE"),
        ("Sørensen", "Sorensen"),
    ],
)
def test_spellings_fold(one: str, other: str) -> None:
    assert texts.folded(one) == texts.folded(other)


def test_names_of_journals_and_families_fold() -> None:
    assert texts.folded_journal("The Lancet & Co (London, England)") == texts.folded_journal("Lancet and co")
    assert texts.folded_journal("Invention : official journal of nobody") == texts.folded_journal("Invention")
    assert texts.folded_family("De Feyter") == texts.folded_family("Feyter")
    assert texts.folded_family("Le") == "le"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10.1016/S0140-6736(98)01234-5", (Kind.DOI, "10.1016/S0140-6736(98)01234-5")),
        ("DOI: 10.1000/x.", (Kind.DOI, "10.1000/x")),
        ("http://dx.doi.org/10.1000/a%3Cb%3E", (Kind.DOI, "10.1000/a<b>")),
        ("https://journals.example.com/doi/abs/10.1000/x?casa=1", (Kind.DOI, "10.1000/x")),
        ("https://www.example.com/articles/10.3389/fpsyt.2021.1/full", (Kind.DOI, "10.3389/fpsyt.2021.1")),
        ("pmid:123", (Kind.PMID, "123")),
        ("https://www.ncbi.nlm.nih.gov/pubmed/123", (Kind.PMID, "123")),
        ("https://europepmc.org/article/MED/123", (Kind.PMID, "123")),
        ("pmc123", (Kind.PMCID, "PMC123")),
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC123/pdf/x.pdf", (Kind.PMCID, "PMC123")),
        ("https://clinicaltrials.gov/ct2/show/NCT01234567?term=x", (Kind.NCT, "NCT01234567")),
        ("clinicaltrials.gov/study/nct01234567", (Kind.NCT, "NCT01234567")),
        ("https://www.example.org/a/b", (Kind.URL, "https://www.example.org/a/b")),
    ],
)
def test_identifiers_are_told_apart(text: str, found: tuple[Kind, str]) -> None:
    assert identify(text) == Identifier(*found)


@given(ANY_TEXT)
def test_any_text_is_an_identifier_or_refused_in_words(text: str) -> None:
    for candidate in (text, f"https://{text}", f"10.1000/{text}"):
        try:
            identify(candidate)
        except ValueError as error:
            assert "is no" in str(error) or "holds no DOI" in str(error)


@pytest.mark.parametrize(
    ("url", "tidied"),
    [
        ("http://News.example.org/a?utm_source=x&id=3&fbclid=y#top", "https://news.example.org/a?id=3"),
        ("https://example.org", "https://example.org/"),
        ("https://example.org/a?b=c%20d&e", "https://example.org/a?b=c%20d&e"),
    ],
)
def test_addresses_are_tidied(url: str, tidied: str) -> None:
    assert pages.tidy(url) == tidied
