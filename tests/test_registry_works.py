"""Answers of registries are read by the documented form, and designs are guessed from them."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from registries import recorded

from reviewbook.records import Design
from reviewbook.registry import crossref, datacite, drafts, pages, pubmed, trials
from reviewbook.registry.designs import guess
from reviewbook.registry.web import Unreachable
from reviewbook.registry.work import Work
from reviewbook.rules import lacking

TODAY = datetime.date(2026, 11, 25)


def of_crossref(**changes: Any) -> Work:
    message = recorded("crossref-trial.json")["message"] | changes
    return crossref.read({name: value for name, value in message.items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "type_", "field", "value"),
    [
        ({"type": "posted-content", "subtype": "preprint", "institution": [{"name": "medRxiv"}]},
         "article", "journal", "medRxiv"),
        ({"type": "posted-content", "subtype": "preprint"}, "article", "journal", "Example Publishing \\& Sons"),
        ({"type": "report", "institution": [{"name": "Agency"}]}, "techreport", "institution", "Agency"),
        ({"type": "dissertation"}, "phdthesis", "school", "Example Publishing \\& Sons"),
        ({"type": "book-chapter", "container-title": ["A Book"]}, "incollection", "booktitle", "A Book"),
        ({"type": "proceedings-article", "container-title": ["A Meeting"]}, "inproceedings", "booktitle", "A Meeting"),
        ({"type": "book"}, "book", "publisher", "Example Publishing \\& Sons"),
        ({"type": "dataset", "container-title": []}, "misc", "howpublished", "Example Publishing \\& Sons"),
    ],
)  # fmt: skip
def test_every_type_of_crossref_gives_a_whole_entry(changes: Any, type_: str, field: str, value: str) -> None:
    entry = drafts.entry(of_crossref(**changes), "x2022", TODAY)
    assert (entry.type, entry.fields[field]) == (type_, value)
    assert lacking(entry) == []


def test_a_preprint_needs_no_volume() -> None:
    work = of_crossref(type="posted-content", subtype="preprint", volume=None, issue=None, page=None)
    entry = drafts.entry(work, "x2022", TODAY)
    assert entry.fields["pubstate"] == "preprint"


def test_the_year_is_that_of_the_issue() -> None:
    both = of_crossref()
    assert (both.year, both.online_year) == ("2022", "2021")
    online = of_crossref(**{"published-print": None})
    assert (online.year, online.online_year) == ("2021", "2021")
    (article,) = pubmed.read(recorded("pubmed-trial.xml"))
    assert online.with_more(article).year == "2022"


def test_the_number_of_an_article_stands_for_pages() -> None:
    assert of_crossref(page=None, **{"article-number": "e77"}).pages == "e77"


def test_a_subtitle_is_not_told_twice() -> None:
    assert of_crossref(title=["One: two"], subtitle=["Two"]).title == "One: two"
    assert of_crossref(title=["Is it?"], subtitle=["Yes"]).title == "Is it? Yes"


def test_a_title_that_lost_its_capitals_is_taken_from_pubmed() -> None:
    (article,) = pubmed.read(recorded("pubmed-trial.xml"))
    shouted = of_crossref(title=[article.title.upper()], subtitle=[])
    assert shouted.title == article.title.capitalize()
    assert shouted.with_more(article).title == article.title


def test_an_article_of_pubmed_is_read() -> None:
    (article,) = pubmed.read(recorded("pubmed-trial.xml"))
    assert article.container == "Journal of invented medicine"
    assert article.journals == ("J Inv Med",)
    assert article.pages == "154--160"
    assert article.pmcid == "PMC9900042"
    assert [name.family for name in article.authors] == ["Østergård", "de la Cruz", "EXAMPLE Study Group"]


@pytest.mark.parametrize("xml", ["", "<a>", "{}", "<PubmedArticleSet><PubmedArticle/></PubmedArticleSet>"])
def test_what_is_no_answer_of_pubmed_is_unreachable(xml: str) -> None:
    with pytest.raises(Unreachable):
        pubmed.read(xml, "https://example.org")


def test_works_survive_the_cache() -> None:
    (article,) = pubmed.read(recorded("pubmed-trial.xml"))
    for work in (article, of_crossref(), trials.read(recorded("trial.json"))):
        assert Work.of_json(json.loads(json.dumps(work.as_json()))) == work


def test_a_data_set_in_a_journal_is_an_article() -> None:
    attributes = recorded("datacite-report.json")["data"]["attributes"] | {
        "types": {"resourceTypeGeneral": "JournalArticle"},
        "container": {"title": "J", "volume": "1", "firstPage": "3", "lastPage": "9"},
        "publisher": "Example",
    }
    work = datacite.read(attributes)
    assert (work.type, work.container, work.pages) == ("article", "J", "3--9")
    assert datacite.read(attributes | {"container": None}).type == "misc"


def test_an_estimated_number_of_people_is_not_taken() -> None:
    study = recorded("trial.json")
    study["protocolSection"]["designModule"]["enrollmentInfo"]["type"] = "ESTIMATED"
    assert "n" not in trials.read(study).known


def test_a_page_tells_of_itself() -> None:
    work = pages.read(recorded("page.html"), "https://news.example.org/clinics?utm_source=x")
    assert work.title == "Council warns of invented clinics"
    assert work.container == "Example News"
    bare = pages.read("<p>no head", "https://news.example.org/x")
    assert (bare.title, bare.authors[0].bibtex) == ("", "{news.example.org}")


@pytest.mark.parametrize(
    ("kinds", "subjects", "title", "design"),
    [
        (["Journal Article", "Meta-Analysis", "Systematic Review"], [], "", Design.META_ANALYSIS),
        (["Systematic Review", "Review"], [], "", Design.SYSTEMATIC_REVIEW),
        (["Randomized Controlled Trial"], [], "", Design.RCT_PARALLEL),
        (["Randomized Controlled Trial"], ["Cross-Over Studies"], "", Design.RCT_CROSSOVER),
        (["Clinical Trial Protocol", "Randomized Controlled Trial"], [], "", Design.METHODS),
        (["Clinical Trial, Phase II"], [], "", Design.OPEN_LABEL),
        (["Practice Guideline"], [], "", Design.GUIDELINE),
        (["Case Reports"], [], "", Design.CASE_REPORT),
        (["Journal Article"], ["Animals", "Mice"], "", Design.PRECLINICAL_IN_VIVO),
        (["Journal Article"], ["Animals", "Humans", "Retrospective Studies"], "", Design.COHORT),
        (["Observational Study"], [], "", Design.COHORT),
        (["Review"], [], "", Design.NARRATIVE_REVIEW),
        (["Letter"], [], "A randomized trial of x", Design.RCT_PARALLEL),
        (["Letter"], [], "On x", Design.COMMENTARY),
        ([], [], "A double-blind crossover randomised trial", Design.RCT_CROSSOVER),
        ([], [], "A systematic review and meta-analysis", Design.META_ANALYSIS),
        ([], [], "A non-randomised trial", Design.OPEN_LABEL),
        ([], [], "Thoughts", Design.COMMENTARY),
        (["INTERVENTIONAL", "NON_RANDOMIZED", "PARALLEL"], [], "", Design.OPEN_LABEL),
        (["INTERVENTIONAL", "SINGLE_GROUP"], [], "", Design.OPEN_LABEL),
        (["OBSERVATIONAL", "COHORT"], [], "", Design.COHORT),
    ],
)
def test_designs_are_guessed(kinds: list[str], subjects: list[str], title: str, design: Design) -> None:
    found = guess(Work("PubMed", title, kinds=tuple(kinds), subjects=tuple(subjects)))
    assert found.design is design
    assert found.because


@pytest.mark.parametrize(
    ("family", "is_body", "key"),
    [
        ("de la Cruz", False, "delacruz2022"),
        ("Łoś-Weiß", False, "losweiss2022"),
        ("Food and Drug Administration (FDA)", True, "fda2022"),
        ("World Health Organization", True, "who2022"),
        ("news.example.org", True, "example2022"),
        ("王", False, "anonymous2022"),
    ],
)
def test_keys_are_made_of_name_and_year(family: str, is_body: bool, key: str) -> None:
    work = Work("x", "T", authors=(crossref.Name(family, is_body=is_body),), year="2022")
    assert drafts.new_key(work, []) == key
    assert drafts.new_key(work, [key.upper(), f"{key}b"]) == f"{key}c"
