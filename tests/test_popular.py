"""What popular articles say: how their claims are written, judged, shown, listed in chapters and published."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from books import ROOT
from bs4 import BeautifulSoup, Tag
from jsonschema import Draft202012Validator
from tiny_book import Built, TinyBook

from reviewbook import popular_data
from reviewbook.book import PopularClaim
from reviewbook.claim_review import as_script, claim_reviews
from reviewbook.svg import PAGE, PRINT, WIDTH, text_width
from reviewbook.verdict_chart import VerdictChart
from reviewbook.verdicts import Tally, Verdict, part_of, tallies

CITED = "At 24 h, 64% of 47 people responded to ketamine {cite:p}`doe2001`."
CLAIM = f"""\
:::{{popular-claim}} Up to 99% of 1,000 people respond
:name: popular-respond
:verdict: overstated
:chapter: part/one
:articles: 3
{CITED}
:::
"""


def claim(name: str = "popular-respond", content: str = CITED, title: str = "Up to 99% respond", **options: str) -> str:
    """A popular claim with some of its parts changed; an option of "" is left out."""
    stated = {"name": name, "verdict": "overstated", "chapter": "part/one", "articles": "3"} | options
    lines = "".join(f":{option}: {value}\n" for option, value in stated.items() if value)
    return f":::{{popular-claim}} {title}\n{lines}\n{content}\n:::\n"


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    tiny = TinyBook(tmp_path / "book")
    tiny.chapter(f"{CITED}\n\n## What we do not know\n\nWhy?")
    return tiny


def page(book: TinyBook, *claims: str, **conf: object) -> Built:
    """Build the book with a page of claims, which is no chapter."""
    book.page("claims", "# Claims\n\n## Part\n\n" + "\n".join(claims))
    return book.build(**conf)


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def select(html: str, css: str) -> list[Tag]:
    return list(BeautifulSoup(html, "html.parser").select(css))


# What is written and judged


def test_a_claim_of_others_is_shown_with_its_verdict_in_a_sign_and_words(book: TinyBook) -> None:
    built = page(book, CLAIM)
    assert built.warnings == [], built.log
    (box,) = select(built.html("claims"), "#popular-respond")
    assert {"popular-claim", "verdict-overstated"} <= set(box["class"])
    assert words(box.select_one(".admonition-title")) == "Claim: Up to 99% of 1,000 people respond"
    assert words(box.select_one(".verdict")) == "↑ Overstated"
    assert box.select_one(".verdict-sign")["aria-hidden"] == "true"
    assert words(box.select_one(".verdict-articles")) == "In 3 of 5 articles."
    assert box.select_one(".verdict-chapter a")["href"] == "part/one.html"


def test_the_claim_of_others_is_no_sentence_of_ours_and_what_stands_under_it_is(book: TinyBook) -> None:
    built = page(book, CLAIM)
    exported = json.loads((built.out / "claims.json").read_text())["claims"]
    ours = [one for one in exported if one["page"] == "claims"]
    assert [(one["place"], one["kind"], one["text"]) for one in ours] == [
        ("popular-claim", "cited", "At 24 h, 64% of 47 people responded to ketamine.")
    ]
    assert ours[0]["url"] == "claims.html#popular-respond"


def test_its_sources_count_as_cited(book: TinyBook) -> None:
    book.source("coe2004", "rct-parallel", "At 24 h, 50% responded.")
    built = page(book, claim(content="At 24 h, 50% responded {cite:p}`coe2004`."))
    assert built.warnings == [], built.log
    assert 'href="sources.html#cite-coe2004"' in built.html("claims")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (claim(name=""), "popular.missing-name"),
        (claim(name="respond"), "popular.missing-name"),
        (claim(name="popular-Respond"), "popular.missing-name"),
        (claim(title="Up to *99%* respond"), "popular.title"),
        (claim(title="People respond {cite:p}`doe2001`"), "popular.title"),
        (claim(title="People [respond](#claims)"), "popular.title"),
        (claim(verdict=""), "popular.verdict"),
        (claim(verdict="exaggerated"), "popular.verdict"),
        (claim(chapter=""), "popular.chapter"),
        (claim(chapter="part/none"), "popular.chapter"),
        (claim(chapter="sources"), "popular.chapter"),
        (claim(articles=""), "popular.articles"),
        (claim(articles="6"), "popular.articles"),
        (claim(articles="many"), "popular.articles"),
        (claim(content=""), "popular.content"),
        (claim(content="\n".join([CITED] * 4)), "popular.content"),
        (claim(content=f"- {CITED}"), "popular.content"),
        (claim(content=f"{CITED}\n\n```\nIt works.\n```"), "popular.content"),
        (claim(content=f"{CITED}\n\n<p>It works.</p>"), "popular.content"),
        (claim(content="It helped[^1] {cite:p}`doe2001`.\n\n[^1]: It works."), "popular.content"),
        (claim(content="Why do people respond?"), "popular.uncited"),
        (claim(content="See {doc}`part/one`."), "popular.uncited"),
        (claim(content="See {doc}`part/one`.", verdict="contradicted"), "popular.uncited"),
        (claim(content="Why do people respond?", verdict="not checkable"), "popular.uncited"),
        (claim(content="It works.\n" + CITED), "claim.uncited"),
        (claim(content=CITED.replace("64", "65")), "claim.number-untraced"),
        (claim(content=CITED.replace("responded", "(5-HT9Z) responded")), "claim.name-unknown"),
        (claim(content=CITED.replace("At 24 h", "{doc}`part/one`")), "claim.second-support"),
        (claim(content=CITED + "\n{voice}`So it is.`"), "voice.share"),
        (claim(content="It helped {cite:p}`nobody1999`."), "cite.unknown-key"),
    ],
)
def test_each_rule_is_kept_on_a_page_that_is_no_chapter(book: TinyBook, text: str, rule: str) -> None:
    built = page(book, text)
    assert rule in built.rules, built.log
    warned = built.warnings[built.rules.index(rule)]
    assert warned.path == "docs/claims.md"
    assert warned.line is not None
    assert 5 <= warned.line <= 5 + text.count("\n")
    if rule.startswith("popular."):
        assert warned.line == 5
        assert {one for one in built.rules if one.startswith("popular.")} == {rule}


def test_a_message_says_what_to_do(book: TinyBook) -> None:
    (warned,) = page(book, claim(verdict="exaggerated")).warnings
    assert warned.message == (
        "“Up to 99% respond” has the verdict 'exaggerated', which does not exist. Write `:verdict:` with one of supported, "
        "partly supported, overstated, unsupported, contradicted, not checkable."
    )


def test_a_name_stands_once(book: TinyBook) -> None:
    book.page("more", "# More\n\n" + CLAIM)
    built = page(book, CLAIM)
    assert "popular.duplicate-name" in built.rules, built.log
    assert "docs/claims.md:5 already" in built.log


@pytest.mark.parametrize("verdict", ["unsupported", "not checkable", "Not-checkable"])
def test_where_nothing_was_found_a_link_will_do(book: TinyBook, verdict: str) -> None:
    built = page(book, claim(content="What is known stands in {doc}`part/one`.", verdict=verdict))
    assert built.warnings == [], built.log


def test_what_a_sentence_may_take_from_a_list_is_not_named_by_the_claim_before(book: TinyBook) -> None:
    counts = ("Nausea 7", "headache 9", "vomiting 11", "sleepiness 13", "vertigo 15", "anxiety 17")
    book.source("coe2004", "rct-parallel", "; ".join(f"{count} of {90 + n} people" for n, count in enumerate(counts)))
    first = claim("popular-one", "Nausea was seen in 7 of 90 people {cite:p}`coe2004`.")
    same = claim("popular-two", "Nausea was seen {cite:p}`coe2004`.\nThat was in 7 of 90 people {cite:p}`coe2004`.")
    assert page(book, first, same).warnings == []
    other = claim("popular-three", "It was seen in 7 of 90 people {cite:p}`coe2004`.")
    assert set(page(book, first, other).rules) == {"claim.number-untraced"}


def test_a_link_to_a_claim_says_that_it_is_one(book: TinyBook) -> None:
    book.page("front", "# Front\n\nSee {ref}`popular-respond`.\n")
    built = page(book, CLAIM)
    assert built.warnings == [], built.log
    (link,) = select(built.html("front"), 'a[href="claims.html#popular-respond"]')
    assert words(link) == "Claim: Up to 99% of 1,000 people respond"


# In chapters


def test_a_chapter_lists_the_claims_about_it_after_all_else(book: TinyBook) -> None:
    book.page("part/two", f"# Two\n\n{CITED}\n")
    built = page(book, CLAIM, claim("popular-other", verdict="supported", title="It is fast"))
    assert built.warnings == [], built.log
    (block,) = select(built.html("part/one"), ".popular-block")
    assert words(block.select_one("h2")) == "What popular articles say about this"
    assert [words(item) for item in block.select("li")] == [
        "Up to 99% of 1,000 people respond ↑ Overstated",
        "It is fast ✓ Supported",
    ]
    assert [link["href"] for link in block.select("li a")] == [
        "../claims.html#popular-respond",
        "../claims.html#popular-other",
    ]
    html = built.html("part/one")
    assert html.index('id="what-we-do-not-know"') < html.index("popular-block")
    for other in ("part/two", "claims", "index"):
        assert select(built.html(other), ".popular-block") == []


def test_the_list_in_a_chapter_is_neither_judged_nor_published_nor_searched(book: TinyBook) -> None:
    title = "Zebrafish xylophones cure 99% of everything"
    built = page(book, claim(title=title))
    assert built.warnings == [], built.log
    published = json.loads((built.out / "claims.json").read_text())["claims"]
    assert [one["text"] for one in published if one["page"] == "part/one"] == [
        "At 24 h, 64% of 47 people responded to ketamine.",
        "Why?",
    ]
    index = json.loads(re.search(r"setIndex\((.*)\)", (built.out / "searchindex.js").read_text(), re.DOTALL)[1])
    assert index["docnames"][index["titleterms"]["zebrafish"]] == "claims"
    assert "zebrafish" not in index["terms"]
    assert not any("about this" in text for text in index["alltitles"])


def test_a_chapter_follows_a_changed_claim(book: TinyBook) -> None:
    page(book, CLAIM)
    assert "Contradicted" in page(book, CLAIM.replace("overstated", "contradicted")).html("part/one")
    assert "Up to 98%" in page(book, CLAIM.replace("99%", "98%")).html("part/one")
    book.page("part/two", f"# Two\n\n{CITED}\n")
    moved = page(book, CLAIM.replace("part/one", "part/two"))
    assert "popular-block" not in moved.html("part/one")
    assert "popular-block" in moved.html("part/two")
    gone = page(book, "Nothing.")
    assert "popular-block" not in gone.html("part/two")


def test_a_parallel_build_gives_the_same_pages(book: TinyBook) -> None:
    for name in ("part/two", "part/three", "part/four", "more"):
        book.page(name, f"# Two\n\n{CITED}\n")
    one = page(book, CLAIM, out="one")
    two = page(book, CLAIM, out="two", parallel=2)
    assert two.warnings == []
    for name in ("part/one", "part/two", "claims"):
        assert one.html(name) == two.html(name)


@pytest.mark.parametrize("builder", ["text", "latex", "epub", "man", "texinfo", "gettext", "xml"])
def test_claims_are_readable_in_every_format(book: TinyBook, builder: str) -> None:
    book.page("claims", "# Claims\n\n```{popular-summary}\n```\n\n" + CLAIM)
    built = book.build(builder, version="1", copyright="nobody", latex_engine="xelatex")
    assert built.warnings == [], built.log
    texts = {
        "text": ["part/one.txt", "claims.txt"],
        "epub": ["part/one.xhtml", "claims.xhtml"],
        "latex": ["*.tex"],
        "man": ["*.1"],
        "texinfo": ["*.texi"],
    }
    found = [path.read_text(encoding="utf-8") for name in texts.get(builder, []) for path in built.out.glob(name)]
    plain = [re.sub(r"<[^>]*>|\\sphinx\w+", "", text) for text in found]
    for text in plain:
        assert "Overstated" in text
        assert re.search(r"Up to 99\\?% of 1,000 people respond", text)
        assert "What popular articles say about this" in text or builder in ("text", "epub")
    if builder in ("text", "epub"):
        assert "What popular articles say about this" in plain[0]
        assert "Claim:" in plain[1]
    if builder == "epub":
        for text in found:
            ElementTree.fromstring(text.partition("<!DOCTYPE html>")[2].replace("&nbsp;", " "))
        assert "ld+json" not in found[1]
    if builder == "latex":
        assert r"\label{\detokenize{claims:popular-respond}}" in found[0]
        assert r"\hyperref[\detokenize{claims:popular-respond}]" in found[0]


# The chart and the counts


def test_the_summary_counts_verdicts_by_part(book: TinyBook) -> None:
    many = [claim(f"popular-{index}", verdict=v) for index, v in enumerate(["supported", "overstated", "overstated"])]
    built = page(book, "```{popular-summary}\n```\n", *many)
    assert built.warnings == [], built.log
    html = built.html("claims")
    rows = [[words(cell) for cell in row.select("th, td")] for row in select(html, "table.verdicts tr")]
    assert rows[0] == ["Verdict", "Part", "All"]
    assert rows[1] == ["✓ Supported", "1", "1"]
    assert rows[3] == ["↑ Overstated", "2", "2"]
    assert rows[-1] == ["All", "3", "3"]
    (figure,) = select(html, "figure.verdict-chart")
    assert words(figure.select_one("desc")) == "Part, 3: 1 supported, 2 overstated."
    more = page(book, "```{popular-summary}\n```\n", *many, claim("popular-new"))
    assert "Part, 4: 1 supported, 3 overstated." in more.html("claims")


def test_a_count_follows_the_claims(book: TinyBook) -> None:
    book.page("front", "# Front\n\nOf {count}`popular-claims` claims {count}`popular-overstated` say too much.\n")
    assert "Of 1 claims 1 say too much." in page(book, CLAIM).html("front")
    assert "Of 1 claims 0 say too much." in page(book, CLAIM.replace("overstated", "supported")).html("front")


@pytest.mark.parametrize("theme", [PAGE, PRINT], ids=["page", "print"])
def test_the_chart_is_well_formed_and_says_everything_without_colour(theme: Any) -> None:
    chart = VerdictChart(
        "Verdicts & parts", (Tally("Evidence", (7, 8, 12, 3, 1, 2)), Tally("Ethics", (4, 0, 0, 1, 0, 0)))
    )
    tree = ElementTree.fromstring(chart.svg("chart", theme))
    texts = [text for element in tree.iter() if element.tag.endswith("}text") for text in [element.text or ""]]
    for verdict, count in zip(Verdict, (7, 8, 12, 3, 1, 2), strict=True):
        assert f"{verdict.sign} {verdict.words}" in texts
        assert f"{verdict.sign} {count}" in texts
    assert chart.describe().startswith("Evidence, 33: 7 supported, 8 partly supported, 12 overstated,")
    for element in tree.iter():
        if element.tag.endswith("}rect"):
            assert 0 <= float(element.attrib["x"]) <= WIDTH - float(element.attrib["width"])
    # No words run into each other or over the edge.
    lines: dict[str, list[tuple[float, float]]] = {}
    for element in tree.iter():
        if element.tag.endswith("}text"):
            width = text_width(element.text or "", float(element.attrib["font-size"]))
            x = float(element.attrib["x"]) - (width if element.attrib.get("text-anchor") == "end" else 0)
            lines.setdefault(element.attrib["y"], []).append((x, x + width))
    for spans in lines.values():
        spans.sort()
        assert spans[-1][1] <= WIDTH + 1
        assert all(left[1] <= right[0] for left, right in pairwise(spans))


def test_tallies_follow_the_order_of_the_book_and_leave_out_what_is_unknown() -> None:
    def one(verdict: str, chapter: str) -> PopularClaim:
        return PopularClaim("p", 1, "popular-x", "popular-x", "x", verdict, chapter, "1", ("cited",), ())

    claims = [
        one("supported", "risks/a"),
        one("nonsense", "risks/a"),
        one("overstated", "mechanism/a"),
        one("supported", "x/y"),
    ]
    assert tallies(claims, ["mechanism/a", "risks/a", "ethics/a"]) == (
        Tally("Mechanism", (0, 0, 1, 0, 0, 0)),
        Tally("Risks", (1, 0, 0, 0, 0, 0)),
    )
    assert part_of("side-effects/a") == "Side effects"


# For machines

SCHEMA = json.loads(Path(__file__).with_name("claim-review.schema.json").read_text())


class _Scripts(HTMLParser):
    """The content of the scripts of one type, as a browser finds them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and ("type", "application/ld+json") in attrs
        if self._inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def reviews(html: str) -> list[dict[str, Any]]:
    """The reviews of a page, which holds one block of them as valid JSON-LD."""
    scripts = _Scripts()
    scripts.feed(html)
    (text,) = (script for script in scripts.found if '"@graph"' in script)
    data = json.loads(text)
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [error.message for error in validator.iter_errors(data)] == []
    found: list[dict[str, Any]] = data["@graph"]
    return found


RELEASED: dict[str, object] = {"reviewbook_released": "2026-11-24", "author": "The contributors"}


def test_a_page_of_claims_tells_machines_its_verdicts(book: TinyBook) -> None:
    open_ = claim("popular-future", "See {doc}`part/one`.", "It will be common", verdict="not checkable")
    built = page(book, CLAIM, open_, **RELEASED)
    assert built.warnings == [], built.log
    first, second = reviews(built.html("claims"))
    assert first == {
        "@type": "ClaimReview",
        "url": "#popular-respond",
        "claimReviewed": "Up to 99% of 1,000 people respond",
        "itemReviewed": {"@type": "Claim", "text": "Up to 99% of 1,000 people respond"},
        "reviewRating": {
            "@type": "Rating",
            "alternateName": "Overstated",
            "ratingValue": 3,
            "bestRating": 5,
            "worstRating": 1,
        },
        "author": {"@type": "Organization", "name": "The contributors"},
        "datePublished": "2026-11-24",
    }
    assert second["reviewRating"] == {"@type": "Rating", "alternateName": "Not checkable"}
    assert "ClaimReview" not in built.html("part/one")


def test_the_address_is_absolute_where_that_of_the_site_is_known(book: TinyBook) -> None:
    built = page(book, CLAIM, html_baseurl="https://example.org/book/", **RELEASED)
    assert reviews(built.html("claims"))[0]["url"] == "https://example.org/book/claims.html#popular-respond"


def test_nothing_in_a_claim_can_end_the_script() -> None:
    wicked = "</script><script>alert(1)</script> <!-- & ]]> \u2028 “x”"
    one = PopularClaim("p", 1, "popular-x", "popular-x", wicked, "supported", "part/one", "1", ("cited",), ())
    script = as_script(claim_reviews([one], "", "Nobody", "2026-11-24"))
    assert script.count("<") == 2
    assert reviews(f"<html><head>{script}</head></html>")[0]["claimReviewed"] == wicked


def test_ratings_run_from_supported_to_contradicted() -> None:
    assert [verdict.rating for verdict in Verdict] == [5, 4, 3, 2, 1, None]


def test_the_schema_refuses_what_is_wrong() -> None:
    one = PopularClaim("p", 1, "popular-x", "popular-x", "It works", "supported", "part/one", "1", ("cited",), ())
    validator = Draft202012Validator(SCHEMA)
    good = claim_reviews([one], "https://example.org/p.html", "Nobody", "2026-11-24")
    assert validator.is_valid(good)
    assert not validator.is_valid(claim_reviews([one], "", "Nobody", ""))
    for path, value in (("claimReviewed", ""), ("url", "p.html"), ("reviewRating", {"@type": "Rating"})):
        bad = json.loads(json.dumps(good))
        bad["@graph"][0][path] = value
        assert not validator.is_valid(bad), path


def test_the_claims_are_published_as_json_and_csv(book: TinyBook) -> None:
    built = page(
        book, CLAIM, claim("popular-open", "See {doc}`part/one`.", "It is the future", verdict="not checkable")
    )
    data = json.loads((built.out / "popular-claims.json").read_text())
    assert {name: data[name] for name in ("format", "version", "articles")} == {
        "format": "reviewbook-popular-claims",
        "version": popular_data.FORMAT_VERSION,
        "articles": 5,
    }
    assert data["claims"][0] == {
        "name": "popular-respond",
        "claim": "Up to 99% of 1,000 people respond",
        "verdict": "overstated",
        "rating": 3,
        "articles": 3,
        "part": "Part",
        "chapter": "part/one",
        "url": "claims.html#popular-respond",
        "evidence": "At 24 h, 64% of 47 people responded to ketamine.",
        "sources": [{"key": "doe2001", "doi": "10.1000/doe2001"}],
    }
    assert data["claims"][1]["rating"] is None
    rows = list(csv.DictReader((built.out / "popular-claims.csv").read_text().splitlines()))
    assert tuple(rows[0]) == popular_data.COLUMNS
    assert (rows[0]["keys"], rows[0]["dois"], rows[1]["rating"]) == ("doe2001", "10.1000/doe2001", "")


def test_the_page_on_data_tells_every_field() -> None:
    text = (
        (ROOT / "docs" / "appendix" / "data.md").read_text().partition("## The popular claims")[2].partition("\n## ")[0]
    )
    told = set(re.findall(r"`([a-z]+)`", text))
    assert set(popular_data.COLUMNS) <= told


# The real page


def test_the_page_defines_the_verdicts_with_their_signs() -> None:
    text = (ROOT / "docs" / "appendix" / "popular-claims.md").read_text()
    assert re.findall(r"(?m)^- (\S) \*\*(.*)\*\*:", text) == [(verdict.sign, verdict.words) for verdict in Verdict]


def test_each_claim_stands_in_the_section_of_its_part() -> None:
    text = (ROOT / "docs" / "appendix" / "popular-claims.md").read_text()
    sections = re.split(r"(?m)^## ", text)[1:]
    for section in sections:
        for chapter in re.findall(r"(?m)^:chapter: (\S+)$", section):
            assert part_of(chapter) == section.splitlines()[0]


def test_the_real_page_tells_machines_each_of_its_claims(built_book: Path) -> None:
    html = (built_book / "appendix" / "popular-claims.html").read_text(encoding="utf-8")
    names = [box["id"] for box in select(html, ".popular-claim")]
    assert names
    assert [review["url"] for review in reviews(html)] == [f"#{name}" for name in names]
    assert len(json.loads((built_book / "popular-claims.json").read_text())["claims"]) == len(names)
