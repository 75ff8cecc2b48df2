"""The claims as data."""

import csv
import io
import json
from pathlib import Path

import pytest
from tiny_book import TinyBook

from reviewbook.export import COLUMNS, FORMAT_VERSION

CHAPTER = """\
At 24 h, 64% of people responded, with 28% on midazolam {cite:p}`doe2001`.
That is {calc}`36 <64 - 28>` percentage points {cite:p}`doe2001,roe2002`.
Is it, "really"?
See {doc}`/part/two`.
"""


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    tiny = TinyBook(tmp_path / "book")
    tiny.page("part/two", "# Two\n\nIt rose {cite:p}`roe2002`.\n")
    tiny.chapter(CHAPTER)
    return tiny


def test_claims_json_holds_each_claim_with_its_sources_and_numbers(book: TinyBook) -> None:
    built = book.build()
    assert built.warnings == [], built.log
    data = json.loads((built.out / "claims.json").read_text(encoding="utf-8"))
    assert (data["format"], data["version"], data["book"]) == ("reviewbook-claims", FORMAT_VERSION, "A tiny book")
    first, second, third, fourth = (c for c in data["claims"] if c["page"] == "part/one")
    assert len(first.pop("id")) == 12
    assert first == {
        "page": "part/one",
        "section": "One",
        "line": 3,
        "url": "part/one.html#one",
        "kind": "cited",
        "place": "prose",
        "text": "At 24 h, 64% of people responded, with 28% on midazolam.",
        "sources": [{"key": "doe2001", "doi": "10.1000/doe2001"}],
        "links": [],
        "numbers": [
            {"text": "24", "value": "24", "unit": "h"},
            {"text": "64", "value": "64", "unit": "%"},
            {"text": "28", "value": "28", "unit": "%"},
        ],
        "derived": [],
    }
    assert second["derived"] == [{"text": "36", "expression": "64 - 28"}]
    assert [number["text"] for number in second["numbers"]] == ["64", "28"]
    assert [source["doi"] for source in second["sources"]] == ["10.1000/doe2001", "10.1000/roe"]
    assert (third["kind"], fourth["kind"]) == ("question", "reference")
    assert fourth["links"] == ["part/two"]


def test_claims_csv_holds_the_same(book: TinyBook) -> None:
    out = book.build().out
    rows = list(csv.DictReader(io.StringIO((out / "claims.csv").read_text(encoding="utf-8"))))
    claims = json.loads((out / "claims.json").read_text(encoding="utf-8"))["claims"]
    assert list(rows[0]) == list(COLUMNS)
    assert [row["text"] for row in rows] == [claim["text"] for claim in claims]
    assert [row["id"] for row in rows] == [claim["id"] for claim in claims]
    row = next(row for row in rows if row["derived"])
    assert row["keys"] == "doe2001; roe2002"
    assert row["dois"] == "10.1000/doe2001; 10.1000/roe"
    assert row["derived"] == "36 <64 - 28>"
    assert next(row for row in rows if row["page"] == "part/one")["numbers"] == "24 h; 64 %; 28 %"


def test_an_identical_sentence_has_an_id_of_its_own(book: TinyBook) -> None:
    book.chapter("It rose {cite:p}`roe2002`.\nIt rose {cite:p}`roe2002`.\n")
    claims = json.loads((book.build().out / "claims.json").read_text())["claims"]
    one, two = (c["id"] for c in claims if c["page"] == "part/one")
    assert two == f"{one}-2"


def test_an_id_does_not_change_when_lines_move(book: TinyBook) -> None:
    def ids() -> list[str]:
        data = json.loads((book.build().out / "claims.json").read_text())
        return [c["id"] for c in data["claims"] if c["page"] == "part/one"]

    before = ids()
    book.chapter("\n\n% a comment\n\n" + CHAPTER)
    assert ids() == before


def test_two_builds_give_the_same_bytes(book: TinyBook) -> None:
    first, second = book.build(out="a").out, book.build(out="b", parallel=4).out
    for name in ("claims.json", "claims.csv", "source-record.schema.json", "references.bib"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_the_library_and_the_schema_are_published_beside_the_claims(book: TinyBook) -> None:
    out = book.build().out
    assert (out / "references.bib").read_bytes() == book.bib.read_bytes()
    assert json.loads((out / "source-record.schema.json").read_text())["title"] == "Record"


@pytest.mark.parametrize(
    ("builder", "page", "uri"),
    [("html", "part/data.html", "../claims.csv"), ("dirhtml", "part/data/index.html", "../../claims.csv")],
)
def test_a_page_links_to_the_files(book: TinyBook, builder: str, page: str, uri: str) -> None:
    book.page("part/data", "# Data\n\n{voice}`Here are the` {data-file}`claims.csv`?\n")
    built = book.build(builder)
    assert built.warnings == [], built.log
    assert f'href="{uri}"' in (built.out / page).read_text()
    assert (built.out / page).parent.joinpath(uri).resolve().exists()


def test_other_formats_name_the_files_without_a_link(book: TinyBook) -> None:
    book.page("data", "# Data\n\nHere is {data-file}`claims.csv`.\n")
    built = book.build("text")
    assert built.warnings == []
    assert '"claims.csv"' in (built.out / "data.txt").read_text()
    assert not (built.out / "claims.csv").exists()


def test_an_unknown_file_is_an_error(book: TinyBook) -> None:
    book.page("data", "# Data\n\nHere is {data-file}`secrets.csv`.\n")
    (warned,) = book.build().warnings
    assert (warned.path, warned.line) == ("docs/data.md", 3)


def test_claims_follow_a_changed_record_at_the_next_build(book: TinyBook) -> None:
    book.build()
    book.bib.write_text(book.bib.read_text().replace("10.1000/doe2001", "10.1000/new"))
    text = (book.build().out / "claims.json").read_text()
    assert "10.1000/new" in text
    assert "10.1000/doe2001" not in text
