"""What is counted in the book, by part."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_book import TinyBook

from reviewbook.book_stats import by_part, of_library
from reviewbook.cli import main
from reviewbook.domain import domain_of

CHAPTER = """\
## Key points

:::{finding} It may be so
:name: finding-one
:certainty: low
:downgraded: risk of bias (blinding was weak); imprecision (one trial)
At 24 h, 64% of 47 people responded {cite:p}`doe2001`.
:::

Is it so?
In mice, GluN2B rose by 12% {cite:p}`roe2002`.
"""


@pytest.fixture
def tiny(tmp_path: Path) -> TinyBook:
    """A book with one chapter."""
    tiny = TinyBook(tmp_path)
    read = [
        {"what": "abstract", "where": "https://example.org/a"},
        {"what": "full-text", "where": "https://example.org/b"},
    ]
    tiny.source("roe2002", "preclinical-in-vivo", "In mice, GluN2B rose by 12%.", doi="10.1000/roe", read=read)
    tiny.source("poe2003", "rct-parallel", "At 24 h, 12% responded.", second_hand=True)
    tiny.chapter(CHAPTER)
    tiny.page("about", "# About\n\nThis sentence needs no source.\n")
    return tiny


def test_every_part_is_counted_and_so_is_the_whole(tiny: TinyBook) -> None:
    tiny.chapter(CHAPTER + "{voice}`Nobody knows it well.`\n")
    book = domain_of(tiny.build().app.env).book()
    parts = {row.part: row for row in by_part(book)}
    assert list(parts) == ["front matter", "part", "all"]
    part = parts["part"]
    assert (part.pages, part.sentences, part.voice, part.sources) == (1, 4, 1, 2)
    text = "At 24 h 64 of 47 people responded Is it so In mice GluN2B rose by 12 Nobody knows it well"
    assert part.words == text.count(" ") + 1
    assert (part.read_whole, part.read_abstract) == (1, 1)
    assert part.findings == (0, 1, 0, 0)
    assert part.voice_share == 0.25
    assert part.whole_share == 0.5
    for name in ("pages", "words", "sentences", "claims", "numbers", "voice"):
        assert getattr(parts["all"], name) == getattr(part, name) + getattr(parts["front matter"], name)


def test_the_whole_agrees_with_what_the_pages_say_of_it(tiny: TinyBook) -> None:
    domain = domain_of(tiny.build().app.env)
    counts, whole = domain.counts(), by_part(domain.book())[-1]
    assert (counts["claims"], counts["numbers"], counts["sources-cited"]) == (
        whole.claims,
        whole.numbers,
        whole.sources,
    )
    assert (counts["read-full-text"], counts["read-abstract"]) == (whole.read_whole, whole.read_abstract)


def test_the_library_is_counted(tiny: TinyBook) -> None:
    (tiny.root / "incomplete.yml").write_text("poe2003: [pages]\n")
    library = of_library(domain_of(tiny.build().app.env).book())
    assert library == (3, 3, 2, 1)


def test_the_command_prints_a_table_or_json(tiny: TinyBook, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(tiny.root.rglob("*"))
    assert main(["--root", str(tiny.root), "stats"]) == 0
    out, err = capsys.readouterr()
    assert "Library: 3 sources known, 3 with a record, 2 cited, 1 that may not be cited yet." in out
    assert err == ""
    assert main(["--root", str(tiny.root), "stats", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["parts"][1]["findings"]["low"] == 1
    assert data["all"]["part"] == "all"
    assert sorted(path for path in tiny.root.rglob("*") if "__pycache__" not in path.parts) == before


def test_faults_of_the_book_are_counted_and_a_missing_book_is_named(
    tiny: TinyBook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.chapter("It is so.")
    assert main(["--root", str(tiny.root), "stats"]) == 0
    assert "The book has 1 fault, so these numbers may change: `make check` names them." in capsys.readouterr().err
    (tiny.root / "conf.py").write_text("1 / 0\n")
    assert main(["--root", str(tiny.root), "stats"]) == 1
    assert "the book cannot be read" in capsys.readouterr().err
    assert main(["--root", str(tmp_path / "nowhere"), "stats"]) == 1
    assert "conf.py is missing" in capsys.readouterr().err
