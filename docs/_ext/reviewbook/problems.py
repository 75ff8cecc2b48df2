"""One thing that is wrong, and where."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """Something that a rule forbids.

    Attributes:
        rule: id of the rule, such as ``bib.syntax`` (see :data:`reviewbook.rules.RULES`).
        message: what is wrong here, as a sentence without the final full stop; the cure is the rule's.
        path: the file.
        line: the line in it, counted from 1, or None if the whole file is meant.
    """

    rule: str
    message: str
    path: str
    line: int | None = None
