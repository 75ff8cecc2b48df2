"""What was found out about links before, with its day: good for a month, bad for a day, unknown never."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Self, TextIO

from ..whole_files import write_all
from .model import Answer, Outcome

MAX_AGE = {Outcome.GOOD: 30, Outcome.BAD: 1, Outcome.UNKNOWN: 0}
"""For how many days an answer is believed without asking again."""


class Cache:
    """Answers on disk, a line of JSON each, of which the last counts; whoever is interrupted keeps what was heard.

    Args:
        path: the file.
        today: the day of this run.
        max_age: the days for which a good answer is believed, instead of a month; a bad one never counts for longer.
    """

    def __init__(self, path: Path, today: datetime.date, max_age: int | None = None) -> None:
        self._path = path
        self._today = today
        self._age = dict(MAX_AGE)
        if max_age is not None:
            self._age |= {Outcome.GOOD: max_age, Outcome.BAD: min(max_age, MAX_AGE[Outcome.BAD])}
        self._lines = _read(path)
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_all({self._path: "".join(f"{json.dumps(line)}\n" for line in self._lines.values())})
        self._file = self._path.open("a", encoding="utf-8")
        return self

    def __exit__(self, *error: object) -> None:
        if self._file:
            self._file.close()

    def get(self, name: str) -> Answer | None:
        """What is known of a link and fresh enough to be believed."""
        line = self._lines.get(name)
        if line is None:
            return None
        age = (self._today - datetime.date.fromisoformat(line["when"])).days
        outcome = Outcome(line["outcome"])
        if not 0 <= age < self._age[outcome]:
            return None
        return Answer(outcome, line["why"], line["leads_to"])

    def put(self, name: str, answer: Answer) -> None:
        """Keep an answer, unless nothing was found out."""
        if answer.outcome is Outcome.UNKNOWN or self._file is None:
            return
        line = {"link": name, "when": self._today.isoformat(), **answer._asdict()}
        print(json.dumps(line), file=self._file, flush=True)


def _read(path: Path) -> dict[str, dict[str, str]]:
    """The last line of each link; what cannot be read is as if it had not been asked."""
    found: dict[str, dict[str, str]] = {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    for raw in text.splitlines():
        try:
            line = json.loads(raw)
            datetime.date.fromisoformat(line["when"])
            Outcome(line["outcome"])
            found[line["link"]] = {name: str(line[name]) for name in ("link", "when", "outcome", "why", "leads_to")}
        except (ValueError, KeyError, TypeError):
            continue
    return found
