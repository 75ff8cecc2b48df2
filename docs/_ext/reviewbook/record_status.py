"""Writing into a record whether its source still stands, with every other line as it was."""

from __future__ import annotations

import re

import yaml

from .records import Record, Status


def lines_of(status: Status, notice: str) -> str:
    """The two lines of a record that say so."""
    return str(
        yaml.safe_dump(
            {"status": status.value, "notice": notice}, sort_keys=False, allow_unicode=True, width=float("inf")
        )
    )


def with_status(text: str, status: Status, notice: str) -> str:
    """The text of a record with another status; a notice that stands there is kept behind the new one.

    Raises:
        ValueError: the text cannot be changed line by line; change it by hand.
    """
    before = Record.model_validate(yaml.safe_load(text))
    notice = f"{notice} {before.notice}" if before.notice else notice
    text = text if text.endswith("\n") else f"{text}\n"
    kept = _without(_without(text, "status"), "notice")
    head, design, tail = re.split(r"(?m)^(design:.*\n)", kept, maxsplit=1) if "\ndesign:" in f"\n{kept}" else ("",) * 3
    changed = head + design + lines_of(status, notice) + tail if design else kept + lines_of(status, notice)
    wanted = before.model_copy(update={"status": status, "notice": notice})
    try:
        is_right = Record.model_validate(yaml.safe_load(changed)) == wanted
    except (yaml.YAMLError, ValueError):
        is_right = False
    if not is_right:
        raise ValueError("the record is written in a way that cannot be changed here; change it by hand")
    return changed


def _without(text: str, name: str) -> str:
    """A record without one of its fields, whose value may go on in indented lines."""
    return re.sub(rf"(?m)^{name}:.*\n(?:[ \t]+.*\n|[ \t]*\n(?=[ \t]))*", "", text)
