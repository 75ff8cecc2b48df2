"""Archived copies are looked up, never made up, and written without touching the rest of a record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from answering import Answer, Server, answering
from tiny_book import TinyBook

from reviewbook.cli import main
from reviewbook.links.archive import with_copy

PAGE = "https://www.example.org/news/1"
COPY = f"https://web.archive.org/web/20231125010203/{PAGE}"


def snapshot(url: str = COPY.replace("https://web", "http://web"), status: str = "200") -> dict[str, object]:
    """What the availability API answers, as its documentation shows it."""
    closest = {"available": True, "url": url, "timestamp": "20231125010203", "status": status}
    return {"url": PAGE, "archived_snapshots": {"closest": closest}}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with answering() as found:
        monkeypatch.setenv("REVIEWBOOK_ARCHIVE", f"{found.address}/wayback")
        monkeypatch.setenv("REVIEWBOOK_PAUSE", "0")
        monkeypatch.setenv("REVIEWBOOK_BACKOFF", "0.01")
        yield found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    tiny = TinyBook(tmp_path / "book")
    read = [{"what": "page", "where": f"{PAGE} and its comments", "when": "2023-11-24"}]
    tiny.source("web2023", "news", "It rose.", doi=None, no_doi="a page", url=PAGE, read=read)
    (tiny.root / "sources").rename(tiny.docs / "sources")
    return tiny.root


def archive(root: Path, *arguments: str) -> int:
    return main(["--root", str(root), "archive", *arguments])


def record(root: Path) -> Path:
    return root / "docs" / "sources" / "web2023.yml"


def test_the_copy_nearest_to_the_day_of_reading_is_written(root: Path, server: Server) -> None:
    server.says("/wayback/available", snapshot())
    before = record(root).read_text()
    assert archive(root) == 0
    after = record(root).read_text()
    assert after.replace(f"archived: {COPY}\n", "") == before
    assert yaml.safe_load(after)["archived"] == COPY
    assert [asked.query for asked in server.asked] == [{"url": PAGE, "timestamp": "20231124"}]
    assert archive(root) == 0
    assert len(server.asked) == 1, "what is known is not asked again"
    assert main(["--root", str(root), "check"]) == 0


def test_a_dry_run_writes_nothing(root: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.says("/wayback/available", snapshot())
    before = record(root).read_bytes()
    assert archive(root, "--dry-run", "web2023") == 0
    assert record(root).read_bytes() == before
    assert COPY in capsys.readouterr().out


@pytest.mark.parametrize(
    "answer",
    [
        {"archived_snapshots": {}},
        [],
        snapshot(status="404"),
        snapshot("http://web.archive.org/web/20231125010203/https://www.example.org/"),
        snapshot("http://elsewhere.example/web/20231125010203/https://www.example.org/news/1"),
    ],
)
def test_what_is_no_copy_of_the_page_is_not_taken(
    root: Path, server: Server, answer: object, capsys: pytest.CaptureFixture[str]
) -> None:
    server.says("/wayback/available", Answer(answer))
    before = record(root).read_bytes()
    assert archive(root, "web2023") == 0
    assert record(root).read_bytes() == before
    assert capsys.readouterr().err.splitlines() == [
        f"web2023: the archive holds no copy of {PAGE}",
        "0 copies found, 1 not.",
    ]


def test_a_source_that_cannot_have_a_copy_is_refused(
    root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert archive(root, "doe2001", "nobody1999") == 1
    assert capsys.readouterr().err.splitlines()[:2] == [
        "doe2001 has a DOI, which outlives its page; no copy is noted.",
        "There is no source 'nobody1999'.",
    ]
    assert server.asked == []


def test_an_archive_that_does_not_answer_changes_nothing(
    root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.says("/wayback/available", Answer(reset=True))
    before = record(root).read_bytes()
    assert archive(root) == 3
    assert record(root).read_bytes() == before
    assert "could not be asked" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["key: a\n", "{key: a, read: []}\n", "key: a\nnote: |\n  x\nread: []\narchived: x\n"])
def test_a_record_that_a_line_would_spoil_is_left_alone(text: str) -> None:
    with pytest.raises(ValueError, match="archived"):
        with_copy(text, COPY)
