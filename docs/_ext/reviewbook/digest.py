"""The reports of several commands as one Markdown text, in which nothing that they say is markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

LONGEST = 60_000
"""An issue holds 65,536 characters; the rest is for what stands around the reports."""

STATES = {
    0: "all is well",
    1: "something needs a person",
    3: "not everything could be asked",
    124: "it took too long and was stopped",
}


class Report(NamedTuple):
    """What a command printed.

    Attributes:
        name: the command.
        code: its exit code.
        text: what it printed.
    """

    name: str
    code: int
    text: str


def digest(reports: Sequence[Report], longest: int = LONGEST) -> str:
    """The reports, each under a heading with its state and fenced in, so that Markdown shows it as it is.

    Args:
        reports: the reports.
        longest: how many characters the text may have; reports that are too long are cut, and say so.
    """
    room = longest // max(len(reports), 1) - 200
    parts = []
    for report in reports:
        state = STATES.get(report.code, f"it failed with exit code {report.code}")
        parts += [
            f"## {report.name}: {state}",
            "",
            _fenced(report.text, room) if report.text.strip() else "It said nothing.",
        ]
        parts.append("")
    return "\n".join(parts)


def _fenced(text: str, room: int) -> str:
    """A text between fences that nothing in it can close."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    text = "".join(
        char if char in "\n\t" or char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text
    ).strip("\n")
    longest_run = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest_run + 1)
    cut = ""
    if len(text) + 2 * len(fence) > room:
        lines, text = text.splitlines(keepends=True), ""
        shown = 0
        while shown < len(lines) and len(text) + len(lines[shown]) + 2 * len(fence) <= room:
            text += lines[shown]
            shown += 1
        text = text.rstrip("\n")
        cut = f"\n\n{len(lines) - shown} more lines stand in the files of this run."
    return f"{fence}text\n{text}\n{fence}{cut}"
