"""The examples of ``retractions``, ``watch`` and ``screen`` in CONTRIBUTING do what they show."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import registries
import yaml
from answering import answering
from registries import EFETCH, ESEARCH, recorded
from test_registry_examples import examples
from test_retractions import CLEAN, DOE, HEAD, WORKS, row
from test_watch import EXCLUDED, PLAN, STUDIES, decide, log_of, pmids
from tiny_book import TinyBook

from reviewbook.cli import main
from reviewbook.commands import screen, watch


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyBook:
    tiny = TinyBook(tmp_path / "book")
    (tiny.root / "sources").rename(tiny.docs / "sources")
    monkeypatch.chdir(tiny.root)
    return tiny


def test_the_example_of_retractions_is_true(
    book: TinyBook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    book.chapter("It works {cite:p}`doe2001`, in mice too {cite:p}`roe2002`.")
    (book.root / "retraction_watch.csv").write_text(HEAD + row("Retraction", DOE))
    ((arguments, shown),) = examples("retractions")
    with answering() as server:
        registries.point_at(server, monkeypatch)
        server.says(WORKS, *CLEAN)
        assert main(arguments) == 1
    assert "".join(capsys.readouterr()) == shown


def test_the_examples_of_watch_and_screen_are_true(
    book: TinyBook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log_of(book).parent.mkdir()
    log_of(book).write_text("by_hand:\n  until: 2026-11-25\n")
    (book.docs / "searches.yml").write_text(yaml.safe_dump(PLAN, sort_keys=False))
    ((watching, found),) = examples("watch")
    ((screening, entered),) = examples("screen")
    for module in (watch, screen):
        monkeypatch.setattr(module, "today", lambda: datetime.date(2026, 12, 1))
    with answering() as server:
        registries.point_at(server, monkeypatch)
        server.says(ESEARCH, pmids("99000042"))
        server.says(EFETCH, recorded("pubmed-trial.xml"))
        server.says(STUDIES, {"totalCount": 1, "studies": [recorded("trial.json")]})
        assert main(watching) == 0
    assert "".join(capsys.readouterr()) == found
    decide(book.root, EXCLUDED)
    assert main(screening) == 0
    assert "".join(capsys.readouterr()) == entered
