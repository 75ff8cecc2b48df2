"""How long it takes until a change of a page is served by `reviewbook live` (what `make live` runs).

    .venv/bin/python benchmarks/live_time.py --rounds 5

A copy of the book is served; a sentence at the end of a page is changed, and the page is asked for until it holds the
new text.  Between rounds the server is given time to judge the book and to make the next build ready, as a writer does.
The target is two seconds.
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGET = 2.0


def copy_book(to: Path) -> None:
    """Copy what the book is built from."""
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy2(path, to)
    shutil.copytree(ROOT / "docs", to / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    (to / "tests").mkdir()
    shutil.copy2(ROOT / "tests" / "incomplete-sources.yml", to / "tests")


def wait_for(address: str, text: str, seconds: float) -> float:
    """How long it took until the page at an address held a text, in seconds."""
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if text in answer.read().decode():
                    return time.perf_counter() - start
        except (OSError, http.client.HTTPException):  # not there yet, or written just now
            pass
        time.sleep(0.02)
    raise SystemExit(f"{address} did not hold {text!r} after {seconds:.0f} s")


def main() -> int:
    """Measure and print; returns 1 if the target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--page", default="mechanism/plasticity")
    parser.add_argument("--cite", metavar="KEY", help="let the new text cite a source, so that other pages change too")
    parser.add_argument("--rest", type=float, default=10.0, help="seconds between rounds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        copy_book(top)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "reviewbook", "live", "--port", str(port)]
        env = os.environ | {"PYTHONPATH": str(top / "docs" / "_ext")}
        with (top / "log").open("w") as log:
            server = subprocess.Popen(command, cwd=top, env=env, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}/{options.page}.html"
            print(f"first build and start: {wait_for(address, '<h1>', 300):.1f} s")
            page = top / "docs" / f"{options.page}.md"
            text = page.read_text(encoding="utf-8")
            took = []
            for turn in range(options.rounds):
                time.sleep(options.rest)
                new = f"Is this the text of turn {turn}"
                cited = " {cite:p}`" + options.cite + "`" if options.cite else ""
                # Once more than the turn before: the counts of citations change with each.
                page.write_text(f"{text}\n{new}{cited}?\n" + f"So it is{cited}.\n" * turn, encoding="utf-8")
                took.append(wait_for(address, new, 60))
                print(f"turn {turn}: {took[-1]:.2f} s")
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)
    print(f"smallest {min(took):.2f} s, largest {max(took):.2f} s; the target is {TARGET:.0f} s")
    return int(min(took) > TARGET)


if __name__ == "__main__":
    sys.exit(main())
