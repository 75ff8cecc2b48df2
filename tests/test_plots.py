"""Figures drawn from tables and lists."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sphinx.errors import ExtensionError
from tiny_book import TinyBook

from reviewbook import pathway, range_chart, svg
from reviewbook.pathway import Arrow, Pathway
from reviewbook.range_chart import RangeChart, Row

LOOK = {"bibtex_reference_style": "reviewbook", "bibtex_default_style": "reviewbook", "reviewbook_chapters": []}
SVG = "{http://www.w3.org/2000/svg}"
HEADS = ("Route", "Drug", "Share, low (%)", "Share, high (%)", "Source")
ROWS = (("Oral", "ketamine", "20", "24", ""), ("Nasal", "ketamine", "45", "45", ""))


def chart(rows: Sequence[Sequence[str]] = ROWS, heads: Sequence[str] = HEADS, **options: str) -> RangeChart:
    return range_chart.read_table(heads, rows, "Shares", options)


# Reading a table


def test_a_chart_takes_labels_values_and_unit_from_the_table() -> None:
    assert chart() == RangeChart(
        "Shares", (Row("Oral, ketamine", 20, 24, "20–24%"), Row("Nasal, ketamine", 45, 45, "45%")), "%", 100
    )


def test_options_name_columns_by_a_part_of_their_head() -> None:
    heads = ("A", "Route", "Time from (h)", "Time to (h)")
    found = chart([("x", "Oral", "0.5", "1,200")], heads, label="route", low="from", high="to", unit="hours")
    assert found.rows == (Row("Oral", 0.5, 1200, "0.5–1,200\u202fhours"),)
    assert (found.unit, found.top) == ("hours", 2000)


def test_one_column_of_values_makes_points() -> None:
    assert chart([("Oral", "7")], ("Route", "Low peak (h)")).rows == (Row("Oral", 7, 7, "7\u202fh"),)


@pytest.mark.parametrize(
    ("rows", "options", "cure"),
    [
        (ROWS, {"low": "least"}, "no column head contains 'least'; the heads are Route, Drug"),
        ([("Oral", "k", "none", "24", "")], {}, "the row 'Oral, k' holds no number"),
        ([("Oral", "k", "30", "24", "")], {}, "needs 0 ≤ low ≤ high"),
        ([], {}, "the table has no rows"),
        ([("A very long name " * 3, "k", "3", "4", "")], {}, "is too long for a phone"),
        (ROWS, {"max": "40"}, "max is 40, but a row reaches 45"),
    ],
)
def test_a_table_that_cannot_be_drawn_says_why(
    rows: Sequence[Sequence[str]], options: dict[str, str], cure: str
) -> None:
    with pytest.raises(ValueError, match=cure):
        chart(rows, **options)


@pytest.mark.parametrize(("value", "top"), [(1, 1), (3, 4), (45, 50), (100, 100), (101, 200), (0.3, 0.4)])
def test_an_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert range_chart.nice_top(value) == pytest.approx(top)


# Reading a list


def test_an_item_tells_from_to_and_where_it_was_seen() -> None:
    assert pathway.read_step("NMDA block →  glutamate surge", " (animals, people): Text (n = 3).") == [
        Arrow("NMDA block", "glutamate surge", ("people", "animals"))
    ]
    assert pathway.read_step("A → B → C", "(cells):") == [Arrow("A", "B", ("cells",)), Arrow("B", "C", ("cells",))]
    disputed = pathway.read_step("A → B", " (people, against): x")[0]
    assert disputed.label == "× people: against"


@pytest.mark.parametrize(
    ("bold", "after", "cure"),
    [
        ("A", "(animals): x", "write the item as"),
        ("A → ", "(animals): x", "write the item as"),
        ("A → B", "in mice: x", "write the item as"),
        ("A → B", "(mice): x", "say in brackets"),
    ],
)
def test_an_item_that_cannot_be_drawn_says_why(bold: str, after: str, cure: str) -> None:
    with pytest.raises(ValueError, match=cure):
        pathway.read_step(bold, after)


def test_arrows_in_a_circle_are_refused() -> None:
    with pytest.raises(ValueError, match="circle among: B, C"):
        pathway.layers([Arrow("A", "B", ("people",)), Arrow("B", "C", ("cells",)), Arrow("C", "B", ("cells",))])


def test_a_thing_stands_below_all_that_lead_to_it() -> None:
    arrows = [Arrow(a, b, ("people",)) for a, b in ("AB", "BC", "AC", "CD", "AD")]
    assert pathway.layers(arrows) == {"A": 0, "B": 1, "C": 2, "D": 3}


# Drawing


def parsed(picture: RangeChart | Pathway) -> ET.Element:
    return ET.fromstring(picture.svg("d", svg.PRINT))


def test_a_chart_puts_each_value_at_its_place() -> None:
    drawn = parsed(chart())
    at = [float(circle.attrib["cx"]) for circle in drawn.iter(f"{SVG}circle")]
    zero, full = 8.0, svg.WIDTH - 12.0
    assert at == pytest.approx([zero + (full - zero) * share for share in (0.20, 0.24, 0.45)], abs=0.06)
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert texts[:5] == ["0", "25", "50", "75", "100%"]
    assert texts[5:] == ["Oral, ketamine", "20–24%", "Nasal, ketamine", "45%"]


def test_drawings_name_and_describe_themselves() -> None:
    drawn = parsed(chart())
    assert drawn.attrib["role"] == "img"
    named = {node.attrib["id"]: node.text for node in drawn if "id" in node.attrib}
    assert [named[i] for i in drawn.attrib["aria-labelledby"].split()] == [
        "Shares",
        "Oral, ketamine: 20–24%; Nasal, ketamine: 45%.",
    ]


def test_each_kind_of_evidence_has_its_own_line_and_words() -> None:
    arrows = tuple(Arrow("A", end, (kind,)) for end, kind in zip("BCD", pathway.EVIDENCE, strict=True))
    drawn = parsed(Pathway("Steps", arrows))
    lines = [path for path in drawn.findall(f"{SVG}path") if "marker-end" in path.attrib]
    assert [path.get("stroke-dasharray") for path in lines] == [None, "6 4", "0.1 5"]
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert texts[:3] == ["people", "animals", "cells"]
    assert texts[-4:] == ["Seen in", "people", "animals", "cells"]


graphs = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] < pair[1]),
    min_size=1,
    max_size=12,
    unique=True,
)


@given(graphs)
@settings(max_examples=60, deadline=None)
def test_no_box_or_label_lies_on_another(pairs: list[tuple[int, int]]) -> None:
    arrows = [Arrow(f"thing {a}", f"thing {b}", ("animals",)) for a, b in pairs]
    try:
        rows, boxes, routes = pathway.layout(arrows)
    except ValueError as error:
        assert "side by side" in str(error)
        return
    for cells in rows:
        placed = sorted(cells, key=lambda cell: cell.x)
        for left, right in pairwise(placed):
            assert right.x - left.x >= (left.width + right.width) / 2 - 0.01
        assert all(cell.x - cell.width / 2 >= -0.01 for cell in placed)
        assert all(cell.x + cell.width / 2 <= svg.WIDTH + 0.01 for cell in placed)
    assert len(routes) == len(arrows)
    assert {name for pair in arrows for name in (pair.start, pair.end)} == boxes.keys()


def test_the_same_picture_gives_the_same_bytes() -> None:
    arrows = (Arrow("A", "B", ("people",)), Arrow("A", "C", ("cells",)), Arrow("B", "C", ("animals",), ("disputed",)))
    one, two = (Pathway("Steps", arrows).svg("d", svg.PAGE) for _ in range(2))
    assert one == two


# In a book


CHAPTER = """\
```{range-chart}
:name: fig-shares
:caption: Shares that responded {cite:p}`doe2001`.

| Route | Low (%) | High (%) | Source |
| --- | --- | --- | --- |
| Oral | 28 | 64 | {cite:p}`doe2001` |
```

```{pathway}
- **Ketamine → glutamate** (animals): In mice, GluN2B rose {cite:p}`roe2002`.
```

See {ref}`fig-shares`.
"""


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    book = TinyBook(tmp_path / "book")
    book.chapter(CHAPTER)
    return book


def test_the_drawing_stands_above_the_table_or_list_it_is_made_from(book: TinyBook) -> None:
    built = book.build(**LOOK)
    assert built.warnings == []
    page = html5lib.parse(built.html("part/one"), treebuilder="etree", namespaceHTMLElements=False)
    figures = list(page.iter("figure"))
    assert figures[0].get("id") == "fig-shares"
    drawings = [div for div in page.iter("div") if div.get("class") == "drawing"]
    texts = ["".join(drawing.itertext()) for drawing in drawings]
    assert "Oral" in texts[0] and "28–64%" in texts[0] and "Shares that responded" in texts[0]
    assert "Ketamine" in texts[1] and "animals" in texts[1]
    html = built.html("part/one")
    assert html.index("<svg") < html.index("<table") < html.rindex("<svg") < html.index("GluN2B rose")
    assert "color-brand-primary" in html


def test_a_faulty_table_is_reported_with_its_line_and_the_cure(book: TinyBook) -> None:
    book.chapter("A sentence.\n\n```{range-chart}\n| A | B |\n| --- | --- |\n| x | 1 |\n```\n")
    built = book.build(**LOOK)
    assert [(w.path, w.line) for w in built.warnings] == [("docs/part/one.md", 5)]
    assert "no column head contains 'low'; the heads are A, B" in built.warnings[0].message


def test_rows_of_a_chart_and_steps_of_a_pathway_are_claims(book: TinyBook) -> None:
    book.chapter(CHAPTER.replace("28 | 64", "27 | 64").replace(" {cite:p}`roe2002`", ""))
    built = book.build(**(LOOK | {"reviewbook_chapters": ["part/*"]}))
    assert {"claim.number-untraced", "claim.uncited"} <= set(built.rules)


def test_an_epub_holds_drawings_as_files_with_words_for_them(book: TinyBook) -> None:
    built = book.build("epub", **LOOK)
    page = (built.out / "part" / "one.xhtml").read_text(encoding="utf-8")
    files = sorted((built.out / "_images").glob("drawing-*.svg"))
    assert len(files) == 2
    assert all(f'src="../_images/{path.name}"' in page for path in files)
    assert 'alt="Shares that responded. Oral: 28–64%."' in page
    assert all("var(--" not in path.read_text(encoding="utf-8") for path in files)


LATEX = {"latex_documents": [("index", "book.tex", "B", "A", "manual")]}


def test_a_pdf_holds_drawings_made_by_rsvg_convert(book: TinyBook, need_programs: object) -> None:
    need_programs("rsvg-convert")
    built = book.build("latex", **LOOK, **LATEX)
    assert built.warnings == []
    tex = (built.out / "book.tex").read_text(encoding="utf-8")
    files = sorted(built.out.glob("drawing-*.pdf"))
    assert len(files) == 2
    assert all(path.read_bytes().startswith(b"%PDF") and path.name in tex for path in files)
    first = [path.read_bytes() for path in files]
    again = book.build("latex", out="again", **LOOK, **LATEX)
    assert [path.read_bytes() for path in sorted(again.out.glob("drawing-*.pdf"))] == first


def test_without_rsvg_convert_the_pdf_names_the_debian_package(book: TinyBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ExtensionError, match="apt-get install librsvg2-bin"):
        book.build("latex", **LOOK, **LATEX)
