"""The examples of ``add`` and ``verify`` in CONTRIBUTING do what they show."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path

import pytest
import registries
from answering import answering
from books import ROOT
from tiny_book import TinyBook

from reviewbook.cli import main


def examples(command: str) -> list[tuple[list[str], str]]:
    """Arguments and output of the console examples of a command."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?ms)^( *)```console\n(.*?)^ *```", text)
    found = []
    for _, block in blocks:
        line, _, output = textwrap.dedent(block).partition("\n")
        match = re.fullmatch(r"\$ \.venv/bin/python -m reviewbook (.*)", line)
        if match and match[1].split()[0] == command:
            found.append((shlex.split(match[1]), output))
    return found


def test_the_examples_are_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    book = TinyBook(tmp_path / "book")
    (book.root / "sources").rename(book.docs / "sources")
    monkeypatch.chdir(book.root)
    ((adding, added),) = examples("add")
    ((verifying, verified),) = examples("verify")
    with answering() as server:
        registries.point_at(server, monkeypatch)
        registries.answer_all(server)
        assert main(adding) == 0
        assert "".join(capsys.readouterr()) == added
        text = book.bib.read_text()
        book.bib.write_text(text.replace("volume = {12}", "volume = {11}").replace("  pages = {154--160},\n", ""))
        assert main(verifying) == 1
        assert "".join(capsys.readouterr()) == verified
