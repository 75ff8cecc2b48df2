"""How much of a build of this book goes into its meta-analyses, tables of outcomes and drawings.

    .venv/bin/python benchmarks/synthesis_time.py --rounds 3

Builds the HTML of the book from scratch and then again unchanged, in one process each, and sums the time spent in the
functions named in ``PARTS``, each moment under the innermost of them.  The first that is pooled loads scipy, which
counts too; an unchanged build should load none.
The last lines say whether the targets are met: 3 s of a build from scratch and 0.1 s of an unchanged one.
The smallest of the rounds is the number to trust.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CLEAN, UNCHANGED = 3.0, 0.1
PARTS = {
    "meta-analyses": [
        ("meta_analyses", "MetaAnalysis.run"),
        ("meta_analyses", "PooledRole.run"),
        ("meta_analyses", "pages_with_other_results"),
        ("export", "analysis_csv"),
    ],
    "tables of outcomes": [
        ("outcome_tables", "OutcomeTable.run"),
        ("outcome_tables", "pages_with_other_outcomes"),
    ],
    "figures from tables and lists": [("plots", "Drawn.run")],
    "drawing": [("plots", "_visit_html")],
}


class Clock:
    """Sums the time spent in functions, each moment under the innermost that is watched."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(PARTS, 0.0)
        self._running: list[str] = []
        self._since = 0.0

    def watch(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its time counted for a part."""

        @functools.wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            self._turn()
            self._running.append(part)
            try:
                return function(*args, **kwargs)
            finally:
                self._turn()
                self._running.pop()

        return watched

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._running:
            self.spent[self._running[-1]] += now - self._since
        self._since = now


def build(folder: str) -> None:
    """Build the book in this process and print the seconds of each part, and of all."""
    sys.path.insert(0, str(ROOT / "docs" / "_ext"))
    from sphinx.application import Sphinx

    clock = Clock()
    for part, functions in PARTS.items():
        for module, name in functions:
            *path, last = name.split(".")
            holder: Any = importlib.import_module(f"reviewbook.{module}")
            for step in path:
                holder = getattr(holder, step)
            setattr(holder, last, clock.watch(part, getattr(holder, last)))
    start = time.perf_counter()
    out = Path(folder)
    app = Sphinx(ROOT / "docs", ROOT, out / "html", out / "doctrees", "html", status=None)
    app.build()
    whole = time.perf_counter() - start
    for part, seconds in clock.spent.items():
        print(f"{part}\t{seconds}")
    print(f"scipy loaded (1) or not (0)\t{int('scipy' in sys.modules)}\nthe whole build\t{whole}")


def measure(folder: str) -> dict[str, float]:
    """Build in a process of its own; returns what :func:`build` prints."""
    command = [sys.executable, __file__, "--build", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"The book does not build:\n{done.stderr[-3000:]}")
    return {part: float(seconds) for part, seconds in (line.split("\t") for line in done.stdout.splitlines())}


def main() -> int:
    """Measure and print; exit code 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--build", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.build:
        build(options.build)
        return 0
    rounds: list[tuple[dict[str, float], dict[str, float]]] = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append((measure(folder), measure(folder)))
    least = [{part: min(one[i][part] for one in rounds) for part in rounds[0][0]} for i in (0, 1)]
    print(f"{'seconds':32}{'from scratch':>14}{'unchanged':>12}")
    for part in least[0]:
        print(f"{part:32}{least[0][part]:14.3f}{least[1][part]:12.3f}")
    kept = True
    for name, times, target in zip(("from scratch", "unchanged"), least, (CLEAN, UNCHANGED), strict=True):
        total = sum(times[part] for part in PARTS)
        kept &= total <= target
        print(f"{name}: {total:.3f} s in all parts; target {target} s: {'kept' if total <= target else 'missed'}")
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
