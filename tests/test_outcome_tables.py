"""Tables and charts made from the outcomes in the records."""

from __future__ import annotations

import html5lib
import pytest
from tiny_book import Built, TinyBook

SVG = "{http://www.w3.org/2000/svg}"
LOOK = {"bibtex_reference_style": "reviewbook", "bibtex_default_style": "reviewbook"}


def nausea(events: int = 12, other: int = 3) -> list[dict[str, object]]:
    arms = [{"arm": "ketamine IV", "events": events, "n": 48}, {"arm": "saline", "events": other, "n": 50}]
    blurred = [{"arm": "ketamine IV", "percent": 41.7, "n": 48}, {"arm": "saline", "percent": 4, "n": 50}]
    return [
        {"outcome": "ae-nausea", "timepoint": "1 day", "locator": "Table 2", "arms": arms},
        {"outcome": "ae-blurred-vision", "timepoint": "1 day", "locator": "Table 2", "arms": blurred},
    ]


@pytest.fixture
def book(tmp_path_factory: pytest.TempPathFactory) -> TinyBook:
    tiny = TinyBook(tmp_path_factory.mktemp("outcomes"))
    tiny.source("poe2003", "rct-parallel", "Nausea was commoner with ketamine.", outcomes=nausea())
    return tiny


def shown(book: TinyBook, kind: str = "table", **options: str) -> Built:
    lines = "\n".join(f":{name}: {value}" for name, value in options.items())
    book.chapter(f":::{{outcome-{kind}}}\n{lines}\n:::")
    return book.build(**LOOK)


def rows(built: Built) -> list[list[str]]:
    page = html5lib.parse(built.html("part/one"), namespaceHTMLElements=False)
    return [
        [" ".join("".join(cell.itertext()).split()) for cell in row.iter("td")]
        for row in page.find(".//tbody").iter("tr")
    ]


def test_a_row_gives_both_arms_the_difference_and_the_source(book: TinyBook) -> None:
    built = shown(book, outcomes="ae-nausea", caption="Nausea in one trial {cite:p}`poe2003`.", name="tbl-nausea")
    assert built.log == ""
    assert rows(built) == [
        [
            "Nausea, 1 day",
            "25.0 (12 of 48)",
            "6.0 (3 of 50)",
            "+19.0 (4.6 to 33.3)",
            "(Poe, 2003)",
        ]
    ]
    assert 'id="tbl-nausea"' in built.html("part/one")


def heads(built: Built) -> list[str]:
    page = html5lib.parse(built.html("part/one"), namespaceHTMLElements=False)
    return [" ".join("".join(cell.itertext()).split()) for cell in page.find(".//thead").iter("th")]


def test_an_arm_that_all_rows_share_is_named_once(book: TinyBook) -> None:
    same = shown(book, outcomes="ae-nausea, ae-blurred-vision")
    assert heads(same)[1:3] == ["Ketamine IV, of 100", "Saline, of 100"]
    arms = [{"arm": "esketamine spray", "events": 12, "n": 48}, {"arm": "saline", "events": 3, "n": 50}]
    book.source("coe2004", "rct-parallel", "Nausea was commoner.", outcomes=[{**nausea()[0], "arms": arms}])
    mixed = book.build(**LOOK)
    assert heads(mixed)[1:3] == ["Treatment, of 100", "Saline, of 100"]
    assert [row[1] for row in rows(mixed)] == [
        "esketamine spray: 25.0 (12 of 48)",
        "ketamine IV: 25.0 (12 of 48)",
        "ketamine IV: 41.7 (n = 48)",
    ]


def test_percentages_stand_as_the_source_has_them(book: TinyBook) -> None:
    built = shown(book, outcomes="ae-blurred-vision")
    assert rows(built)[0][:4] == [
        "Blurred vision, 1 day",
        "41.7 (n = 48)",
        "4 (n = 50)",
        "+37.7",
    ]


def test_each_row_is_a_claim_of_its_source(book: TinyBook) -> None:
    built = shown(book, outcomes="ae-nausea, ae-blurred-vision")
    domain = built.app.env.get_domain("review")
    assert [(claim.kind, claim.keys) for claim in domain.data["claims"]["part/one"]] == [("cited", ("poe2003",))] * 2
    assert {use.key for use in domain.uses()} == {"poe2003"}


def test_a_chart_stands_above_its_table_and_describes_itself(book: TinyBook) -> None:
    built = shown(
        book, "chart", outcomes="ae-nausea, ae-blurred-vision", caption="Effects {cite:p}`poe2003`.", name="fig-effects"
    )
    assert built.log == ""
    page = html5lib.parse(built.html("part/one"), namespaceHTMLElements=False)
    drawing = page.find(f".//figure//{SVG}svg")
    assert drawing.find(f"{SVG}title").text == "Effects"
    assert drawing.find(f"{SVG}desc").text == (
        "Nausea: Poe 2003: ketamine IV v saline, 25 v 6 of 100. "
        "Blurred vision: Poe 2003: ketamine IV v saline, 42 v 4 of 100."
    )
    assert len(rows(built)) == 2
    assert "Effects" in "".join(page.find(".//figcaption").itertext())


def test_a_page_follows_the_record(book: TinyBook) -> None:
    assert rows(shown(book, outcomes="ae-nausea"))[0][1] == "25.0 (12 of 48)"
    book.source("poe2003", "rct-parallel", "Nausea was commoner with ketamine.", outcomes=nausea(events=24))
    assert rows(book.build(**LOOK))[0][1] == "50.0 (24 of 48)"
    book.source("coe2004", "rct-parallel", "Nausea was commoner with ketamine.", outcomes=nausea())
    assert [row[-1] for row in rows(book.build(**LOOK))] == ["(Coe, 2004)", "(Poe, 2003)"]


def test_a_chart_says_once_what_both_arms_share(book: TinyBook) -> None:
    arms = [{"arm": "esketamine spray", "events": 12, "n": 48}, {"arm": "placebo spray", "events": 3, "n": 50}]
    book.source("poe2003", "rct-parallel", "Nausea was commoner.", outcomes=[{**nausea()[0], "arms": arms}])
    built = shown(book, "chart", outcomes="ae-nausea")
    assert "Poe 2003: esketamine v placebo spray, 25 v 6 of 100." in built.html("part/one")


@pytest.mark.parametrize(
    ("fields", "cure"),
    [({"second_hand": True}, "no record has counts or percentages of 'ae-nausea'")],
)
def test_what_may_not_be_cited_is_not_shown(book: TinyBook, fields: dict[str, object], cure: str) -> None:
    book.source("poe2003", "rct-parallel", "Nausea was commoner with ketamine.", outcomes=nausea(), **fields)
    assert cure in shown(book, outcomes="ae-nausea").log


def test_a_mistake_is_reported_at_its_place(book: TinyBook) -> None:
    built = shown(book, outcomes="ae-nausea", sources="nobody")
    assert [(w.path, w.line) for w in built.warnings] == [("docs/part/one.md", 3)]
    assert "nobody cannot be cited: correct the key, or complete the source" in built.log


def test_a_page_with_a_mistake_is_mended_by_the_record(book: TinyBook) -> None:
    assert "no record has counts" in shown(book, outcomes="ae-vomiting").log
    mended = [{**nausea()[0], "outcome": "ae-vomiting"}]
    book.source("coe2004", "rct-parallel", "Vomiting was commoner with ketamine.", outcomes=mended)
    again = book.build(**LOOK)
    assert again.log == ""
    assert rows(again)[0][0] == "Vomiting, 1 day"


def test_a_chart_that_would_not_fit_on_a_page_is_refused(book: TinyBook) -> None:
    many = [{**nausea()[0], "timepoint": f"day {day}"} for day in range(20)]
    book.source("poe2003", "rct-parallel", "Nausea was commoner with ketamine.", outcomes=many)
    assert "20 rows are too many for one chart" in shown(book, "chart", outcomes="ae-nausea").log


def test_pages_read_in_parallel_show_the_same(book: TinyBook) -> None:
    for number in range(12):
        book.page(f"part/page{number:02}", "# A page\n\n:::{outcome-table}\n:outcomes: ae-nausea\n:::\n")
    built = book.build(parallel=2, **LOOK)
    assert built.log == ""
    assert len(built.app.env.get_domain("review").requests) == 12
