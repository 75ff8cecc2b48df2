"""Verdicts on what popular articles say: six of them, each with a sign, words and a number for machines."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from .book import PopularClaim

ARTICLES = 5
"""How many articles were read for their claims."""
MOST_SENTENCES = 3
"""How many sentences may answer a claim."""


class Verdict(Enum):
    """What the evidence says of a claim, from the best to the worst; the value is what authors write."""

    SUPPORTED = "supported"
    PARTLY = "partly supported"
    OVERSTATED = "overstated"
    UNSUPPORTED = "unsupported"
    CONTRADICTED = "contradicted"
    NOT_CHECKABLE = "not checkable"

    @classmethod
    def parse(cls, text: str) -> Verdict | None:
        """The verdict that a text names; None if it names none."""
        plain = " ".join(text.replace("-", " ").lower().split())
        return next((verdict for verdict in cls if verdict.value == plain), None)

    @property
    def sign(self) -> str:
        """A sign that tells it without colour."""
        return dict(zip(Verdict, "✓◐↑○✗?", strict=True))[self]

    @property
    def words(self) -> str:
        """Its name, as readers see it."""
        return self.value.capitalize()

    @property
    def css(self) -> str:
        """The class of what shows it."""
        return f"verdict-{self.value.replace(' ', '-')}"

    @property
    def rating(self) -> int | None:
        """A number from 5 (supported) to 1 (contradicted); None where nothing could be judged."""
        order = list(Verdict)
        return None if self is Verdict.NOT_CHECKABLE else len(order) - 1 - order.index(self)

    @property
    def needs_citation(self) -> bool:
        """Whether it rests on a source; the other two may point to the place in the book that tells what is known."""
        return self not in (Verdict.UNSUPPORTED, Verdict.NOT_CHECKABLE)


class Tally(NamedTuple):
    """How many claims of one part of the book got each verdict, in the order of :class:`Verdict`."""

    part: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """All claims of the part."""
        return sum(self.counts)


def part_of(chapter: str) -> str:
    """The part of the book that a chapter belongs to, in words."""
    return chapter.partition("/")[0].replace("-", " ").capitalize()


def tallies(claims: Iterable[PopularClaim], chapters: Iterable[str]) -> tuple[Tally, ...]:
    """The verdicts by part, in the order of the book, as far as there are any."""
    counts: dict[str, list[int]] = {part_of(chapter): [0] * len(Verdict) for chapter in chapters}
    for claim in claims:
        verdict = Verdict.parse(claim.verdict)
        part = part_of(claim.chapter)
        if verdict is not None and part in counts:
            counts[part][list(Verdict).index(verdict)] += 1
    return tuple(Tally(part, tuple(found)) for part, found in counts.items() if any(found))
