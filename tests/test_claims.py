"""Which claims a page holds, where they stand, and what they rest on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_book import TinyBook

from reviewbook.claims import Claim
from reviewbook.domain import domain_of

Collect = Callable[[str], list[Claim]]


@pytest.fixture
def collected(tmp_path: Path) -> Collect:
    """Return the claims of a chapter; its text begins in line 3."""
    book = TinyBook(tmp_path / "book")
    book.page("part/two", "# Two\n\n(told)=\n## Told\n\nIt helped {cite:p}`doe2001`.\n")

    def collect(markdown: str) -> list[Claim]:
        book.chapter(markdown)
        built = book.build("check", myst_enable_extensions=["colon_fence", "deflist", "fieldlist", "attrs_inline"])
        return list(domain_of(built.app.env).claims.get("part/one", ()))

    return collect


def test_a_claim_holds_the_sentence_and_what_it_rests_on(collected: Collect) -> None:
    [claim] = collected("At 24 h, *64%* of 47 people had GluN2B {cite:p}`doe2001, roe2002`.")
    assert claim.docname == "part/one"
    assert (claim.line, claim.section, claim.anchor) == (3, "One", "one")
    assert claim.text == "At 24 h, 64% of 47 people had GluN2B."
    assert (claim.kind, claim.place, claim.supports) == ("cited", "prose", 1)
    assert claim.keys == ("doe2001", "roe2002")
    assert claim.targets == ()
    assert [(number.text, number.unit) for number in claim.numbers] == [("24", "h"), ("64", "%"), ("47", "people")]
    assert [claim.text[number.start : number.end] for number in claim.numbers] == ["24", "64", "47"]
    assert claim.names == ("GluN2B",)
    assert claim.derived == ()


EVERYWHERE = """\
Prose was here {cite:p}`doe2001`.
It went on {cite:p}`doe2001`. And on.

- List {cite:p}`doe2001`.
- More list.
  Much more list.

| Head | Source |
| --- | --- |
| row | {cite:p}`doe2001` |
| next row | none |

:::{note}
Admonition {cite:p}`doe2001`.
More admonition.
:::

:::{figure} picture.svg
:name: fig-one

Caption {cite:p}`doe2001`.

Legend of it.
:::

Term
: Definition {cite:p}`doe2001`.
  More definition.

> Quotation {cite:p}`doe2001`.

A note[^n] {cite:p}`doe2001`.

:::{finding} Finding title
:name: finding-one
:certainty: moderate
:downgraded: imprecision (few people); indirectness (other people)
Finding body {cite:p}`doe2001`.
More finding body.
:::

## Section

```{list-table}
:header-rows: 1
* - Head
  - Source
* - listed row
  - {cite:p}`doe2001`
* - other listed row
  - none
```

:field: Field body {cite:p}`doe2001`.

[^n]: Footnote {cite:p}`doe2001`.
    More footnote.
"""


@pytest.mark.parametrize(
    ("text", "place", "kind"),
    [
        ("Prose was here.", "prose", "cited"),
        ("It went on.", "prose", "cited"),
        ("And on.", "prose", "uncited"),
        ("List.", "list", "cited"),
        ("More list.", "list", "uncited"),
        ("Much more list.", "list", "uncited"),
        ("row", "table", "cited"),
        ("next row | none", "table", "uncited"),
        ("Admonition.", "admonition", "cited"),
        ("More admonition.", "admonition", "uncited"),
        ("Caption.", "caption", "cited"),
        ("Legend of it.", "caption", "uncited"),
        ("Definition.", "definition", "cited"),
        ("More definition.", "definition", "uncited"),
        ("Quotation.", "prose", "cited"),
        ("A note.", "prose", "cited"),
        ("Finding title", "finding-title", "cited"),
        ("imprecision (few people)", "finding-reason", "cited"),
        ("indirectness (other people)", "finding-reason", "cited"),
        ("Finding body.", "finding", "cited"),
        ("More finding body.", "finding", "uncited"),
        ("listed row", "table", "cited"),
        ("other listed row | none", "table", "uncited"),
        ("Field body.", "definition", "cited"),
        ("Footnote.", "footnote", "cited"),
        ("More footnote.", "footnote", "uncited"),
    ],
)
def test_a_claim_is_found_wherever_a_sentence_can_stand(
    text: str, place: str, kind: str, everywhere: dict[str, Claim]
) -> None:
    claim = everywhere[text]
    assert (claim.place, claim.kind) == (place, kind)
    lines = ["# One", "", *EVERYWHERE.splitlines()]
    own = next(
        number for number, line in enumerate(lines, 1) if text.rstrip(".").split(" | ")[0].split(" (")[0] in line
    )
    if place == "finding-reason":  # Sphinx does not know the line of an option
        own -= 3
    assert claim.line == own


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Claim]:
    book = TinyBook(tmp_path_factory.mktemp("everywhere") / "book")
    (book.docs / "part").mkdir()
    (book.docs / "part" / "picture.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    book.chapter(EVERYWHERE)
    built = book.build("check", myst_enable_extensions=["colon_fence", "deflist", "fieldlist"])
    found = {claim.text: claim for claim in domain_of(built.app.env).claims["part/one"]}
    assert "Head | Source" not in found
    assert not {"Term", "Section", "One"} & found.keys()
    return found


def test_sections_and_anchors_are_the_nearest(everywhere: dict[str, Claim]) -> None:
    assert (everywhere["listed row"].section, everywhere["Prose was here."].section) == ("Section", "One")
    assert everywhere["Caption."].anchor == "fig-one"
    assert everywhere["Finding body."].anchor == "finding-one"
    assert everywhere["Prose was here."].anchor == "one"


def test_the_head_of_a_finding_rests_on_what_its_body_cites(everywhere: dict[str, Claim]) -> None:
    assert everywhere["Finding title"].keys == ("doe2001",)
    assert everywhere["Finding title"].supports == 0
    assert everywhere["imprecision (few people)"].keys == ("doe2001",)


@pytest.mark.parametrize(
    ("markdown", "kind", "targets", "supports"),
    [
        ("See {ref}`told`.", "reference", [("ref", "told")], 1),
        ("See {ref}`what was told <told>`.", "reference", [("ref", "told")], 1),
        ("See {doc}`/part/two`.", "reference", [("doc", "part/two")], 1),
        ("See {doc}`two`.", "reference", [("doc", "part/two")], 1),
        ("See [there](two.md).", "reference", [("doc", "part/two")], 1),
        ("See {ref}`told` and {doc}`two`.", "reference", [("ref", "told"), ("doc", "part/two")], 2),
        ("See [there](https://example.org/).", "uncited", [], 0),
        ("See {doc}`two` {cite:p}`doe2001`.", "cited", [("doc", "part/two")], 2),
        ("Says {cite:t}`doe2001` {cite:p}`roe2002`.", "cited", [], 2),
        ("Is it?", "question", [], 0),
        ("Is it {cite:p}`doe2001`?", "cited", [], 1),
        ("{voice}`It is ours.`", "voice", [], 0),
        ("{voice}`It is` ours.", "uncited", [], 0),
        ("{voice}``See {doc}`two`.``", "voice", [("doc", "part/two")], 1),
    ],
)
def test_the_kind_of_a_claim_follows_from_its_support(
    markdown: str, kind: str, targets: list[tuple[str, str]], supports: int, collected: Collect
) -> None:
    [claim] = collected(markdown)
    assert (claim.kind, list(claim.targets), claim.supports) == (kind, targets, supports)


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("As {cite:t}`doe2001` say, it helped.", "As [doe2001] say, it helped."),
        ("It is told in {ref}`told`.", "It is told in [told]."),
        ("It helped {cite:p}`doe2001`; it harmed.", "It helped; it harmed."),
        ("It helped {cite:p}`doe2001, roe2002`.", "It helped."),
        ("By {calc}`36 <64 - 28>` points {cite:p}`doe2001`.", "By 36 points."),
        ("H{sub}`2`O and `code` and {math}`x`.", "H2O and code and x."),
    ],
)
def test_the_text_of_a_claim_is_plain(markdown: str, text: str, collected: Collect) -> None:
    [claim] = collected(markdown)
    assert claim.text == text


def test_a_label_gives_no_number(collected: Collect) -> None:
    [claim] = collected("It is told in {ref}`finding-24h` by {cite:t}`doe2001`.")
    assert claim.numbers == ()
    assert claim.names == ()


def test_a_derived_number_is_replaced_by_its_operands(collected: Collect) -> None:
    [claim] = collected("By {calc}`36 <64 - 28>` percentage points at 24 h {cite:p}`doe2001`.")
    assert [(number.text, number.unit) for number in claim.numbers] == [("24", "h"), ("64", "*"), ("28", "*")]
    [derived] = claim.derived
    assert (derived.shown, derived.expression, derived.ok) == ("36", "64 - 28", True)


def test_the_head_of_a_column_gives_the_unit(collected: Collect) -> None:
    [claim] = collected("| Drug | Dose (mg/kg) | n |\n| --- | --- | --- |\n| ketamine | 0.5 | 47 |")
    assert [(number.text, number.unit) for number in claim.numbers] == [("0.5", "mg/kg"), ("47", None)]


def test_sentences_of_one_line_share_it_and_lines_are_counted(collected: Collect) -> None:
    claims = collected("One. Two\nand three.\nFour.\n\nFive.")
    assert [(claim.text, claim.line) for claim in claims] == [
        ("One.", 3),
        ("Two and three.", 3),
        ("Four.", 5),
        ("Five.", 7),
    ]


def test_what_is_no_sentence_is_no_claim(collected: Collect) -> None:
    assert collected("## Heading\n\n% comment\n\n---\n\n```{math}\nx = 5\n```\n") == []


def test_a_heading_with_a_number_rests_on_what_is_cited_under_it(collected: Collect) -> None:
    heading, _, sub = collected(
        "## Heading of 5\n\nIt helped {cite:p}`doe2001`.\n\n### Under it 6\n\n## Two more\n\nWhy?"
    )[:3]
    assert (heading.kind, heading.place, heading.keys, heading.supports) == ("heading", "heading", ("doe2001",), 0)
    assert [number.text for number in heading.numbers] == ["5"]
    assert (sub.text, sub.keys) == ("Under it 6", ())
