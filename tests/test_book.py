"""The real book builds without a warning, always alike, and follows its sources."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from books import ROOT, build_book


def pages(out: Path) -> dict[str, bytes]:
    """Everything that a build wrote, by path."""
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def without_index_entries(written: dict[str, bytes]) -> dict[str, bytes]:
    """What a build wrote, less the part of the search index that Sphinx 9.0 forgets in an incremental build."""
    script = written["searchindex.js"].decode()
    index = json.loads(script[script.index("{") : script.rindex("}") + 1])
    del index["indexentries"]
    return written | {"searchindex.js": json.dumps(index).encode()}


def times(out: Path) -> dict[str, int]:
    return {str(p.relative_to(out)): p.stat().st_mtime_ns for p in out.rglob("*.html")}


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, built again in one process."""
    out = tmp_path_factory.mktemp("serial") / "html"
    build_book(ROOT, out, jobs=1)
    return out


def test_two_clean_builds_one_parallel_and_one_serial_are_the_same_to_the_byte(built_book: Path, serial: Path) -> None:
    assert differing(pages(built_book), pages(serial)) == []


CHAPTER = "docs/mechanism/glutamate.md"


@pytest.fixture(scope="module")
def edited(book_copy: Path) -> Path:
    """A copy of the book that has been built, for edits that follow each other."""
    build_edited(book_copy)
    return book_copy


def build_edited(root: Path) -> str:
    """Build where `make` does, over what was built before."""
    return build_book(root, root / "_build" / "html", doctrees=root / "_build" / "doctrees" / "html")


def _rename_an_author(root: Path) -> str:
    key = _cited(root)
    bib = root / "references.bib"
    text, n = re.subn(rf"(@\w+{{{key},\n  author = {{)([^,}}]+)", r"\1Zzyzx", bib.read_text())
    assert n == 1
    bib.write_text(text, encoding="utf-8")
    return "Zzyzx"


def _name_a_funder(root: Path) -> str:
    record = root / "docs" / "sources" / f"{_cited(root)}.yml"
    text = re.sub(r"(?m)^caveats:\n(- .*\n(  .*\n)*)*", "", record.read_text())
    record.write_text(text + "caveats:\n- Zzyzx paid for it.\n", encoding="utf-8")
    return ""


def _retitle_findings(root: Path) -> str:
    chapter = root / CHAPTER
    chapter.write_text(re.sub(r"(:::\{finding\}) (.*)", r"\1 Put otherwise: \2", chapter.read_text()), encoding="utf-8")
    return "Put otherwise"


def _drop_a_sentence(root: Path) -> str:
    chapter = root / CHAPTER
    lines = chapter.read_text().splitlines()
    plain = [i for i, line in enumerate(lines) if line.endswith("`.") and "{cite:p}" in line and line[0].isalpha()]
    chapter.write_text("\n".join([*lines[: plain[-1]], *lines[plain[-1] + 1 :]]) + "\n", encoding="utf-8")
    return ""


def _lengthen_the_front_page(root: Path) -> str:
    index = root / "docs" / "index.md"
    index.write_text(index.read_text() + "\nOne more line.\n", encoding="utf-8")
    return "One more line."


def _cited(root: Path) -> str:
    """A source with a person as author that the chapter cites."""
    bib = (root / "references.bib").read_text()
    for key in re.findall(r"\{cite:p\}`([a-z0-9]+)`", (root / CHAPTER).read_text()):
        if re.search(rf"@article{{{key},\n  author = {{[^{{]", bib):
            return str(key)
    raise AssertionError("the chapter cites nobody")


def test_a_second_build_with_nothing_changed_writes_no_page_again(edited: Path) -> None:
    out = edited / "_build" / "html"
    before = times(out)
    said = build_edited(edited)
    assert "0 added, 0 changed, 0 removed" in said
    written = {name for name, time in times(out).items() if time != before[name]}
    assert written <= {"genindex.html", "search.html"}, "pages of the book were written again"


@pytest.mark.parametrize(
    "edit",
    [_rename_an_author, _name_a_funder, _retitle_findings, _drop_a_sentence, _lengthen_the_front_page],
    ids=lambda edit: edit.__name__.strip("_"),
)
def test_an_incremental_build_gives_what_a_clean_one_gives(
    edit: Callable[[Path], str], edited: Path, tmp_path: Path
) -> None:
    out = edited / "_build" / "html"
    before = pages(out)
    expected = edit(edited)
    with ThreadPoolExecutor() as pool:
        clean = pool.submit(build_book, edited, tmp_path / "clean")
        build_edited(edited)
        clean.result()
    after = pages(out)
    assert [name for name in differing(before, after) if name.endswith(".html")], "the edit shows nowhere"
    assert expected.encode() in after["mechanism/glutamate.html"] + after["index.html"]
    assert differing(without_index_entries(after), without_index_entries(pages(tmp_path / "clean"))) == []


def test_a_failed_make_fails_again_until_it_is_mended(edited: Path) -> None:
    """An incremental build that forgot the warnings of unchanged pages would pass."""
    (edited / ".venv").symlink_to(ROOT / ".venv")
    index = edited / "docs" / "index.md"
    good = index.read_text()
    index.write_text(good + "\n{doc}`/nowhere`\n", encoding="utf-8")
    # -o: the environment of the checkout is used as it is
    command = ["make", "-o", ".venv/.book", "html"]
    for _ in range(2):
        done = subprocess.run(command, cwd=edited, capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert "unknown document: '/nowhere'" in done.stderr
    index.write_text(good, encoding="utf-8")
    assert subprocess.run(command, cwd=edited, capture_output=True, check=False).returncode == 0
