"""What can be downloaded beside the pages, and that it is the same whenever it is built."""

from __future__ import annotations

import datetime
import re
import subprocess
import time
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from books import ROOT, build_book
from tiny_book import TinyBook

from reviewbook.downloads import DATA, size_in_words
from reviewbook.epub_archive import with_one_time
from reviewbook.export import FILES

PAGE = "# Data\n\n```{downloads}\n```\n"


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    tiny = TinyBook(tmp_path / "book")
    tiny.page("about/data", PAGE)
    return tiny


def links(html: str) -> list[str]:
    part = html[html.index('<ul class="downloads') :]
    return re.findall(r'href="([^"]+)"', part[: part.index("</ul>")])


@pytest.mark.parametrize("builder", ["html", "dirhtml"])
def test_without_editions_the_data_files_alone_are_listed(book: TinyBook, builder: str) -> None:
    built = book.build(builder)
    assert built.warnings == [], built.log
    page = built.out / ("about/data.html" if builder == "html" else "about/data/index.html")
    found = links(page.read_text())
    assert [uri.split("/")[-1] for uri in found] == [name for name, _ in DATA]
    for uri in found:
        assert (page.parent / uri).resolve().is_file()
    assert not list(built.out.glob("*.pdf"))


def test_editions_are_copied_and_listed_with_their_sizes_and_follow_them(book: TinyBook) -> None:
    (book.root / "made").mkdir()
    edition = book.root / "made" / "book.pdf"
    edition.write_bytes(b"x" * 2_340_000)
    built = book.build(reviewbook_editions=["made/book.pdf"])
    assert built.warnings == [], built.log
    assert links(built.html("about/data"))[0] == "../book.pdf"
    assert "the whole book as PDF, for paper (2.3 MB)" in built.html("about/data")
    assert (built.out / "book.pdf").read_bytes() == edition.read_bytes()
    edition.write_bytes(b"x" * 1000)
    built = book.build(reviewbook_editions=["made/book.pdf"])
    assert "(1 kB)" in built.html("about/data")
    assert (built.out / "book.pdf").stat().st_size == 1000


def test_an_edition_of_an_earlier_build_is_taken_away(book: TinyBook) -> None:
    (book.root / "book.epub").write_bytes(b"x")
    conf: dict[str, object] = {"epub_basename": "book"}
    built = book.build(reviewbook_editions=["book.epub"], **conf)
    assert (built.out / "book.epub").exists()
    (built.out / "other.epub").write_bytes(b"somebody else's")
    built = book.build(**conf)
    assert not (built.out / "book.epub").exists()
    assert (built.out / "other.epub").exists()
    assert "book.epub" not in built.html("about/data")


def test_a_missing_edition_is_a_warning_with_the_cure_and_no_dead_link(book: TinyBook) -> None:
    built = book.build(reviewbook_editions=["nowhere.pdf"])
    (warned,) = built.warnings
    assert (warned.path, warned.line, warned.rule) == ("conf.py", 1, "reviewbook.edition.missing")
    assert "make site" in warned.message
    assert "nowhere.pdf" not in built.html("about/data")


@pytest.mark.parametrize("builder", ["text", "latex", "epub"])
def test_other_formats_name_the_data_files_without_links(book: TinyBook, builder: str) -> None:
    built = book.build(builder)
    texts = {"text": "about/data.txt", "latex": "*.tex", "epub": "about/data.xhtml"}
    (path,) = built.out.glob(texts[builder])
    text = path.read_text(encoding="utf-8")
    assert "references.json" in text
    assert "references.json}{" not in text
    assert 'href="../references.json' not in text


def test_the_list_names_published_files_alone() -> None:
    assert {name for name, _ in DATA} <= set(FILES)


@pytest.mark.parametrize(
    ("size", "words"), [(10, "1 kB"), (812_000, "812 kB"), (999_600, "1.0 MB"), (3_449_000, "3.4 MB")]
)
def test_sizes_are_told_in_words(size: int, words: str) -> None:
    assert size_in_words(size) == words


def test_an_archive_keeps_its_files_and_gets_one_time(tmp_path: Path) -> None:
    archive = tmp_path / "a.epub"
    with ZipFile(archive, "w") as new:
        new.writestr("mimetype", "application/epub+zip", ZIP_STORED)
        new.writestr("b/c.xhtml", "text" * 100, ZIP_DEFLATED)
    with_one_time(archive, datetime.date(2026, 11, 25))
    with ZipFile(archive) as done:
        first, second = done.infolist()
        assert (first.filename, first.compress_type) == ("mimetype", ZIP_STORED)
        assert (second.filename, second.compress_type) == ("b/c.xhtml", ZIP_DEFLATED)
        assert {first.date_time, second.date_time} == {(2026, 11, 25, 0, 0, 0)}
        assert done.read("b/c.xhtml") == b"text" * 100


def test_two_builds_of_the_epub_are_the_same_to_the_byte(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    build_book(ROOT, first, "epub")
    time.sleep(2)  # the times in an archive are even seconds
    build_book(ROOT, second, "epub", jobs=1)
    name = "ketamine-in-mental-health.epub"
    assert (first / name).read_bytes() == (second / name).read_bytes()


def test_make_site_names_both_editions_where_make_puts_them() -> None:
    done = subprocess.run(
        ["make", "-n", "-o", ".venv/.book", "site", "MAKE=true"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    build = [line for line in done.stdout.splitlines() if "reviewbook_editions=" in line]
    assert len(build) == 1
    assert build[0].endswith("build html")
    for edition in ("_build/latex/ketamine-in-mental-health.pdf", "_build/epub/ketamine-in-mental-health.epub"):
        assert edition in build[0]
    assert done.stdout.index("build latex") < done.stdout.index("build epub") < done.stdout.index("reviewbook_editions")
