"""How certain a conclusion is for people: the arithmetic of GRADE over designs and reasons.

The start comes from the best design among the sources cited; stated reasons lower or raise it.
After Balshem et al. 2011, GRADE guidelines: 3, doi 10.1016/j.jclinepi.2010.07.015, with the start
levels of this book (methods.md): it also grades pharmacokinetics and medicines' labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from .records import Design


class Certainty(IntEnum):
    """The four levels of GRADE."""

    VERY_LOW = 1
    LOW = 2
    MODERATE = 3
    HIGH = 4

    @property
    def words(self) -> str:
        """The level as it is written: ``very low``."""
        return self.name.lower().replace("_", " ")

    @property
    def symbol(self) -> str:
        """Four steps, of which the first ones are filled: ``●●○○`` is low."""
        return "●" * self + "○" * (4 - self)

    @property
    def css(self) -> str:
        """The name of a CSS class: ``certainty-very-low``."""
        return "certainty-" + self.words.replace(" ", "-")

    @classmethod
    def parse(cls, text: str) -> Certainty | None:
        """The level written in ``text``, or None if it is none of the four."""
        words = re.sub(r"[\s_-]+", " ", text.strip().lower())
        return next((level for level in cls if level.words == words), None)


DOWNGRADES = ("risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias")
"""What may lower certainty."""

UPGRADES = ("large effect", "dose response")
"""What may raise certainty, where nothing was randomised."""

RANDOMISED = frozenset({Design.RCT_PARALLEL, Design.RCT_CROSSOVER})

_HIGH = RANDOMISED | {Design.PHARMACOKINETIC}
_VERY_LOW = frozenset(
    {
        Design.PRECLINICAL_IN_VIVO,
        Design.PRECLINICAL_IN_VITRO,
        Design.CASE_REPORT,
        Design.COMMENTARY,
        Design.NEWS,
    }
)


class Reason(NamedTuple):
    """A stated reason to lower or raise certainty.

    Attributes:
        name: what it is, in lower case: ``risk of bias``.
        explanation: why it applies here; empty if none is given.
        levels: how many levels it is worth, 1 or 2.
    """

    name: str
    explanation: str
    levels: int


def start(designs: Iterable[Design]) -> Certainty:
    """The level from which grading starts: that of the best design cited (very low if none).

    A review counts by what it brings together (``Record.evidence``); one that does not say so starts low.
    """
    return max((_level(design) for design in designs), default=Certainty.VERY_LOW)


def reasons(text: str) -> tuple[Reason, ...]:
    """The reasons written as ``risk of bias (who knew); imprecision (very serious: few people)``.

    Reasons are separated by semicolons outside of parentheses.
    """
    return tuple(_reason(part) for part in _split(text) if part.strip())


def grade(designs: Iterable[Design], downgraded: Iterable[Reason], upgraded: Iterable[Reason]) -> Certainty:
    """The certainty that follows from designs and reasons, never below very low or above high.

    Reasons to raise count only where the start is low, that is for observational studies in people.
    """
    level = first = start(designs)
    total = level - sum(reason.levels for reason in downgraded)
    if first is Certainty.LOW:
        total += sum(reason.levels for reason in upgraded)
    return Certainty(min(Certainty.HIGH, max(Certainty.VERY_LOW, total)))


def _level(design: Design) -> Certainty:
    if design in _HIGH:
        return Certainty.HIGH
    if design is Design.LABEL:
        return Certainty.MODERATE
    if design in _VERY_LOW:
        return Certainty.VERY_LOW
    return Certainty.LOW


def _split(text: str) -> list[str]:
    parts, depth = [""], 0
    for char in text:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == ";" and depth <= 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _reason(text: str) -> Reason:
    match = re.fullmatch(r"\s*(.*?)\s*(?:\((.*)\)\s*\.?\s*)?", text, re.DOTALL)
    assert match is not None  # the pattern matches every string
    name = re.sub(r"[\s_-]+", " ", match[1]).strip().lower()
    explanation = " ".join((match[2] or "").split())
    serious = re.match(r"very serious\s*:\s*", explanation, re.IGNORECASE)
    if serious:
        return Reason(name, explanation[serious.end() :], 2)
    return Reason(name, explanation, 1)
