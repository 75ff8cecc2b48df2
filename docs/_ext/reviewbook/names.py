"""Find the digit-bearing names of a text: 5-HT2A, GluN2B, rs6265, (2R,6R)-HNK, GLYX-13.

What is a name and not a number is decided by the shape of the token (a digit joined to letters),
except for the few nouns that number their kind: phase 3, type 2, layer 5, Table 2.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from .units import PLAIN, unit_at

DIGIT = re.compile(r"[\d½⅓⅔¼¾⅕⅛⁰¹²³⁴-⁹]")
"""What a text without any number or name lacks."""

_NUMBERED_NOUN = (
    r"phases?|types?|layers?|class|Brodmann\s+areas?|areas?|areae?|figures?|figs?\.?|tables?|schedules?|appendix|box|steps?|stages?|tiers?|chapters?|sections?|part"
    r"|versions?|clusters?|lobules?|CA|equations?|eq\.|refs?\.|supplements?|exons?|chromosomes?"
)
_NUMBERED = re.compile(
    rf"\b(?P<noun>{_NUMBERED_NOUN})[\s-](?P<number>\d+[a-zA-Z]?(?:[.]\d+)?(?:(?:/|–|-|\s?(?:and|or|to)\s)(?:\d+[a-zA-Z]?)\b(?!\s?%))*)(?![\w%]|[.,]\d)",
    re.IGNORECASE,
)
_STEREO = re.compile(
    r"\(?(?P<descriptor>(?:\d+[RSEZαβ'′]{1,2})(?:[,;]\s?\d+[RSEZαβ'′]{1,2})*)\)?-(?P<rest>[A-Za-z]\w*)?"
)
_CHEMICAL = re.compile(
    r"(?<![\w,.-])(?:\d{1,2}(?:,\d{1,2})+-[A-Za-z]\w+|\d+-(?:(?:nor|de|des|dehydro)?(?:hydroxy|methyl|methoxy|amino|fluoro|chloro|bromo|deoxy|keto|oxo"
    r"|acetyl|phenyl|carboxy))\w*)"
)
_ISOTOPE = re.compile(r"[\[(](?P<mass>\d{1,3})(?P<element>[A-Z][a-z]?)[\])]-?(?P<rest>[A-Za-z(][\w()-]*\w)?")
_ELEMENTS = {
    "carbon": "c",
    "fluorine": "f",
    "fluor": "f",
    "hydrogen": "h",
    "phosphorus": "p",
    "iodine": "i",
    "oxygen": "o",
    "nitrogen": "n",
    "xenon": "xe",
}
_ISOTOPE_IN_WORDS = re.compile(rf"(?P<element>{'|'.join(_ELEMENTS)})-(?P<mass>\d+)")
_DECIMAL = re.compile(r"\d")
_TOKEN = re.compile(r"[^\W_](?:[^\W_]|[*+'’‐/.\u2011-](?=[^\W_])|,(?=\d{3}\b)|[*+](?![^\W_]))*")
_QUANTITY = re.compile(rf"(?:{PLAIN})$")
_LEADING_PREFIXES = frozenset(["pre", "post", "mid", "early", "late", "since", "sub", "non", "up", "top"])
_LEADING_UNITS = frozenset(
    [
        "day",
        "days",
        "week",
        "weeks",
        "month",
        "months",
        "year",
        "years",
        "hour",
        "hours",
        "minute",
        "minutes",
        "visit",
        "session",
        "dose",
    ]
)
_LOWER_TAIL = re.compile(r"(?:[-‐\u2011](?:[a-z]{3,}|like|positive|null))+$")
_LOWER_HEAD = re.compile(r"^(?:[a-z]{2,}[-‐\u2011])+(?=\S*[A-Za-z]\S*\d|\S*\d\S*[A-Z])")


class FoundName(NamedTuple):
    """A name and where it stands in the text."""

    text: str
    start: int
    end: int


def names(text: str) -> tuple[str, ...]:
    """Return the digit-bearing names in ``text`` (5-HT2A, GluN2B, phase 3), in order and without repeats."""
    return tuple(dict.fromkeys(found.text for found in find_names(text)))


def name_key(name: str) -> str:
    """Return the form in which names are compared: case, hyphens, spaces and brackets do not count."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    if isotope := _ISOTOPE_IN_WORDS.fullmatch(plain):
        return isotope["mass"] + _ELEMENTS[isotope["element"]]
    return re.sub(r"[^\w*+/,.]", "", plain)


# Numbers and names of one text are asked for one after the other.
@lru_cache(maxsize=16)
def find_names(text: str) -> tuple[FoundName, ...]:
    """Return the digit-bearing names in ``text`` and where they stand, in order."""
    if not DIGIT.search(text):
        return ()
    taken = [False] * (len(text) + 1)

    def take(start: int, end: int, name: str | None = None) -> Iterator[FoundName]:
        if not any(taken[start:end]):
            taken[start:end] = [True] * (end - start)
            yield FoundName(text[start:end] if name is None else name, start, end)

    found: list[FoundName] = []
    for match in _STEREO.finditer(text):
        if not text[match.start() - 1 : match.start()].isalnum() or match.start() == 0:
            found += take(match.start(), match.end(), match["descriptor"].replace(" ", ""))
    for match in _CHEMICAL.finditer(text):
        found += take(match.start(), match.end())
    for match in _ISOTOPE.finditer(text):
        found += take(match.start(), match.end())
    for match in _NUMBERED.finditer(text):
        found += take(match.start(), match.end())
    for match in _TOKEN.finditer(text):
        if not _DECIMAL.search(text, *match.span()) or any(taken[match.start() : match.end()]):
            continue
        for start, end in _named_parts(text, match.start(), match.end()):
            found += take(start, end)
    return tuple(sorted(found, key=lambda item: item.start))


def _named_parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the names in the token ``text[start:end]``; none if it is a quantity or a plain word."""
    token = text[start:end]
    if not (any(char.isdecimal() for char in token) and any(char.isalpha() for char in token)):
        return
    if "/" in token:
        parts = _slash_parts(token)
        if len(parts) > 1:
            for left, right in parts:
                yield from _named_parts(text, start + left, start + right)
            return
    if _is_quantity(text, start, end):
        return
    lead = _LOWER_HEAD.match(token)
    left = lead.end() if lead else 0
    tail = _LOWER_TAIL.search(token, left)
    right = (
        tail.start()
        if tail
        and any(char.isdecimal() for char in token[left : tail.start()])
        and _has_letter(token[left : tail.start()])
        else len(token)
    )
    if token[left:right].endswith(("'s", "’s")):
        right -= 2
    yield start + left, start + right


def _slash_parts(token: str) -> list[tuple[int, int]]:
    """Cut a token at its slashes, but keep "D2/3" and "CYP3A4/5" whole, and "mg/kg" out of it."""
    parts: list[tuple[int, int]] = []
    begin = 0
    for piece in token.split("/"):
        end = begin + len(piece)
        shape = (
            piece[:1].isdecimal()
            and len(piece) <= 2
            and parts
            and any(char.isalpha() for char in token[slice(*parts[-1])])
            and not _QUANTITY.match(token[slice(*parts[-1])])
        )
        if shape and not _number_shaped(token[slice(*parts[-1])]):
            parts[-1] = (parts[-1][0], end)
        else:
            parts.append((begin, end))
        begin = end + 1
    if parts and _number_shaped(token[slice(*parts[0])]):
        return [(0, len(token))]  # 0.5mg/kg
    return parts


def _has_letter(token: str) -> bool:
    return any(char.isalpha() for char in token)


def _number_shaped(piece: str) -> bool:
    """Say whether a piece is digits followed by a unit: 0.5mg, 24h."""
    match = re.match(PLAIN, piece)
    if not match:
        return False
    unit = unit_at(piece, match.end())
    return bool(unit and unit[1] == len(piece))


def _is_quantity(text: str, start: int, end: int) -> bool:
    """Say whether a token of letters and digits is a number with something joined to it, not a name."""
    token = text[start:end]
    number = re.match(rf"(?:{PLAIN})(?:[-–](?:{PLAIN}))*", token)
    if number:
        rest = token[number.end() :]
        if re.fullmatch(r"(?:st|nd|rd|th|s)(?:-[a-z]+)*", rest):
            return True
        unit = unit_at(text, start + number.end())
        if unit and (unit[1] >= end or text[unit[1]] in "-‐\u2011/."):
            return True
        # "17-item", "36-year-old", "6-hydroxynorketamine": lower case after the hyphen.
        return bool(re.match(r"[-‐\u2011][a-z]{2}", rest))
    head, _, rest = token.partition("-")
    if rest and head.isalpha() and (head.lower() in _LEADING_PREFIXES or head.lower() in _LEADING_UNITS):
        # "post-2010", "day-28", "mid-1990s", but not "post-5-HT"
        return bool(re.fullmatch(rf"(?:{PLAIN})s?", rest)) or _is_quantity(text, start + len(head) + 1, end)
    return False


def variants(name: str) -> Iterator[str]:
    """Yield the shorter names that a name holds: D2/3 holds D2 and D3, phases 2 and 3 hold phase 2."""
    if match := _NUMBERED.fullmatch(name):
        noun = re.sub(r"s$", "", match["noun"].lower()) if match["noun"].lower() != "class" else "class"
        for number in re.findall(r"\d+[a-z]?", match["number"].lower()):
            yield name_key(f"{noun} {number}")
        yield name_key(f"{noun}{match['number']}")
    elif "/" in name:
        first, *others = name.split("/")
        yield name_key(first)
        stem = re.sub(r"\d+[A-Za-z]?$", "", first)
        for other in others:
            yield name_key(other)
            yield name_key(stem + other)
