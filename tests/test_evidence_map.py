"""The map of the findings, what they mean for 100 people, and the table of trials."""

from __future__ import annotations

import csv
import re

import html5lib
import pytest
from books import ROOT
from tiny_book import Built, TinyBook

from reviewbook import trials
from reviewbook.cli import main
from reviewbook.evidence_map import CONDITIONS

LOOK = {
    "bibtex_reference_style": "reviewbook",
    "bibtex_default_style": "reviewbook",
    "reviewbook_sources_page": "sources",
}

FINDING = """:::{finding} Ketamine may help within a day
:name: finding-one
:certainty: low
:downgraded: risk of bias (who knew); imprecision (few people)
:condition: depression
:direction: benefit
:absolute: coe2004 response @ 24 h

More people responded {cite:p}`coe2004,poe2003`.
:::
"""
POOLED = """:::{meta-analysis} Response {cite:p}`coe2004`
:name: ma-response
:measure: RR
:outcome: response
:sides: favours saline | favours ketamine

- coe2004, poe2003
:::
"""


def response(events_t: int, n_t: int, events_c: int, n_c: int) -> list[dict[str, object]]:
    arms = [{"arm": "ketamine", "events": events_t, "n": n_t}, {"arm": "saline", "events": events_c, "n": n_c}]
    return [{"outcome": "response", "timepoint": "24 h", "locator": "Table 2", "arms": arms}]


@pytest.fixture
def book(tmp_path_factory: pytest.TempPathFactory) -> TinyBook:
    tiny = TinyBook(tmp_path_factory.mktemp("map"))
    tiny.source("coe2004", "rct-parallel", "More people responded.", outcomes=response(20, 40, 10, 40), n=80)
    tiny.source("poe2003", "rct-parallel", "More people responded.", outcomes=response(15, 30, 10, 30), n=60)
    return tiny


def built(book: TinyBook, *parts: str) -> Built:
    book.chapter("\n".join(parts))
    return book.build(**LOOK)


def cells(page: Built, kind: str, name: str = "part/one") -> list[list[str]]:
    tree = html5lib.parse(page.html(name), namespaceHTMLElements=False)
    tables = [table for table in tree.iter("table") if kind in (table.get("class") or "").split()]
    return [[" ".join("".join(td.itertext()).split()) for td in row.iter("td")] for row in tables[0].iter("tr")][1:]


def test_the_map_puts_each_finding_in_its_cell_with_the_people_of_its_trials(book: TinyBook) -> None:
    page = built(book, "```{evidence-map}\n```\n", FINDING)
    assert page.log == ""
    assert cells(page, "evidence-map") == [["Depression, one infusion", "", "▲ 140", "", ""]]
    assert 'href="#finding-one"' in page.html("part/one")
    assert "▲ points to benefit" in page.html("part/one")


def test_the_summary_tells_what_a_finding_means_for_a_hundred_people(book: TinyBook) -> None:
    page = built(book, "```{summary-of-findings}\ndepression\n```\n", FINDING)
    assert cells(page, "summary-of-findings") == [
        [
            "Ketamine may help within a day",
            "●●○○ Low certainty",
            "140",
            "50 of 100 (ketamine) against 25 of 100 (saline)",
        ]
    ]


def test_a_summary_of_an_unknown_condition_names_those_that_there_are(book: TinyBook) -> None:
    log = built(book, "```{summary-of-findings}\nsadness\n```\n", FINDING).log
    assert "there is no condition 'sadness'; write one of depression, " in log


def test_each_condition_of_the_book_has_its_summary_in_a_chapter_that_treats_it() -> None:
    asked: dict[str, set[str]] = {}
    shown: dict[str, set[str]] = {}
    for path in sorted((ROOT / "docs").glob("*/*.md")):
        text = path.read_text(encoding="utf-8")
        for condition in re.findall(r"^:condition: (\S+)$", text, re.MULTILINE):
            asked.setdefault(condition, set()).add(path.name)
        for names in re.findall(r"^```\{summary-of-findings\}\n([^`]+)```$", text, re.MULTILINE):
            for condition in names.split():
                shown.setdefault(condition, set()).add(path.name)
    assert asked.keys() == shown.keys() == CONDITIONS.keys()
    assert all(shown[condition] <= asked[condition] for condition in asked)


def test_the_role_for_certainty_shows_the_level_and_links_to_the_finding(book: TinyBook) -> None:
    page = built(book, "It may help ({certainty}`finding-one`).\n", FINDING)
    assert page.log == ""
    assert re.search(
        r'<a class="reference internal" href="#finding-one">.*?low certainty.*?</a>', page.html("part/one")
    )


def test_the_role_for_certainty_follows_the_finding_on_another_page(book: TinyBook) -> None:
    book.chapter("It may help ({certainty}`finding-one`).\n")
    book.page("part/two", "# Two\n\n" + FINDING)
    book.build(**LOOK)
    book.page("part/two", "# Two\n\n" + FINDING.replace(": low", ": very low"))
    assert "very low certainty" in book.build(**LOOK).html("part/one")


def test_the_role_for_certainty_of_no_finding_fails(book: TinyBook) -> None:
    assert "undefined label: 'finding-none'" in built(book, "It may help ({certainty}`finding-none`).\n", FINDING).log


def test_a_pooled_ratio_is_told_at_the_comparators_own_rate(book: TinyBook) -> None:
    page = built(
        book, "```{summary-of-findings}\n```\n", FINDING.replace("coe2004 response @ 24 h", "ma-response"), POOLED
    )
    assert page.log == ""
    hundred = cells(page, "summary-of-findings")[0][3]
    assert hundred.endswith("against 29 of 100, pooled")  # 20 of 70
    assert hundred.startswith("49 of 100 (95% CI ")


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (":condition: depression", ":condition: sadness", "finding.place-unknown"),
        (":direction: benefit", ":direction: up", "finding.place-unknown"),
        ("coe2004 response @ 24 h", "ma-none", "finding.absolute"),
        ("coe2004 response @ 24 h", "coe2004 remission", "finding.absolute"),
    ],
)
def test_a_place_that_is_not_known_is_reported(book: TinyBook, old: str, new: str, rule: str) -> None:
    assert rule in built(book, FINDING.replace(old, new)).rules


def test_the_trials_are_listed_in_the_page_and_as_csv(book: TinyBook) -> None:
    book.source("moe2005", "rct-crossover", "Fewer people slept.", doi=None, no_doi="none", second_hand=True, n=12)
    book.source("new2006", "rct-parallel", "It was so.", draft=["design"])
    book.page("trials", "# Trials\n\n```{trials}\n```\n")
    page = built(book, FINDING)
    found = cells(page, "trials", "trials")
    assert [row[0] for row in found] == ["Moe 2005", "Coe 2004", "Poe 2003", "Doe 2001"]
    assert found[0][1:4] == ["crossover", "", "12"]
    assert found[0][-1] == "abstract; may not be cited yet"
    assert 'href="sources.html#cite-coe2004"' in page.html("trials")
    with (page.out / "trials.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["key"] for row in rows] == ["moe2005", "coe2004", "poe2003", "doe2001"]
    assert rows[1]["outcomes"] == "response @ 24 h"
    assert tuple(rows[0]) == trials.Trial._fields


def test_the_data_of_an_analysis_give_its_result_again(book: TinyBook, capsys: pytest.CaptureFixture[str]) -> None:
    page = built(book, POOLED)
    assert 'href="../analyses/ma-response.csv"' in page.html("part/one")
    assert main(["pool", str(page.out / "analyses" / "ma-response.csv"), "--measure", "RR"]) == 0
    said = capsys.readouterr().out
    note = html5lib.parse(page.html("part/one"), namespaceHTMLElements=False).find(".//p[@class='analysis-note']")
    assert said.startswith("risk ratio 1.7")
    assert "Pooled risk ratio: 1.7" in "".join(note.itertext())
