"""The first use of each term of the glossary in each chapter is a link, and no other word is."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import html5lib
import pytest
from books import ROOT
from hypothesis import given
from hypothesis import strategies as st
from site_text import CHAPTERS, article, classes, is_seen
from tiny_book import TinyBook

from reviewbook.glossary import Vocabulary

GLOSSARY = """# Glossary

```{glossary}
electroconvulsive therapy
ECT
  A treatment.

response
  An improvement.

NMDA receptor
  A channel.

racemate
  A mixture.

randomised withdrawal
  A design.

randomised withdrawal trial
  A trial of that design.

therapy
  A treatment of any kind.
```
"""


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    book = TinyBook(tmp_path / "book")
    book.page("glossary", GLOSSARY)
    return book


def links(book: TinyBook, text: str, page: str = "part/one", builder: str = "html") -> list[tuple[str, str]]:
    """The words that are links to the glossary on a page, and where they lead."""
    book.chapter(text)
    built = book.build(builder, reviewbook_terms_by_hand=["response"])
    assert [w for w in built.warnings if not w.rule.startswith(("reviewbook.claim", "reviewbook.voice"))] == [], (
        built.log
    )
    found = re.findall(r'<a [^>]*href="[^"]*glossary\.html#term-([^"]+)"[^>]*>(?:<[^>]+>)?([^<]*)', built.html(page))
    return [(words, term) for term, words in found]


def test_the_first_use_of_a_term_is_a_link_and_the_second_is_none(book: TinyBook) -> None:
    assert links(book, "A racemate is no racemate.\n\nRacemate again.") == [("racemate", "racemate")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Racemates are mixtures.", ["Racemates"]),
        ("Therapies differ.", ["Therapies"]),
        ("It blocks NMDA receptors.", ["NMDA receptors"]),
        ("It blocks nmda receptors, Ect and premate.", []),
        ("A racemate-like drug, a non-racemate, the racemates’ uses.", ["racemates"]),
        ("A randomised withdrawal trial.", ["randomised withdrawal trial"]),
        ("ECT, short for electroconvulsive therapy, is a therapy.", ["ECT", "therapy"]),
        ("The immune response of a racemate.", ["racemate"]),
        ("Is it a racemate?", ["racemate"]),
        ("{voice}`So the racemate it is.`", ["racemate"]),
        ("*A racemate* it is.", ["racemate"]),
    ],
)
def test_forms_that_are_links(book: TinyBook, text: str, shown: list[str]) -> None:
    assert [words for words, _ in links(book, text)] == shown


@pytest.mark.parametrize(
    "text",
    [
        "## The racemate",
        "`racemate`",
        "**racemate → therapy**",
        "[racemate](https://example.org)",
        "{doc}`the racemate </index>`",
        "| racemate |\n| --- |\n| x |",
        ":::{finding} The racemate\n:name: finding-x\n:certainty: low\n:downgraded: imprecision (a racemate)\nx\n:::",
    ],
)
def test_places_in_which_nothing_becomes_a_link(book: TinyBook, text: str) -> None:
    book.chapter(text)
    html = book.build(reviewbook_terms_by_hand=["response"]).html("part/one")
    assert "racemate" in html
    assert "#term-" not in html


def test_an_authors_link_counts_wherever_it_stands_and_is_kept(book: TinyBook) -> None:
    assert links(book, "## A {term}`racemate`\n\nA racemate.") == [("racemate", "racemate")]
    assert links(book, "A {term}`mixture <racemate>` or racemate.") == [("mixture", "racemate")]
    late = links(book, "A racemate, then a {term}`racemate`, and a {term}`response`.")
    assert late == [("racemate", "racemate"), ("racemate", "racemate"), ("response", "response")]


def test_pages_that_are_no_chapters_are_left_alone(book: TinyBook) -> None:
    book.page("about", "# About\n\nA racemate.\n")
    assert links(book, "Nothing.", "about") == []


def test_each_chapter_of_the_single_tree_of_the_pdf_has_its_own_first_use(book: TinyBook) -> None:
    book.page("part/two", "# Two\n\nA racemate.\n")
    book.page("about", "# About\n\nA racemate.\n")
    book.chapter("A racemate and a racemate.")
    built = book.build("latex", latex_documents=[("index", "book.tex", "Book", "Us", "manual")])
    tex = (built.out / "book.tex").read_text()
    assert len(re.findall(r"\\hyperref\[\\detokenize\{glossary:term-racemate\}\]\{.*\{racemate\}", tex)) == 2


def test_the_rules_see_the_page_as_its_author_wrote_it(book: TinyBook) -> None:
    book.chapter("At 24 h, 64% of 47 people had had a racemate {cite:p}`doe2001`.")
    with_terms = book.build("check", out="with").app.env.get_domain("review").data["claims"]["part/one"]
    book.page("glossary", "# Glossary\n")
    without = book.build("check", out="without").app.env.get_domain("review").data["claims"]["part/one"]
    assert with_terms == without


def test_chapters_follow_the_glossary_in_an_incremental_build(book: TinyBook) -> None:
    book.chapter("A racemate, a mixture and ECT.")
    assert "#term-mixture" not in book.build().html("part/one")
    book.page("glossary", GLOSSARY.replace("racemate\n", "mixture\nracemate\n"))
    html = book.build().html("part/one")
    assert "#term-racemate" in html
    assert "#term-mixture" not in html
    book.page(
        "glossary", GLOSSARY.replace("racemate\n  A", "mixture\n  A mixture.\n\nracemate\n  A").replace("ECT\n", "")
    )
    html = book.build().html("part/one")
    assert "#term-mixture" in html
    assert "#term-ECT" not in html
    assert html == book.build(out="clean").html("part/one")


def test_a_term_to_be_linked_by_hand_has_to_be_in_the_glossary(book: TinyBook) -> None:
    conf = book.root / "conf.py"
    conf.write_text(conf.read_text() + '\nreviewbook_terms_by_hand = ["nonesuch"]\n')
    (warned,) = book.build().warnings
    assert (warned.rule, warned.path) == ("reviewbook.glossary.unknown", "conf.py")
    assert warned.line == len(conf.read_text().splitlines())
    assert "'nonesuch'" in warned.message


@given(
    st.lists(st.sampled_from(["ECT", "ECTs", "a therapy", "Therapies", "x-ECT", "response", "\n", ", "]), max_size=9)
)
def test_uses_are_in_order_apart_and_as_long_as_can_be(parts: list[str]) -> None:
    vocabulary = Vocabulary([("ECT",), ("therapy",), ("a therapy",), ("response",)])
    text = " ".join(parts)
    uses = list(vocabulary.uses(text))
    assert all(one.end <= other.start for one, other in pairwise(uses))
    shown = [text[use.start : use.end] for use in uses]
    assert shown == [part for part in parts if part not in ("x-ECT", "\n", ", ")]


# The real book

HEADS = {"h1", "h2", "h3", "h4", "h5", "h6", "thead", "figcaption", "caption", "dt", "strong"}
QUIET = {"admonition-title", "certainty-line", "rubric", "math", "drawing"}
MADE_BY_THE_BUILD = {
    "outcomes",
    "analysis-note",
    "evidence-map",
    "summary-of-findings",
    "key-findings",
    "popular-block",
    "verdict-line",
    "popular-summary",
}


def words_of(site: Path, page: str) -> tuple[list[tuple[str, str]], set[str]]:
    """The running text of a chapter in pieces, each with the term that it leads to, and all terms it leads to."""
    pieces: list[tuple[str, str]] = []

    def walk(node: ElementTree.Element, running: bool) -> None:
        if not is_seen(node):
            return
        term = re.search(r"glossary\.html#(term-.*)", node.get("href", ""))
        if term:
            pieces.append(("".join(node.itertext()), term[1]))
            return
        running = running and node.tag not in HEADS | {"a"} and not classes(node) & (QUIET | MADE_BY_THE_BUILD)
        if running:
            pieces.append((node.text or "", ""))
        for child in node:
            walk(child, running)
            if running:
                pieces.append((child.tail or "", ""))

    walk(article(site, page), True)
    return pieces, {term for _, term in pieces if term}


def entries(site: Path) -> list[list[tuple[str, str]]]:
    """The terms of the glossary with their ids, those that share a definition together."""
    tree = html5lib.parse((site / "appendix/glossary.html").read_text(encoding="utf-8"), namespaceHTMLElements=False)
    found: list[list[tuple[str, str]]] = [[]]
    for child in next(node for node in tree.iter("dl") if "glossary" in (node.get("class") or "")):
        if child.tag == "dt":
            found[-1].append(((child.text or "").strip(), child.get("id", "")))
        else:
            found.append([])
    return [entry for entry in found if entry]


def by_hand() -> set[str]:
    line = re.search(r"(?m)^reviewbook_terms_by_hand = (\[.*\])$", (ROOT / "conf.py").read_text())
    assert line
    return set(ast.literal_eval(line[1]))


def test_every_term_of_the_glossary_is_used_in_the_book(built_book: Path) -> None:
    used = set().union(*(words_of(built_book, page)[1] for page in CHAPTERS))
    unused = [entry[0][0] for entry in entries(built_book) if not used & {id_ for _, id_ in entry}]
    assert unused == [], "no chapter uses these terms: take them out of the glossary, or link them"


def test_no_chapter_uses_a_term_before_it_links_it(built_book: Path) -> None:
    every, left_alone = entries(built_book), by_hand()
    names = [term for entry in every for term, _ in entry]
    missed = []
    for page in CHAPTERS:
        pieces, _ = words_of(built_book, page)
        for entry in every:
            ids = {id_ for _, id_ in entry}
            linked = next((index for index, (_, term) in enumerate(pieces) if term in ids), len(pieces))
            before = " ".join(" ".join(text for text, term in pieces[:linked] if not term).split())
            for term, _ in entry:
                for longer in (name for name in names if term in name and term != name):
                    before = re.sub(re.escape(longer), "", before, flags=re.IGNORECASE)
                found = re.search(
                    rf"(?<![\w‑-])(?:{re.escape(term)}|{re.escape(term[:1].upper() + term[1:])})s?(?![\w‑-])", before
                )
                if found and term not in left_alone:
                    missed.append(f"{page}: {found[0]}")
    assert missed == [], missed
