"""The real book builds without a warning, always alike, and follows its sources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT, build_book


def pages(out: Path) -> dict[str, bytes]:
    """Everything that a build wrote, by path; Sphinx's record of its configuration apart."""
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file() and p.name != ".buildinfo"}


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def times(out: Path) -> dict[str, int]:
    return {str(p.relative_to(out)): p.stat().st_mtime_ns for p in out.rglob("*.html")}


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, built again in one process."""
    out = tmp_path_factory.mktemp("serial") / "html"
    build_book(ROOT, out, jobs=1)
    return out


def test_parallel_and_serial_builds_are_the_same_to_the_byte(built_book: Path, serial: Path) -> None:
    assert differing(pages(built_book), pages(serial)) == []


def test_two_clean_builds_are_the_same_to_the_byte(built_book: Path, tmp_path: Path) -> None:
    build_book(ROOT, tmp_path / "html")
    assert differing(pages(built_book), pages(tmp_path / "html")) == []


def test_a_second_build_with_nothing_changed_writes_no_page_again(book_copy: Path) -> None:
    out = book_copy / "_build" / "html"
    build_book(book_copy, out)
    before = times(out)
    said = build_book(book_copy, out)
    assert "0 added, 0 changed, 0 removed" in said
    written = sorted(name for name, time in times(out).items() if time != before[name])
    assert set(written) <= {"genindex.html", "search.html"}, "pages of the book were written again"


CHAPTER = "docs/mechanism/glutamate.md"


def _retitle_finding(root: Path) -> None:
    chapter = root / CHAPTER
    chapter.write_text(re.sub(r"(:::\{finding\}) (.*)", r"\1 Put otherwise: \2", chapter.read_text()), encoding="utf-8")


def _drop_last_sentence_with_a_citation(root: Path) -> None:
    chapter = root / CHAPTER
    lines = chapter.read_text().splitlines()
    last = max(i for i, line in enumerate(lines) if line.endswith("`.") and "{cite:p}" in line and not line.startswith(("-", "|")))
    chapter.write_text("\n".join([*lines[:last], *lines[last + 1 :]]) + "\n", encoding="utf-8")


def _rename_an_author(root: Path) -> None:
    key = _cited(root)
    bib = root / "references.bib"
    text, n = re.subn(rf"(@\w+{{{key},\n  author = {{)([^,}}]+)", r"\1Zzyzx", bib.read_text())
    assert n == 1
    bib.write_text(text, encoding="utf-8")


def _reword_a_caveat(root: Path) -> None:
    record = root / "docs" / "sources" / f"{_cited(root)}.yml"
    record.write_text(re.sub(r"(?m)^read:$", "funding: A made-up sponsor.\nread:", re.sub(r"(?m)^funding:.*\n", "", record.read_text())))


def _define_a_term(root: Path) -> None:
    index = root / "docs" / "index.md"
    index.write_text(index.read_text() + "\nOne more line.\n", encoding="utf-8")


def _cited(root: Path) -> str:
    """A source with a person as author that the chapter cites."""
    bib = (root / "references.bib").read_text()
    for key in re.findall(r"\{cite:p\}`([a-z0-9]+)`", (root / CHAPTER).read_text()):
        if re.search(rf"@article{{{key},\n  author = {{[^{{]", bib):
            return str(key)
    raise AssertionError("the chapter cites nobody")


@pytest.mark.parametrize(
    "edit",
    [_rename_an_author, _reword_a_caveat, _retitle_finding, _drop_last_sentence_with_a_citation, _define_a_term],
    ids=lambda edit: edit.__name__.strip("_"),
)
def test_an_incremental_build_gives_what_a_clean_one_gives(edit: object, book_copy: Path, built_book: Path) -> None:
    out = book_copy / "_build" / "html"
    build_book(book_copy, out)
    before = pages(out)
    edit(book_copy)  # type: ignore[operator]
    build_book(book_copy, out)
    after = pages(out)
    assert before["mechanism/glutamate.html"] != after["mechanism/glutamate.html"] or before["index.html"] != after["index.html"]
    build_book(book_copy, book_copy / "_build" / "clean")
    assert differing(after, pages(book_copy / "_build" / "clean")) == []


def test_an_edited_entry_reaches_every_page_that_cites_it(book_copy: Path) -> None:
    out = book_copy / "_build" / "html"
    build_book(book_copy, out)
    key = _cited(book_copy)
    citing = [p for p in out.rglob("*.html") if f'data-cite="{key}"' in p.read_text() or f"#cite-{key}" in p.read_text()]
    assert citing
    _rename_an_author(book_copy)
    build_book(book_copy, out)
    for page in citing:
        assert "Zzyzx" in page.read_text(), f"{page.name} shows the old author"


def test_a_failed_make_fails_again_until_it_is_mended(book_copy: Path) -> None:
    """An incremental build that forgot the warnings of unchanged pages would pass."""
    import shutil
    import subprocess

    shutil.copy2(ROOT / "Makefile", book_copy)
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy2(ROOT / name, book_copy)
    (book_copy / ".venv").symlink_to(ROOT / ".venv")
    index = book_copy / "docs" / "index.md"
    index.write_text(index.read_text().replace("\n", "\n\n{doc}`/nowhere`\n", 1), encoding="utf-8")
    # -o: the environment of the checkout is used as it is
    command = ["make", "-o", ".venv/.book", "html"]
    for _ in range(2):
        done = subprocess.run(command, cwd=book_copy, capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert "unknown document: '/nowhere'" in done.stderr
    shutil.copy2(ROOT / "docs" / "index.md", index)
    assert subprocess.run(command, cwd=book_copy, capture_output=True, check=False).returncode == 0
