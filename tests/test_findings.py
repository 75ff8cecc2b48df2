"""How findings are written, shown, linked to and listed."""

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from tiny_book import TinyBook

FINDING = """\
:::{finding} Ketamine *probably* helps
:name: finding-help
:certainty: moderate
:downgraded: risk of bias (people knew; all of them)
At 24 h, 64% responded {cite:p}`doe2001`.
:::
"""
LOW = FINDING.replace("moderate", "low").replace("risk of bias (people", "imprecision (very serious: people")


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    tiny = TinyBook(tmp_path / "book")
    tiny.chapter(FINDING)
    return tiny


def element(html: str, css: str) -> Tag:
    found = BeautifulSoup(html, "html.parser").select_one(css)
    assert found is not None, css
    return found


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def test_a_finding_shows_its_certainty_in_words_and_its_reasons(book: TinyBook) -> None:
    built = book.build()
    assert built.warnings == [], built.log
    box = element(built.html("part/one"), "#finding-help")
    assert {"finding", "certainty-moderate"} <= set(box["class"])
    assert words(element(str(box), ".certainty-words")) == "Moderate certainty"
    symbol = element(str(box), ".certainty-symbol")
    assert symbol.get_text() == "●●●○"
    assert symbol["aria-hidden"] == "true"
    assert "Lowered for risk of bias (people knew; all of them)." in words(element(str(box), ".certainty-reasons"))
    assert "randomised trials" in words(element(str(box), ".certainty-reasons"))


def test_a_very_serious_reason_says_so(book: TinyBook) -> None:
    book.chapter(LOW)
    built = book.build()
    assert built.warnings == []
    assert "imprecision (very serious: people knew; all of them)" in words(
        element(built.html("part/one"), ".certainty-reasons")
    )


def test_a_reference_to_a_finding_shows_its_title(book: TinyBook) -> None:
    book.page("front", "# Front\n\nSee {ref}`finding-help` and [this](#finding-help).\n")
    built = book.build(nitpicky=True)
    assert built.warnings == [], built.log
    links = BeautifulSoup(built.html("front"), "html.parser").select('a[href="part/one.html#finding-help"]')
    assert [words(link) for link in links] == ["Ketamine probably helps", "this"]


@pytest.mark.parametrize("builder", ["text", "latex", "epub", "man", "texinfo", "gettext", "xml"])
def test_a_finding_is_readable_in_every_format(book: TinyBook, builder: str) -> None:
    book.page("front", "# Front\n\nSee {ref}`finding-help`.\n\n```{key-findings}\n```\n")
    built = book.build(builder, version="1", copyright="nobody", latex_engine="xelatex")
    assert built.warnings == [], built.log
    pattern = {"text": "part/one.txt", "latex": "*.tex", "epub": "part/one.xhtml", "man": "*.1", "texinfo": "*.texi"}
    if builder not in pattern:
        return
    (path,) = built.out.glob(pattern[builder])
    text = path.read_text(encoding="utf-8")
    for wanted in ("Moderate certainty", "Lowered for risk of bias", "helps"):
        assert wanted in text
    if builder == "latex":
        assert r"\label{\detokenize{part/one:finding-help}}" in text


def test_key_findings_lists_what_is_named_with_certainty_and_link(book: TinyBook) -> None:
    book.page("part/two", "# Two\n\n" + FINDING.replace("finding-help", "finding-other").replace("helps", "aids"))
    book.page("front", "# Front\n\n```{key-findings}\nfinding-other\n- finding-help\n```\n")
    built = book.build()
    assert built.warnings == [], built.log
    items = BeautifulSoup(built.html("front"), "html.parser").select(".key-findings li")
    assert [words(item) for item in items] == [
        "Ketamine probably aids ●●●○ Moderate certainty",
        "Ketamine probably helps ●●●○ Moderate certainty",
    ]
    assert [item.a["href"] for item in items if item.a] == ["part/two.html#finding-other", "part/one.html#finding-help"]


def test_key_findings_without_names_lists_all_in_the_order_of_the_book(book: TinyBook) -> None:
    book.page("front", "# Front\n\n```{key-findings}\n```\n")
    book.page("part/two", "# Two\n\n" + FINDING.replace("finding-help", "finding-other").replace("helps", "aids"))
    items = BeautifulSoup(book.build().html("front"), "html.parser").select(".key-findings li a")
    assert [words(item) for item in items] == ["Ketamine probably helps", "Ketamine probably aids"]


def test_a_list_of_key_findings_follows_a_changed_finding(book: TinyBook) -> None:
    book.page("front", "# Front\n\n```{key-findings}\nfinding-help\n```\n")
    book.build()
    book.chapter(LOW)
    html = book.build().html("front")
    assert "Low certainty" in html
    book.chapter(LOW.replace("helps", "aids"))
    assert "aids" in book.build().html("front")


def test_an_unknown_key_finding_is_reported_at_its_line(book: TinyBook) -> None:
    book.page("front", "# Front\n\n```{key-findings}\nfinding-none\n```\n")
    (warned,) = book.build().warnings
    assert (warned.path, warned.line, warned.rule) == ("docs/front.md", 3, "reviewbook.finding.unknown")


def test_a_changed_design_changes_what_is_said_of_the_start(book: TinyBook) -> None:
    book.build()
    book.source("doe2001", "cohort", "At 24 h, 64% of 47 people responded.")
    built = book.build()
    assert [w.rule for w in built.warnings] == ["reviewbook.finding.overgraded"]
    assert "Starts low" in built.html("part/one")


def test_a_name_that_stands_twice_is_reported(book: TinyBook) -> None:
    book.page("part/two", "# Two\n\n" + FINDING)
    rules = [w.rule for w in book.build().warnings]
    assert "reviewbook.finding.duplicate-name" in rules


@pytest.mark.parametrize(
    "text",
    [
        ":::{finding}\n:::\n",
        ":::{finding} T\n:::\n",
        ":::{finding} T\n:name:\n:certainty:\n:::\n",
        ":::{finding} T\n:nonsense: x\n:::\n",
        ":::{finding} T\n:name: Finding With: Colons\n:certainty: [low\n:::\n",
        ":::{finding} T `{cite:p}`nobody`\n:name: finding-x\n",
        ":::{finding} T\n:name: finding-x\n:downgraded: ((((;;;)\n:certainty: ''\n:::\n",
        "```{key-findings} x\n:y: z\n```\n",
        "{finding}`x`\n",
        "{count}``\n\n{count}` `\n",
    ],
)
def test_malformed_directives_are_reported_without_a_traceback(book: TinyBook, text: str) -> None:
    book.chapter(text)
    built = book.build()
    assert built.warnings
    assert "Traceback" not in built.log
    assert all(w.path for w in built.warnings), built.log


def test_findings_are_exported_with_their_place(book: TinyBook) -> None:
    claims = json.loads((book.build().out / "claims.json").read_text())["claims"]
    found = [(c["place"], c["url"], [s["key"] for s in c["sources"]]) for c in claims if c["page"] == "part/one"]
    place = ("part/one.html#finding-help", ["doe2001"])
    assert {where: place for where, *_ in found} == {where: (url, keys) for where, url, keys in found}
    assert found[0][0] == "finding-title"
    assert found[-1][0] == "finding"
