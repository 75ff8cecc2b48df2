"""Trace the numbers and names of a sentence in what a source is on record for.

A number is traced when its value stands in the record of a cited source *with the same unit*. The sign is not compared:
a sentence says "fell by 10 points" where a source prints −10. What a number's unit is:

* a **strong** unit (%, percentage points, mg/kg, h, days, Hz, nM …) must be the same in the record; spellings of one unit are one
  ("per cent", "24-hour", "day 28" and "28 days"); nothing is converted;
* a **weak** unit (people, points, -fold) and no unit at all match each other, but not two different weak units; a number
  without a unit that is specific (decimals, or three digits and more) also matches any unit, because a table's column
  head or a list may hold the unit;
* the numbers of a list or range share the unit of the last ("0.2 or 0.5 mg/kg", "60, 75 and 90%"); such a number may also stand bare in
  the record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from .names import find_names, name_key, variants
from .numbers import Number, fraction, is_year, tokens
from .units import ANY, BOUND, FRACTION, LEVEL, NEAR, P_VALUE, PEOPLE, SPREAD, WEAK


class Together(NamedTuple):
    """The numbers of one text."""

    magnitudes: frozenset[Decimal]
    pairs: frozenset[tuple[str, Decimal, Decimal]]
    """Those that are joined, and how: ("of", 33, 38), ("range", 3.9, 24.2), ("list", 3, 7)."""


@dataclass(frozen=True)
class Pool:
    """The numbers and names that stand in the records of some sources."""

    values: Mapping[Decimal, frozenset[str | None]] = field(default_factory=dict)
    """Magnitude → the units it stands with."""
    names: frozenset[str] = frozenset()
    """Digit-bearing names, in the form that :func:`name_key` makes."""
    decimals: Mapping[Decimal, int] = field(default_factory=dict)
    """Magnitude → the most decimals it is written with."""
    texts: frozenset[Together] = frozenset()
    """What stands together: the numbers of a range, or of "33 of 38", must stand in one text."""

    def __or__(self, other: Pool) -> Pool:
        values, decimals = dict(self.values), dict(self.decimals)
        for value, units in other.values.items():
            values[value] = values.get(value, frozenset()) | units
        for value, places in other.decimals.items():
            decimals[value] = max(places, decimals.get(value, 0))
        return Pool(values, self.names | other.names, decimals, self.texts | other.texts)


_OF = re.compile(r"\bof\s(?:the\s)?$", re.IGNORECASE)


def vocabulary(texts: Iterable[str]) -> Pool:
    """Return the numbers and names that stand in ``texts``; numbers of one text may be combined."""
    values: dict[Decimal, set[str | None]] = {}
    decimals: dict[Decimal, int] = {}
    together: set[Together] = set()
    known: set[str] = set()

    def put(value: Decimal, unit: str | None, written: str = "") -> None:
        values.setdefault(abs(value), set()).add(unit)
        decimals[abs(value)] = max(decimals.get(abs(value), 0), _decimals(written), -int(value.as_tuple().exponent))

    for text in texts:
        for name in find_names(text):
            known.add(name_key(name.text))
            known.update(variants(name.text))
        found = tokens(text)
        units: set[str | None] = set()
        for number in found:
            if number.interval == "bound":
                put(number.value, BOUND + (number.unit or ""), number.text)
                continue
            put(number.value, number.unit, number.text)
            if number.unit is None and _is_specific(number):
                # "18.1 ml/min/kg when given alone and 18.4 within the racemate"
                for unit in units:
                    put(number.value, unit)
            if number.unit not in (P_VALUE, SPREAD, LEVEL):
                units.add(number.unit)
            if number.shared:
                put(number.value, None)
            if (number.unit or "").startswith((":", "of ")) or (number.unit == FRACTION and " in " in number.text):
                for digits in re.findall(r"\d+(?:\.\d+)?", number.text):
                    put(Decimal(digits), None)
            if is_year(number) and (number.unit is None or number.unit.startswith("month ")):
                put(number.value, None)
                put(number.value // 10 * 10, "decade")
        pairs: set[tuple[str, Decimal, Decimal]] = set()
        for before, after in pairwise(found):
            if after.link:
                pairs.add((_joint(after), before.value, after.value))
            if after.link == "of" and 0 < before.value < after.value:
                put(fraction(before.value, after.value), FRACTION)
        for index, whole in enumerate(found):
            if (
                whole.link != "of"
                and whole.unit in (None, PEOPLE)
                and _OF.search(text[max(0, whole.start - NEAR) : whole.start])
            ):
                # "Of 97 randomised, 80 were analysed (43 and 37)"
                sentence_end = text.find(". ", whole.end)
                clause = [n for n in found[index + 1 :] if n.start < (sentence_end if sentence_end > 0 else len(text))]
                pairs |= {("part", part.value, whole.value) for part in clause if part.unit in (None, PEOPLE)}
        together.add(Together(frozenset(abs(number.value) for number in found), frozenset(pairs)))
    return Pool(
        {value: frozenset(units) for value, units in values.items()},
        frozenset(known),
        decimals,
        frozenset(together),
    )


def untraced(numbers: Iterable[Number], pool: Pool, n_sources: int = 0) -> tuple[Number, ...]:
    """Return those of ``numbers`` that do not stand in ``pool``, or not as they are combined in the sentence.

    ``n_sources`` is the number of sources that the sentence cites: a number word equal to it counts them ("Two trials …").
    """
    missing: list[Number] = []
    before: Number | None = None
    for number in numbers:
        joined = before is None or before in missing or _belong_together(before, number, pool)
        if not (_is_traced(number, pool, n_sources) and joined):
            missing.append(number)
        before = number
    return tuple(missing)


def _belong_together(before: Number, number: Number, pool: Pool) -> bool:
    """Say whether a number may follow the one that it is joined to: "33 of 38", "3.9 to 24.2", "days 1 and 3"."""
    first, second, joint = before.value, number.value, _joint(number)
    if not joint or number.unit == ANY:
        return True
    if any((kind, first, second) in text.pairs for text in pool.texts for kind in ("range", "of", "part", "list")):
        return True
    if first == second and number.unit not in (None, PEOPLE, "%"):
        return False  # "3 and 3 days"
    if joint == "list" and not before.shared:
        return True
    if number.link in ("range", "of") and first >= second:
        return False  # "9–3 days", "12 of 10"
    # What a record joins must not be joined otherwise: "33 of 38 and 20 of 41" does not allow "33 of 41".
    if joint != "list" and any(
        kind == joint and (first == a or second == b) for text in pool.texts for kind, a, b in text.pairs
    ):
        return False
    return any({abs(first), abs(second)} <= text.magnitudes for text in pool.texts)


def _joint(number: Number) -> str:
    return "range" if number.link == "to" else number.link


def unknown_names(found: Iterable[str], pool: Pool) -> tuple[str, ...]:
    """Return those of the digit-bearing names that do not stand in ``pool``."""
    return tuple(
        name
        for name in found
        if name_key(name) not in pool.names and not any(variant in pool.names for variant in variants(name))
    )


def _is_traced(number: Number, pool: Pool, n_sources: int) -> bool:
    value, unit = abs(number.value), number.unit
    units = pool.values.get(value, frozenset())
    if number.interval:
        units |= {bound.removeprefix(BOUND) or None for bound in units if bound and bound.startswith(BOUND)}
    if unit == ANY:
        return bool(units)
    if (re.match(r"[-−–]?0\d{1,3}(?!\d)", number.text) and not (unit or "").startswith("month ")) or _decimals(
        number.text
    ) > pool.decimals.get(value, 9):
        return False  # "07 people"; 0.50 where the source has 0.5
    if number.is_word and n_sources and value == n_sources and unit in (None, PEOPLE):
        return True
    if unit in units or (number.is_word and None in units):
        return True
    if unit == FRACTION:
        return "%" in pool.values.get((value * 100).normalize(), ()) or "of 100" in pool.values.get(
            (value * 100).normalize(), ()
        )
    if unit == "of 100":
        return "%" in units
    if unit == "decade":
        return any(None in pool.values.get(value + year, ()) for year in range(10))
    if unit == SPREAD:
        return None in units
    if unit not in WEAK:
        return False
    return None in units or (unit is None and bool(units & WEAK))


def _decimals(written: str) -> int:
    """Return the number of decimals that a number is written with."""
    match = re.search(r"[.·](\d+)$", written)
    return len(match[1]) if match else 0


def _is_specific(number: Number) -> bool:
    """Say whether a number is unlikely to stand in a record by chance: decimals, or three digits and more."""
    digits = number.value.as_tuple()
    return int(digits.exponent) < 0 or len(digits.digits) >= 3
