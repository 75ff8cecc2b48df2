"""What of a record a sentence may rest on: its passages, and the words that a sentence must share with some of them.

The numbers of a short record may be cited in any sentence. A record with many numbers, a long list, a caveat, or the
counts in the arms of a trial would carry nearly any small number; there a number counts only for a sentence that names,
in a word at least, what the number is of: "vertigo 63 of 91" carries a sentence on vertigo, not one on nausea.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from .numbers import tokens
from .records import Outcome, Record

MANY = 10
"""A text with more numbers than this is a list."""
RICH = 25
"""A record with more numbers than this in its findings has many."""
STEM = 4
"""Words are compared by as many letters: vomiting and vomited, response and responded."""

_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMON = frozenset(
    # Words that say nothing of what was counted.
    [
        "about",
        "above",
        "after",
        "against",
        "also",
        "among",
        "analysis",
        "arm",
        "arms",
        "been",
        "before",
        "beyond",
        "both",
        "comparator",
        "comparison",
        "control",
        "controls",
        "course",
        "day",
        "days",
        "double",
        "during",
        "each",
        "esketamine",
        "event",
        "events",
        "every",
        "first",
        "from",
        "group",
        "groups",
        "given",
        "half",
        "have",
        "hours",
        "into",
        "ketamine",
        "less",
        "level",
        "mean",
        "median",
        "midazolam",
        "more",
        "most",
        "number",
        "only",
        "other",
        "over",
        "participants",
        "people",
        "patient",
        "patients",
        "percent",
        "period",
        "phase",
        "placebo",
        "point",
        "points",
        "rate",
        "rates",
        "saline",
        "same",
        "score",
        "scores",
        "several",
        "single",
        "spray",
        "than",
        "that",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "three",
        "time",
        "times",
        "treated",
        "treatment",
        "trial",
        "trials",
        "until",
        "versus",
        "week",
        "weeks",
        "were",
        "when",
        "which",
        "while",
        "with",
        "within",
        "without",
        "year",
        "years",
    ]
)
_CLAUSE = re.compile(r"[;.]\s+|,\s+(?=[^\d\s])")


class Passage(NamedTuple):
    """A part of a record.

    Attributes:
        text: what it says.
        words: the stems of which a sentence must share one; empty if any sentence may use it.
        whole: the text that it is a part of.
    """

    text: str
    words: frozenset[str]
    whole: str


@lru_cache(maxsize=65536)
def stems(text: str) -> frozenset[str]:
    """The stems of the telling words of a text."""
    return frozenset(word[:STEM] for word in map(str.lower, _WORD.findall(text)) if word not in _COMMON)


def passages(record: Record, year: int | None = None) -> Iterator[Passage]:
    """The passages of a record, of a source published in ``year``."""
    described = (record.population, record.intervention, record.comparator, record.notice)
    rich = sum(len(tokens(finding.text)) for finding in record.findings) > RICH
    for text in (*(finding.text for finding in record.findings), *filter(None, described)):
        for passage in split(text):
            yield passage._replace(words=stems(text)) if rich and not passage.words else passage
    for text in record.caveats:
        yield Passage(text, stems(text), text)
    for text in (f"{record.n} participants" if record.n is not None else "", str(year or "")):
        if text:
            yield Passage(text, frozenset(), text)
    for outcome in record.outcomes:
        yield from _passages_of(outcome)


@lru_cache(maxsize=65536)
def split(text: str) -> tuple[Passage, ...]:
    """A text as one passage, or, if it is a long list, as its clauses."""
    if len(tokens(text)) <= MANY:
        return (Passage(text, frozenset(), text),)
    clauses = [""]
    start = 0
    for mark in _CLAUSE.finditer(text):
        clauses[-1] += text[start : mark.end()]
        if stems(clauses[-1]):
            clauses.append("")
        start = mark.end()
    clauses[-1] += text[start:]
    if len(clauses) > 1 and not stems(clauses[-1]):
        rest = clauses.pop()
        clauses[-1] += rest
    return tuple(Passage(clause, stems(clause), text) for clause in clauses if clause.strip())


def _passages_of(outcome: Outcome) -> Iterator[Passage]:
    """What an outcome says of itself, and what it counts in its arms."""
    counted = stems(" ".join(filter(None, (outcome.outcome.replace("-", " "), outcome.definition, outcome.scale))))
    for text in (outcome.timepoint, outcome.definition, outcome.scale, outcome.measure):
        if text:
            yield Passage(text, counted, text)
    in_percent = any("%" in text or "percent" in text.lower() for text in (outcome.scale, outcome.measure) if text)
    for arm in outcome.arms:
        yield Passage(arm.arm, frozenset(), arm.arm)
        if arm.n is not None:
            yield Passage(f"{arm.n} participants", frozenset(), "")
        told = []
        if arm.events is not None:
            told.append(f"{arm.events} participants" + (f" of {arm.n} participants" if arm.n is not None else ""))
        if arm.percent is not None:
            told.append(f"{arm.percent:g}%")
        # YAML does not tell 12 from 12.0: both may be written.
        if arm.sd is not None:
            told.append(f"SD {arm.sd:g}, SD {arm.sd}")
        for amount in (arm.mean, arm.se):
            if amount is not None:
                told.append(f"({amount:g}) ({amount}) {amount} points" + (f" {amount:g}%" if in_percent else ""))
        for text in told:
            yield Passage(text, counted, text)
