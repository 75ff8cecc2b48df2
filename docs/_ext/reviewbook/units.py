"""Plain numbers and their units, as they are written: ``1,234.5``, ``mg/kg``, ``per cent``, ``day 28``.

Spellings of one unit are one; nothing is converted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

ANY = "*"
"""The unit of a number that may stand with any unit: an operand of a derived number."""

PEOPLE = "people"
POINT = "point"
FOLD = "fold"
FRACTION = "fraction"
WEAK = frozenset({None, PEOPLE, POINT, FOLD})
"""Units that a number without a unit may have in a record."""

BOUND = "bound of "
"""Before the unit of an end of an interval around an estimate, which is no estimate itself."""
P_VALUE, SPREAD, LEVEL = "p", "SD of", "% CI"
"""Units of numbers that a label names: p = .02, SD 3.1, 95% CI."""

SPACES = "\u00a0\u2009\u202f\u2007"
"""Spaces that may part thousands: no-break, thin, narrow no-break and figure space."""
PLAIN = rf"(?:\d{{1,3}}(?:(?:,\d{{3}})+|(?:[{SPACES}]\d{{3}})+)(?!\d)|\d+)(?:[.·]\d+)?|[.·]\d+"
"""The pattern of a number in digits without a sign: 1,234 or 0.5 or .05."""

_ATOMS: Mapping[str, str] = {
    "pp": r"percentage[\s-]points?|%[\s-]points?|pp\b",
    "%": r"%|per\s?cent(?:age)?\b|pct\b",
    "kg": r"kg|kilograms?",
    "mg": r"mg|milligrams?",
    "µg": r"[µμ]g|mcg|ug|micrograms?",
    "ng": r"ng|nanograms?",
    "pg": r"pg|picograms?",
    "g": r"g|grams?|grammes?",
    "mL": r"m[lL]|millilit(?:er|re)s?",
    "dL": r"d[lL]|decilit(?:er|re)s?",
    "µL": r"[µμ][lL]|microlit(?:er|re)s?",
    "L": r"[lL]|lit(?:er|re)s?",
    "ms": r"ms|msec|milliseconds?",
    "min": r"min|mins|minutes?",
    "month": r"months?|mo",
    "s": r"s|secs?|seconds(?!\s+(?:phase|trial))|(?<=-)second",
    "h": r"h|hrs?|hours?",
    "day": r"d|days?",
    "week": r"weeks?|wks?",
    "year": r"years?|yrs?|y",
    "mmol": r"mmol|millimoles?",
    "µmol": r"[µμ]mol|micromoles?",
    "nmol": r"nmol|nanomoles?",
    "pmol": r"pmol",
    "mol": r"mol|moles?",
    "mM": r"mM|millimolar",
    "µM": r"[µμ]M|uM|micromolar",
    "nM": r"nM|nanomolar",
    "pM": r"pM|picomolar",
    "M": r"M",
    "kHz": r"k[Hh]z|kilohertz",
    "Hz": r"[Hh]z|hertz",
    "kDa": r"kDa|kilodaltons?",
    "Da": r"Da|daltons?",
    "mT": r"mT",
    "T": r"T|tesla",
    "mA": r"mA|milliamperes?",
    "mV": r"mV|millivolts?",
    "V": r"V|volts?",
    "mC": r"mC",
    "mmHg": r"mm\s?Hg",
    "µm": r"[µμ]m|micromet(?:er|re)s?",
    "nm": r"nm|nanomet(?:er|re)s?",
    "mm": r"mm|millimet(?:er|re)s?",
    "cm": r"cm|centimet(?:er|re)s?",
    "km": r"km|kilomet(?:er|re)s?",
    "m": r"m|met(?:er|re)s?",
    "°C": r"°\s?C",
    "bpm": r"bpm|beats",
    "IU": r"IU|units?",
    "million": r"million|m(?=\s+people)",
    "billion": r"billion|bn",
    "SD": r"SDs?|standard\s+deviations?",
    PEOPLE: (
        r"participants?|patients?|people|persons?|adults?|subjects?|individuals?|volunteers?|men|women|children|adolescents?|outpatients?"
        r"|inpatients?|veterans?|controls?|respondents?|users?|probands?"
    ),
    POINT: r"points?|pts?",
    FOLD: r"fold|times|[×x]",
}
_BY_UNIT = "|".join(f"(?P<u{index}>{pattern})" for index, pattern in enumerate(_ATOMS.values()))
_ATOM = re.compile(rf"(?:{_BY_UNIT})(?:(?<=%)|(?![^\W\d_])(?!\d))")
_NAMES_OF_UNITS = {f"u{index}": unit for index, unit in enumerate(_ATOMS)}
_POWER = re.compile(r"(?:\^?-?\d|[⁻−-]?[¹²³]|[⁻−-]1)(?![\d.])")
_PER = re.compile(r"\s?/\s?|\s+per\s+(?=[a-zµμ])|\s?[·⋅*]\s?")
_GAP = re.compile(r"[\s-]?")
_CURRENCY = re.compile(r"(?:US|A|C|AU|CA)?([$£€])\s?$")
_STAND_ALONE = frozenset({"%", "pp", PEOPLE, POINT, FOLD, "SD", "million", "billion", "IU", "bpm"})


def unit_at(text: str, position: int) -> tuple[str, int] | None:
    """Return the unit that begins at ``position`` (after at most one space or hyphen) and its end, or None."""
    gap = _GAP.match(text, position)
    begin = gap.end() if gap else position
    match = _ATOM.match(text, begin)
    if not match:
        return None
    unit, end = _NAMES_OF_UNITS[match.lastgroup or ""], match.end()
    if text[match.start() : end].isalpha() and len(match.group()) == 1 and re.match(r"[-'’.]\w", text[end:]):
        return None  # "2 M-channel", "5 d.p.i.", "3 T's"
    if unit in _STAND_ALONE:
        return unit, end
    while True:
        if power := _POWER.match(text, end):
            raised = unicodedata.normalize("NFKC", power.group()).replace("−", "-").lstrip("^")
            unit, end = (f"{unit}^{raised}" if raised != "1" else unit), power.end()
        per = _PER.match(text, end)
        following = _ATOM.match(text, per.end()) if per else None
        if per is None or following is None:
            break
        joint = "/" if "/" in per.group() or "per" in per.group() else "·"
        unit, end = (
            unit + joint + _NAMES_OF_UNITS[following.lastgroup or ""],
            following.end(),
        )
    return unit, end


_HEADING_UNIT = re.compile(r"(?:[(\[]|,\s|^|\bin\s)(?P<unit>[^()\[\],]+?)[)\]]?\s*$")


def unit_of_heading(text: str) -> str | None:
    """Return the unit that the head of a table's column gives ("Dose (mg/kg)", "Responders, %"), or None."""
    match = _HEADING_UNIT.search(text.strip())
    unit = unit_at(match["unit"], 0) if match else None
    return unit[0] if match and unit and unit[1] == len(match["unit"]) else None


LEADING_UNIT = re.compile(r"\b(?P<unit>days?|weeks?|months?|years?|hours?|minutes?)[\s-]$", re.IGNORECASE)
"""A unit of time before a number: "day 28", "weeks 2 and 4"."""
NEAR = 24
"""How many characters before a number can hold its unit or label."""

_LEVEL = re.compile(r"\s*(?:CI|CrI|PI|confidence|credible|prediction)\b")
_LABELS = (
    (P_VALUE, re.compile(r"\b[pP]\s?[=<>≤≥]\s?$")),
    (SPREAD, re.compile(r"\b(?:SDs?|[sS]tandard\s+deviations?)(?:\s+of|\s+was|\s?=)?\s?$")),
)


def unit_of(text: str, start: int, end: int) -> str | None:
    """Return the unit of the number ``text[start:end]``, which stands after it or, as in "day 28" and "p = .02", before it."""
    unit = unit_at(text, end)
    if unit and unit[0] == "%" and _LEVEL.match(text, unit[1]):
        return LEVEL
    if (
        unit
        and text[start:end] == "1"
        and re.match(r"\s(?:days|weeks|months|years|hours|people|patients|participants)\b", text[end:])
    ):
        return f"{unit[0]} (plural)"  # no record has "1 weeks"
    if unit:
        return unit[0]
    for label, pattern in _LABELS:
        if pattern.search(text[max(0, start - 30) : start]):
            return label
    if money := _CURRENCY.search(text[max(0, start - NEAR) : start]):
        return money[1]
    before = LEADING_UNIT.search(text[max(0, start - NEAR) : start])
    if before:
        found = unit_at(before["unit"].lower(), 0)
        return found[0] if found else None
    return None
