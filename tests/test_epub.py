"""The EPUB passes epubcheck."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from books import ROOT, build_book


@pytest.fixture(scope="module")
def epub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("epub") / "epub"
    build_book(ROOT, out, "epub")
    return out / "ketamine-in-mental-health.epub"


def test_epubcheck_has_nothing_to_say(epub: Path, need_programs: Callable[..., None]) -> None:
    need_programs("java", "epubcheck")
    # Debian's epubcheck is the jar itself.
    jar = shutil.which("epubcheck")
    command = ["java", "-jar", str(jar)] if zipfile.is_zipfile(str(jar)) else [str(jar)]
    done = subprocess.run([*command, "--failonwarnings", str(epub)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-6000:]


def test_every_page_is_in_it(epub: Path) -> None:
    with zipfile.ZipFile(epub) as book:
        names = set(book.namelist())
    pages = {
        p.relative_to(ROOT / "docs").with_suffix(".xhtml")
        for p in (ROOT / "docs").rglob("*.md")
        if "_" not in p.parts[0]
    }
    assert {str(page) for page in pages} <= names
    assert not [name for name in names if name.endswith(".js")]
