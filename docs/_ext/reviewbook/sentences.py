"""Find the sentences of a text.

`sentencex <https://github.com/wikimedia/sentencex>`_ proposes the boundaries; the rules here mend what it gets
wrong in this field: citations after the full stop, routes of administration ("i.v. Ketamine"), figure numbers,
single letters that are not initials, and line ends (the book is written one sentence per line).

A text may hold two placeholders, each one character long, so that offsets keep their meaning:
:data:`CITATION` stands for a citation in brackets, :data:`REFERENT` for anything that reads as a noun phrase
(a citation used as the subject, a reference to another place, a derived number).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sentencex import get_sentence_boundaries  # type: ignore[import-untyped]

CITATION = "\ufffc"
"""Stands for a citation in brackets; after a full stop it belongs to the sentence before."""
REFERENT = "\ufff9"
"""Stands for a noun phrase: a citation as the subject, an internal reference, a derived number."""

_CLOSERS = r"[\"'”’»)\]*_]*"
_END = rf"[.!?…]{_CLOSERS}"
# A citation after the end of a sentence, with or without a space between.
_CITED_END = re.compile(rf"{_END}(?P<cites>(?:[^\S\n]*\n?[^\S\n]*{CITATION}{_CLOSERS})+)\.?")
_LINE_END = re.compile(rf"{_END}(?:[^\S\n]*{CITATION}{_CLOSERS}\.?)*[^\S\n]*\n\s*(?!{CITATION})(?=\S)")
# Abbreviations that never end a sentence: what they belong to follows.
_LEADING = re.compile(
    r"(?:^|[\s(\[“\"'])(?:e\.g|i\.e|vs|cf|viz|approx|ca|figs?|fig|eqs?|refs?|tabs?|secs?|sect|ch|vols?|pp|nos?|dr|prof|mr|mrs|ms|st|"
    r"mt|resp|incl|esp|suppl|ed|eds|jan|feb|aug|sept?|oct|nov|dec)\.\s*$",
    re.IGNORECASE,
)
# The same where the word without the full stop is an ordinary word: only before a digit.
_LEADING_WORDS = frozenset(
    {
        "no",
        "nos",
        "ch",
        "max",
        "min",
        "st",
        "mt",
        "dec",
        "ed",
        "eds",
        "sec",
        "secs",
        "tab",
        "tabs",
    }
)
# Abbreviations that may end a sentence; they do before a capitalised word.
_TRAILING = re.compile(
    r"(?:\b(?:i\.v|i\.m|i\.p|i\.n|s\.c|p\.o|s\.l|i\.c\.v|q\.d|b\.i\.d|t\.i\.d|a\.m|p\.m|etc|al))\.\s+(?=[A-Z][a-z]+\b|[“\"]?[A-Z][a-z])"
)
# One capital after one of these nouns is a label, not an initial.
_LABEL = re.compile(
    r"\b(?:groups?|arms?|cohorts?|vitamins?|types?|parts?|stud(?:y|ies)|sites?|panels?|tables?|appendix|hepatitis|sequences?|class|schedule"
    r"|receptors?|factors?|trials?|drugs?|options?|plans?|phases?)\s+(?-i:(?:[A-Z]\s+(?:and|or|to)\s+)?[A-Z]\.\s+(?=[A-Z“\"(]))",
    re.IGNORECASE,
)
# A sentence wholly in brackets ends with them.
_BRACKETED = re.compile(
    r"(?:^|(?<=[.!?…]\s)|(?<=[.!?…][\"”’)\]]\s))\([^()]*(?:\([^()]*\)[^()]*)*[.!?]\)\s+(?=[^\sa-z])"
)
# A unit after a number is no abbreviation of a longer word: "over 40 min. 20 people slept".
_UNIT = re.compile(r"\d\s?(?:min|sec|hr?|s|d|mg|kg|g|ng|m[lL]|L|mm|cm|Hz|T|[a-zµ]+/[a-zL]+)\.\s+(?=[A-Z\d“\"(])")
_ELLIPSIS = re.compile(r"…\s+(?=[A-Z])")
_WORD = re.compile(r"[a-z]+(?=[\s,;:.!?)]|$)")


class Span(NamedTuple):
    """A half-open range of offsets in a text."""

    start: int
    end: int


def split(text: str) -> tuple[Span, ...]:
    """Return the spans of the sentences of ``text``, in order.

    The spans do not overlap, have no white space at either end, and together hold every character that is not
    white space. A span is never empty.
    """
    if not text.strip():
        return ()
    masked = _mask(text)
    cuts = {boundary["end_index"] for boundary in get_sentence_boundaries("en", masked)}
    cuts = {cut for cut in cuts if not _joined(text, masked, cut)}
    for pattern in (_LINE_END, _TRAILING, _LABEL, _BRACKETED, _UNIT, _ELLIPSIS):
        cuts.update(match.end() for match in pattern.finditer(masked if pattern is not _LINE_END else text))
    for match in _CITED_END.finditer(text):
        start = match.start("cites")
        cuts = {cut for cut in cuts if not start <= cut < match.end()}
        if _ends_sentence(masked, start) and _starts_sentence(text, match.end()):
            cuts.add(match.end())
    cuts.add(len(text))
    spans: list[Span] = []
    start = 0
    for cut in sorted(cuts):
        piece = text[start:cut]
        if not piece.strip():
            continue
        left = start + len(piece) - len(piece.lstrip())
        right = start + len(piece.rstrip())
        if spans and not any(char.isalnum() or char in (REFERENT, CITATION) for char in text[left:right]):
            # Stray punctuation closes the sentence before it.
            spans[-1] = Span(spans[-1].start, right)
        else:
            spans.append(Span(left, right))
        start = cut
    return tuple(spans)


def _mask(text: str) -> str:
    """Replace the placeholders by characters that sentencex takes rightly; lengths are kept."""
    masked = _CITED_END.sub(lambda match: match.group().replace(CITATION, " "), text)
    return masked.replace(CITATION, "§").replace(REFERENT, "5")


def _joined(text: str, masked: str, cut: int) -> bool:
    """Say whether sentencex's boundary at ``cut`` stands inside a sentence."""
    before, after = masked[:cut], text[cut:].lstrip()
    if not after:
        return False
    if "\n" in text[len(text[:cut].rstrip()) : cut] and re.search(rf"{_END}\s*$", before):
        return False
    if match := _LEADING.search(before):
        word = match.group().strip(" .\n([“\"'").lower()
        return word not in _LEADING_WORDS or after[0].isdigit()
    # A lower-case word goes on with the sentence ("asked “Why?” and left"), but names such as mTOR do not.
    return bool(_WORD.match(after))


def _ends_sentence(masked: str, position: int) -> bool:
    """Say whether the full stop before ``position`` is more than the end of an abbreviation."""
    return not _LEADING.search(masked[:position])


def _starts_sentence(text: str, position: int) -> bool:
    """Say whether what follows ``position`` can begin a sentence."""
    rest = text[position:].lstrip()
    return bool(rest) and not _WORD.match(rest) and rest[0] not in ",;:.)]–—"
