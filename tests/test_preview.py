"""The preview: pages first, judgement after, and the same pages as any other build."""

from __future__ import annotations

import http.client
import io
import multiprocessing
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from books import ROOT
from tiny_book import TinyBook

from reviewbook.cli import main
from reviewbook.preview import Preview, work

GOOD = "At 24 h, 64% of 47 people responded {cite:p}`doe2001`."


class Watched:
    """A preview of a tiny book, with what it tells and what the page held when it was told."""

    def __init__(self, tiny: TinyBook) -> None:
        self.page = tiny.docs / "part/one.md"
        self.html = tiny.root / "_live/part/one.html"
        self.told: list[tuple[str, str, str]] = []
        self.log = io.StringIO()
        self.preview = Preview(tiny.root, tiny.root / "_live", tiny.root / "_doctrees", self.note, self.log)

    def note(self, told: str) -> None:
        text = self.html.read_text() if self.html.exists() else ""
        self.told.append((told, text, self.log.getvalue()))
        if told == "done":
            self.log.seek(0)
            self.log.truncate()


@pytest.fixture
def tiny(tmp_path: Path) -> TinyBook:
    """A book of one page."""
    tiny = TinyBook(tmp_path / "book")
    tiny.chapter(GOOD)
    return tiny


def test_a_page_is_told_to_be_written_before_the_book_is_judged(tiny: TinyBook) -> None:
    watched = Watched(tiny)
    watched.preview.build()
    assert watched.preview.make_ready()
    tiny.chapter("It is so.")
    watched.preview.build([watched.page])
    (written, text, log), (done, _, after) = watched.told[1:]
    assert (written, done) == ("written", "done")
    assert "It is so." in text
    assert "claim.uncited" not in log
    assert "[reviewbook.claim.uncited]" in after


def test_a_changed_page_is_told_before_the_pages_that_follow_it_are_written(tiny: TinyBook) -> None:
    watched = Watched(tiny)
    sources = tiny.root / "_live/sources.html"
    listed: list[bool] = []
    tell = watched.preview._tell
    watched.preview._tell = lambda told: (listed.append("roe2002" in sources.read_text()), tell(told))[1]
    watched.preview.build()
    tiny.chapter(GOOD + "\nIn mice, GluN2B rose by 12% {cite:p}`roe2002`.")
    watched.preview.build([watched.page])
    assert [told for told, _, _ in watched.told] == ["done", "written", "done"]
    assert "GluN2B rose" in watched.told[1][1]
    assert listed == [False, False, True]


def test_every_build_judges_the_whole_book_again(tiny: TinyBook) -> None:
    watched = Watched(tiny)
    tiny.chapter("It is so.")
    for _ in range(2):
        watched.preview.build()
    assert ["claim.uncited" in after for told, _, after in watched.told if told == "done"] == [True, True]


@pytest.mark.parametrize("ready", [True, False])
def test_a_changed_record_is_seen_although_the_build_was_made_ready_before(tiny: TinyBook, ready: bool) -> None:
    watched = Watched(tiny)
    watched.preview.build()
    if ready:
        watched.preview.make_ready()
    tiny.source("doe2001", "rct-parallel", "At 24 h, 33% of 47 people responded to ketamine.")
    watched.preview.build([tiny.record("doe2001")])
    assert "“64%” is in no record" in watched.told[-1][2] or "“64” is in no record" in watched.told[-1][2]


def test_it_gives_the_same_pages_as_any_other_build(tiny: TinyBook) -> None:
    watched = Watched(tiny)
    tiny.chapter("Is it so?")
    watched.preview.build()
    watched.preview.make_ready()
    tiny.chapter(GOOD)
    watched.preview.build([watched.page])
    fresh = tiny.build()
    for page in ("part/one.html", "sources.html", "claims.json"):
        assert (tiny.root / "_live" / page).read_bytes() == (fresh.out / page).read_bytes()


def test_a_broken_configuration_is_told_and_mended(tiny: TinyBook) -> None:
    watched = Watched(tiny)
    conf = tiny.root / "conf.py"
    good = conf.read_text()
    conf.write_text("1 / 0\n")
    assert not watched.preview.make_ready()
    watched.preview.build()
    assert watched.told[-1][0] == "done" and "The book cannot be built" in watched.told[-1][2]
    conf.write_text(good)
    watched.preview.build([conf])
    assert "64% of 47 people" in watched.html.read_text()


def test_the_worker_builds_until_it_is_told_to_stop(tiny: TinyBook) -> None:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    for message in ([], [tiny.docs / "part/one.md"], None):
        ours.send(message)
    work(tiny.root, tiny.root / "_live", tiny.root / "_doctrees", theirs)
    told = []
    while ours.poll():
        told.append(ours.recv())
    assert told == ["done", "done"]  # the page had not changed, so it was not written again


def test_live_needs_a_book(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(tmp_path), "live"]) == 1
    assert "conf.py is missing" in capsys.readouterr().err


def served(address: str, text: str, seconds: float = 60) -> bool:
    """Whether a page comes to hold a text."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if text in answer.read().decode():
                    return True
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.1)
    return False


def test_live_serves_what_is_written_and_recovers_from_changed_code(tiny: TinyBook) -> None:
    (tiny.root / "sources").rename(tiny.docs / "sources")
    conf = tiny.root / "conf.py"
    conf.write_text(conf.read_text().replace('"sources"', '"docs/sources"') + 'exclude_patterns = ["sources"]\n')
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {"PYTHONPATH": str(ROOT / "docs/_ext")}
    command = [sys.executable, "-m", "reviewbook", "live", "--port", str(port)]
    with (tiny.root / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=tiny.root, env=env, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}/part/one.html"
        assert served(address, "websocket-reload"), (tiny.root / "log").read_text()
        for text in ("Was it so?", "Will it be so?"):
            tiny.chapter(f"{GOOD}\n{text}")
            assert served(address, text), (tiny.root / "log").read_text()
        conf.write_text(conf.read_text().replace("A tiny book", "A renamed book"))
        assert served(address, "A renamed book"), (tiny.root / "log").read_text()
        assert not re.search("Traceback", (tiny.root / "log").read_text())
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
    shutil.rmtree(tiny.root / "_build")
