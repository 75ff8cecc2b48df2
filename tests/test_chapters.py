"""A new chapter: accepted by the rules as it is, and written with its line in the table of contents or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_book import TinyBook

from reviewbook.chapters import Refused, add_chapter, skeleton, with_chapter
from reviewbook.cli import main

PATTERNS = ["part/*", "mechanism/*"]


@pytest.fixture
def tiny(tmp_path: Path) -> TinyBook:
    """A book with one part that has a page of its own."""
    tiny = TinyBook(tmp_path)
    tiny.page("part/one", "(one)=\n# One\n\nIs it so?\n")
    (tiny.docs / "part/index.md").write_text(
        "# Part\n\nIs it so?\n\n```{toctree}\n:maxdepth: 1\n\none\n```\n\nIs it?\n"
    )
    (tiny.docs / "index.md").write_text("# Book\n\n```{toctree}\npart/index\nsources\n```\n")
    return tiny


def state(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_rules_accept_the_skeleton(tiny: TinyBook) -> None:
    chapter = add_chapter(tiny.docs, "part", "chronic-pain", "", PATTERNS)
    built = tiny.build()
    # The sources of the tiny book are cited nowhere, which is no fault.
    assert built.warnings == []
    assert chapter.read_text().startswith("(chronic-pain)=\n# Chronic pain\n")
    html = built.html("part/chronic-pain")
    assert "Key points" in html and "What we do not know" in html
    assert "CONTRIBUTING" not in html  # the hints for the author are comments
    assert "chronic-pain.html" in built.html("part/index")


def test_it_stands_last_in_the_table_of_contents_and_nothing_else_changes(tiny: TinyBook) -> None:
    index = tiny.docs / "part/index.md"
    before = index.read_text()
    add_chapter(tiny.docs, "part", "two", "Two by two", PATTERNS)
    assert index.read_text() == before.replace("one\n```", "one\ntwo\n```")


def test_an_empty_table_of_contents_gets_a_blank_line_after_its_options() -> None:
    assert with_chapter("```{toctree}\n:maxdepth: 1\n```\n", "two") == "```{toctree}\n:maxdepth: 1\n\ntwo\n```\n"
    assert with_chapter(":::{toctree}\none\n\n:::\n", "two") == ":::{toctree}\none\ntwo\n\n:::\n"


def test_a_label_that_is_taken_gets_the_part_before_it(tiny: TinyBook) -> None:
    (tiny.docs / "part/one.md").write_text("# One\n\n(two)=\n## Two\n\nIs it so?\n")
    assert add_chapter(tiny.docs, "part", "two", "", PATTERNS).read_text().startswith("(part-two)=\n")
    assert tiny.build().warnings == []


@pytest.mark.parametrize(
    ("part", "name", "title", "reason"),
    [
        ("nowhere", "two", "", "there is no part 'nowhere': write one of part"),
        ("..", "two", "", "no part"),
        ("part", "Two", "", "no name for a chapter"),
        ("part", "../two", "", "no name for a chapter"),
        ("part", "two.md", "", "no name for a chapter"),
        ("part", "index", "", "no name for a chapter"),
        ("part", "", "", "no name for a chapter"),
        ("part", "one", "", "exists already"),
        ("part", "two", "Two\n# Three", "write one line of plain words"),
        ("part", "two", "The {term}`NMDA receptor`", "write one line of plain words"),
        ("part", "two", "   ", "write one line of plain words"),
        ("part", "two", "What 64% felt", "'64', which would need a source"),
        ("part", "two", "The GluN2B question", "'GluN2B', which would need a source"),
    ],
)
def test_what_is_refused_is_told_and_nothing_is_written(
    tiny: TinyBook, part: str, name: str, title: str, reason: str
) -> None:
    before = state(tiny.docs)
    with pytest.raises(Refused, match=reason):
        add_chapter(tiny.docs, part, name, title, PATTERNS)
    assert state(tiny.docs) == before


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        (b"# Part\n", "has no {toctree}"),
        (b"```{toctree}\none\n", "line 1 is not closed"),
        (b"```{toctree}\ntwo\n```\n", "stands in the table of contents already"),
        (b"\xff```{toctree}\none\n```\n", "is not UTF-8 text"),
    ],
)
def test_a_part_whose_table_of_contents_cannot_be_changed_is_left_alone(
    tiny: TinyBook, index: bytes, reason: str
) -> None:
    (tiny.docs / "part/index.md").write_bytes(index)
    before = state(tiny.docs)
    with pytest.raises(Refused, match=reason):
        add_chapter(tiny.docs, "part", "two", "", PATTERNS)
    assert state(tiny.docs) == before


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_a_disk_that_fails_at_any_step_leaves_the_book_as_it_was(
    tiny: TinyBook, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(tiny.docs)

    def fail(self: Path, *arguments: object) -> None:
        raise OSError(28, "No space left on device", str(self))

    with monkeypatch.context() as broken:
        broken.setattr(Path, step, fail)
        with pytest.raises(OSError, match="No space left"):
            add_chapter(tiny.docs, "part", "two", "", PATTERNS)
    assert state(tiny.docs) == before


def test_the_command_writes_it_or_says_why_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "docs" / "mechanism"
    folder.mkdir(parents=True)
    (folder / "index.md").write_text("# Mechanism\n\n```{toctree}\n```\n")
    arguments = ["--root", str(tmp_path), "new-chapter", "mechanism", "sleep", "Sleep and dreams"]
    assert main(arguments) == 0
    assert (folder / "sleep.md").read_text() == skeleton("sleep", "Sleep and dreams")
    assert str(folder / "sleep.md") in capsys.readouterr().out
    assert main(arguments) == 1
    assert "exists already: choose another name" in capsys.readouterr().err
    assert main(["--root", str(tmp_path / "nowhere"), "new-chapter", "mechanism", "sleep"]) == 1
