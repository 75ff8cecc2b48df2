"""Find the numbers and the digit-bearing names of a sentence, and trace them in what a source is on record for.

A number is traced when its value stands in the record of a cited source *with the same unit*. The sign is not compared:
a sentence says "fell by 10 points" where a source prints −10. What a number's unit is:

* a **strong** unit (%, percentage points, mg/kg, h, days, Hz, nM …) must be the same in the record; spellings of one unit are one
  ("per cent", "24-hour", "day 28" and "28 days"); nothing is converted;
* a **weak** unit (people, points, -fold) and no unit at all match each other, but not two different weak units; a number
  without a unit that is specific (decimals, or three digits and more) also matches any unit, because a table's column
  head or a list may hold the unit;
* the numbers of a list or range share the unit of the last ("0.2 or 0.5 mg/kg", "60, 75 and 90%"); such a number may also stand bare in
  the record.

What is a name and not a number is decided by the shape of the token (a digit joined to letters, as in 5-HT2A, GluN2B, rs6265,
(2R,6R)-HNK, GLYX-13), except for the few nouns that number their kind: phase 3, type 2, layer 5, Table 2.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, Protocol

from .records import Record

ANY = "*"
"""The unit of a number that may stand with any unit: an operand of a derived number."""

PEOPLE = "people"
POINT = "point"
FOLD = "fold"
FRACTION = "fraction"
WEAK = frozenset({None, PEOPLE, POINT, FOLD})
"""Units that a number without a unit may have in a record."""


class Number(NamedTuple):
    """A number in a text."""

    text: str
    """As it is written, without the unit."""
    value: Decimal
    unit: str | None
    """The unit in its one spelling ("%", "mg/kg", "h"), or None."""
    start: int
    """Offset of the number in the text."""
    end: int
    shared: bool = False
    """True where the unit is that of another number in the same list or range."""
    interval: str = ""
    """"range" for an end of a range, "bound" for one of an interval around an estimate: "45% (34–56%)"."""
    link: str = ""
    """How the number is joined to the one before: "of", "range" (must rise), "to" (may fall), "list", or nothing."""

    @property
    def is_word(self) -> bool:
        """Say whether the number is written in words."""
        return not any(char.isdigit() for char in self.text)


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


# --- units -------------------------------------------------------------------------------------------------------

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


def _unit_at(text: str, position: int) -> tuple[str, int] | None:
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
    unit = _unit_at(match["unit"], 0) if match else None
    return unit[0] if match and unit and unit[1] == len(match["unit"]) else None


# --- words -------------------------------------------------------------------------------------------------------

_UNITS_IN_WORDS = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_WORDS: dict[str, int] = {word: value for value, word in enumerate(_UNITS_IN_WORDS, start=2)}
_TENS = {
    word: 10 * (index + 2)
    for index, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
}
_SCALES = {
    "hundred": 100,
    "thousand": 1000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
}
_SMALL = "|".join(sorted(_WORDS, key=len, reverse=True))
_TEN = "|".join(_TENS)
_ONE_TO_NINE = "|".join(["one", *_UNITS_IN_WORDS[:8]])
_CARDINAL = rf"(?:(?:{_TEN})(?:[\s-](?:{_ONE_TO_NINE}))?|{_SMALL})"
_CARDINALS = re.compile(
    rf"\b(?:(?:{_CARDINAL}|one|an?)\s+(?:hundred|thousand|million|billion)(?:\s+and\s+(?:{_CARDINAL}|one)\b)?|{_CARDINAL})(?!\w)",
    re.IGNORECASE,
)
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "twentieth": 20, "hundredth": 100,
}  # fmt: skip
_PART = "|".join(word for word in _PARTS if word not in ("half", "halves"))
# "a third trial" is an ordinal; "a third of them" and "a third relapsed" are fractions.
_AFTER_FRACTION = (
    r"(?=\s*[.,;:)!?]|\s*$|\s*[\ufffc]|\s+(?:of|as|to|had|has|have|did|do|does|were|was|are|is|than|or|and|but|in|at|after|by|on|with|who|that|lower|higher|less"
    r"|more|fewer|larger|smaller|fell|got|left|went|died|kept|became|felt|said|\w+ed|\w+ly)\b)"
)
_FRACTION = re.compile(
    rf"\b(?:(?P<of>two|three|four|five|six|seven|eight|nine|ten)[\s-](?P<many>{_PART})s"
    rf"|(?:one)[\s-](?P<single>{_PART})|an?\s+(?P<part>{_PART}){_AFTER_FRACTION}|(?P<plural>thirds|quarters|fifths)"
    rf"|(?P<half>half|halves|halved|halving)(?!(?:-|\s)?(?:li[fv]e|lives|maximal|hourly|hearted|way|sib)))(?!\w)",
    re.IGNORECASE,
)
_HALVES_MORE = re.compile(rf"\b(?P<whole>\d+|one|{_SMALL})\s+and\s+(?:a\s+half|½)(?!\w)", re.IGNORECASE)
_VULGAR = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅕": (1, 5),
    "⅛": (1, 8),
}
_SIGNS_OF_PARTS = re.compile("(?P<whole>\\d+)?(?P<part>[" + "".join(_VULGAR) + "])")
_MULTIPLES = {
    "twice": 2, "double": 2, "doubled": 2, "doubles": 2, "doubling": 2, "twofold": 2, "thrice": 3, "triple": 3, "tripled": 3, "threefold": 3,
    "quadruple": 4, "quadrupled": 4, "fourfold": 4, "fivefold": 5, "sixfold": 6, "sevenfold": 7, "eightfold": 8, "ninefold": 9, "tenfold": 10,
    "twentyfold": 20, "hundredfold": 100,
}  # fmt: skip
_MULTIPLE = re.compile(
    rf"\b(?P<word>{'|'.join(_MULTIPLES)})(?![\w])(?![\s-]?(?:blind|dummy|mask|strand|check|edged|layer|dissoc|bond|label|barrel|helix|depression|board|immuno|transgenic|knock))",
    re.IGNORECASE,
)
_DOZEN = re.compile(r"\b(?:an?\s+)?(?P<half>half[\s-](?:a[\s-])?)?dozen\b", re.IGNORECASE)
# "one in five", "3 in 10", "1 in 1,000", "nine out of ten"
_RATIO = re.compile(
    rf"\b(?P<part>one|{_SMALL}|\d{{1,2}})\s+(?P<link>in|out\s+of)\s+(?:every\s+)?(?P<whole>{_CARDINAL}|one\s+(?:hundred|thousand)|a\s+(?:hundred|thousand)"
    r"|\d{1,3}(?:,\d{3})+|\d+)(?![\w.%–-]|,\d)(?!\s?(?:%|percent|per\scent))",
    re.IGNORECASE,
)
_PER_HUNDRED = re.compile(
    r"(?<![\w.,])(?P<value>\d+(?:[.·]\d+)?)\s+(?:of|in|per|out\s+of)\s+(?:every\s+)?100(?![\w.,]\d|\w|%)"
)

_ANY_WORD = re.compile(
    rf"\b(?:{_TEN}|{_SMALL}|one|half|hal[vf]|dozen|thirds|quarter|fifth|twi|thri|doubl|tripl|quadr|\w+fold|an?\s(?:{_PART})|hundred|thousand|million)"
    rf"|\bin\s\d|\bout\sof\s|\s100\b|½",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"[\d½⅓⅔¼¾⅕⅛⁰¹²³⁴-⁹]")

# --- digits ------------------------------------------------------------------------------------------------------

_MONTHS = {
    name: f"{number:02d}"
    for number, names in enumerate(
        [
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ],
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted((name.capitalize() for name in _MONTHS), key=len, reverse=True))
_DATE = re.compile(
    rf"(?<![\w.])(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m1>{_MONTH})\b\.?|(?P<m2>{_MONTH})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?=,?\s+\d{{4}}\b|\W*$|[,.;)])(?!\d|[.,]\d)"
    r"|(?P<y3>\d{4})-(?P<m3>\d{2})-(?P<d3>\d{2})(?!\d))"
)
_SPACES = "\u00a0\u2009\u202f\u2007"
_PLAIN = rf"(?:\d{{1,3}}(?:(?:,\d{{3}})+|(?:[{_SPACES}]\d{{3}})+)(?!\d)|\d+)(?:[.·]\d+)?|[.·]\d+"
_NUMBER = re.compile(rf"(?P<sign>(?<![\w)\]%°.])[-−–](?=[\d.·]))?(?P<plain>{_PLAIN})(?P<tail>st\b|nd\b|rd\b|th\b|s\b)?")
_SCIENTIFIC = re.compile(
    rf"(?P<mantissa>(?:{_PLAIN}))\s?[×x·]\s?10(?P<power>(?:\^|\*\*)[-−]?\d{{1,2}}|[⁻⁺]?[⁰¹²³⁴-⁹]{{1,2}})(?![\w.])|(?<![\d.])10(?P<alone>[⁻⁺]?[⁰¹²³⁴-⁹]+)"
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺−", "0123456789-+-")
_RATIO_SIGN = re.compile(r"(?<![\w.:])(?P<one>\d+):(?P<two>\d+)(?![\w:])")
_LEADING_UNIT = re.compile(r"\b(?P<unit>days?|weeks?|months?|years?|hours?|minutes?)[\s-]$", re.IGNORECASE)
_NEAR = 24
"""How many characters before a number can hold its unit or label."""
# What may stand between two numbers that share the unit of the second.
_LINK = re.compile(
    r"\s?(?:[-–—/±×]|\+/[-−])\s?|-?,?\s+(?:to|or|and|and/or|vs\.?|versus|against|but\s+not|through|up\s+to)\s+(?:of\s+|at\s+|about\s+|to\s+)?|-?\s?,\s?",
    re.IGNORECASE,
)
_COMMA = re.compile(r"-?\s?,\s?$")

# --- names -------------------------------------------------------------------------------------------------------

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
_QUANTITY = re.compile(rf"(?:{_PLAIN})$")
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


class _Found(NamedTuple):
    text: str
    start: int
    end: int


def names(text: str) -> tuple[str, ...]:
    """Return the digit-bearing names in ``text`` (5-HT2A, GluN2B, phase 3), in order and without repeats."""
    return tuple(dict.fromkeys(found.text for found in _names(text)))


def name_key(name: str) -> str:
    """Return the form in which names are compared: case, hyphens, spaces and brackets do not count."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    if isotope := _ISOTOPE_IN_WORDS.fullmatch(plain):
        return isotope["mass"] + _ELEMENTS[isotope["element"]]
    return re.sub(r"[^\w*+/,.]", "", plain)


# Numbers and names of one text are asked for one after the other.
@lru_cache(maxsize=16)
def _names(text: str) -> tuple[_Found, ...]:
    if not _DIGIT.search(text):
        return ()
    taken = [False] * (len(text) + 1)

    def take(start: int, end: int, name: str | None = None) -> Iterator[_Found]:
        if not any(taken[start:end]):
            taken[start:end] = [True] * (end - start)
            yield _Found(text[start:end] if name is None else name, start, end)

    found: list[_Found] = []
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
    match = _NUMBER.match(piece)
    if not match:
        return False
    unit = _unit_at(piece, match.end("plain"))
    return bool(unit and unit[1] == len(piece))


def _is_quantity(text: str, start: int, end: int) -> bool:
    """Say whether a token of letters and digits is a number with something joined to it, not a name."""
    token = text[start:end]
    number = re.match(rf"(?:{_PLAIN})(?:[-–](?:{_PLAIN}))*", token)
    if number:
        rest = token[number.end() :]
        if re.fullmatch(r"(?:st|nd|rd|th|s)(?:-[a-z]+)*", rest):
            return True
        unit = _unit_at(text, start + number.end())
        if unit and (unit[1] >= end or text[unit[1]] in "-‐\u2011/."):
            return True
        # "17-item", "36-year-old", "6-hydroxynorketamine": lower case after the hyphen.
        return bool(re.match(r"[-‐\u2011][a-z]{2}", rest))
    head, _, rest = token.partition("-")
    if rest and head.isalpha() and (head.lower() in _LEADING_PREFIXES or head.lower() in _LEADING_UNITS):
        # "post-2010", "day-28", "mid-1990s", but not "post-5-HT"
        return bool(re.fullmatch(rf"(?:{_PLAIN})s?", rest)) or _is_quantity(text, start + len(head) + 1, end)
    return False


# --- numbers -----------------------------------------------------------------------------------------------------


def tokens(text: str) -> tuple[Number, ...]:
    """Return the numbers in ``text``, digits and words, in order; digits inside names are left out.

    Free are "one" standing alone, ordinals in words, and what only looks like a number ("half-life", "double-blind").
    """
    taken = bytearray(len(text) + 1)
    found: list[Number] = []

    def free(start: int, end: int) -> bool:
        return not any(taken[start:end])

    def add(number: Number, start: int | None = None, end: int | None = None) -> None:
        left, right = (
            (number.start if start is None else start),
            (number.end if end is None else end),
        )
        taken[left:right] = b"\1" * (right - left)
        found.append(number)

    for name in _names(text):
        taken[name.start : name.end] = b"\1" * (name.end - name.start)
    if _DIGIT.search(text):
        _dates(text, free, add)
        _digits_special(text, free, add)
    has_words = _ANY_WORD.search(text)
    if has_words:
        _words_special(text, free, add)
    for match in _NUMBER.finditer(text):
        start, end = match.span("plain")
        if not free(start, end):
            continue
        if match["tail"] == "s":
            add(
                Number(
                    text[start : match.end()],
                    _decimal(match["plain"]),
                    "decade",
                    start,
                    match.end(),
                )
            )
            continue
        stop = match.end()
        value = _decimal(match["plain"])
        begin = match.start() if match["sign"] else start
        unit = _month_before(text, begin) if re.fullmatch(r"(?:18|19|20)\d\d", text[begin:end]) else None
        unit = unit or _unit_after_or_before(text, begin, stop)
        add(Number(text[begin:end], -value if match["sign"] else value, unit, begin, end))
    for match in _CARDINALS.finditer(text) if has_words else ():
        if free(*match.span()) and not _points_back(text, match.start(), match.end()):
            unit = _unit_after_or_before(text, match.start(), match.end())
            add(
                Number(
                    match.group(),
                    Decimal(_cardinal(match.group())),
                    unit,
                    *match.span(),
                )
            )
    return _link(text, _share(text, sorted(found, key=lambda number: (number.start, number.end))))


def _points_back(text: str, start: int, end: int) -> bool:
    """Say whether a number word stands for things named before ("it separates the two") and counts nothing itself."""
    return bool(
        re.search(r"\b(?:the|these|those|all|any)\s$", text[:start], re.IGNORECASE)
        and re.match(r"\s*(?:[.,;:!?)\ufffc]|$)", text[end:])
    )


def _decimal(text: str) -> Decimal:
    return Decimal(re.sub(rf"[,{_SPACES}]", "", text).replace("·", "."))


def _cardinal(text: str) -> int:
    """Return the value of a number in words."""
    total, current = 0, 0
    for word in re.split(r"[\s-]+", text.lower()):
        if word in _SCALES:
            total, current = total + max(current, 1) * _SCALES[word], 0
        elif word in ("one", "a", "an"):
            current += 1
        elif word != "and":
            current += _WORDS.get(word) or _TENS[word]
    return total + current


def _amount(text: str) -> int:
    """Return the value of a whole number in digits or words."""
    return int(_decimal(text)) if text[0].isdigit() else _cardinal(text)


def _fraction(part: int | Decimal, whole: int | Decimal) -> Decimal:
    """Return part / whole, the same Decimal for equal fractions."""
    return (Decimal(part) / Decimal(whole)).normalize() if whole else Decimal(0)


def _dates(text: str, free: _Free, add: _Add) -> None:
    for match in _DATE.finditer(text):
        if not free(*match.span()):
            continue
        for day, month in (("d1", "m1"), ("d2", "m2"), ("d3", "m3")):
            if match[day] is None:
                continue
            number = match[month] if match[month].isdigit() else _MONTHS[match[month].lower()]
            if match["y3"]:
                add(Number(match["y3"], Decimal(match["y3"]), f"month {number}", *match.span("y3")))
            add(
                Number(match[day], Decimal(match[day]), f"month {number}", *match.span(day)),
                *match.span(),
            )


_MONTH_BEFORE = re.compile(rf"\b(?P<month>{_MONTH})\.?\s+(?:\d{{1,2}}(?:st|nd|rd|th)?,?\s+)?$")


def _month_before(text: str, year: int) -> str | None:
    """Return the month of a year, in the form of a unit."""
    match = _MONTH_BEFORE.search(text[max(0, year - 30) : year])
    return f"month {_MONTHS[match['month'].lower()]}" if match else None


def _digits_special(text: str, free: _Free, add: _Add) -> None:
    for match in _SCIENTIFIC.finditer(text):
        if free(*match.span()):
            power = int((match["power"] or match["alone"]).lstrip("^*").translate(_SUPERSCRIPTS))
            mantissa = _decimal(match["mantissa"]) if match["mantissa"] else Decimal(1)
            unit = _unit_after_or_before(text, match.start(), match.end())
            add(Number(match.group(), mantissa.scaleb(power), unit, *match.span()))
    for match in _RATIO_SIGN.finditer(text):
        if free(*match.span()):
            add(
                Number(
                    match.group(),
                    Decimal(match["one"]),
                    f":{match['two']}",
                    *match.span(),
                )
            )
    for match in _SIGNS_OF_PARTS.finditer(text):
        if free(*match.span()):
            part, whole = _VULGAR[match["part"]]
            value = _fraction(int(match["whole"] or 0) * whole + part, whole)
            add(Number(match.group(), value, FRACTION, *match.span()))
    for match in _PER_HUNDRED.finditer(text):
        if free(*match.span()):
            add(Number(match.group(), _decimal(match["value"]), "of 100", *match.span()))


def _words_special(text: str, free: _Free, add: _Add) -> None:
    for match in _HALVES_MORE.finditer(text):
        if free(*match.span()):
            whole = _amount(match["whole"])
            unit = _unit_after_or_before(text, match.start(), match.end())
            add(Number(match.group(), whole + Decimal("0.5"), unit, *match.span()))
    for match in _DOZEN.finditer(text):
        if free(*match.span()):
            add(
                Number(
                    match.group(),
                    Decimal(6 if match["half"] else 12),
                    None,
                    *match.span(),
                )
            )
    for match in _RATIO.finditer(text):
        part, whole = _amount(match["part"]), _amount(match["whole"])
        spelt = not match["part"].isdigit() or match["part"] == "1" or whole in (10, 100, 1000, 10_000, 100_000)
        if (
            spelt
            and part < whole
            and not 1800 <= whole < 2100
            and free(*match.span())
            and _unit_at(text, match.end("whole")) in (None, _people_at(text, match.end("whole")))
        ):
            add(Number(match.group(), _fraction(part, whole), FRACTION, *match.span()))
    for match in _FRACTION.finditer(text):
        if free(*match.span()):
            if match["half"]:
                value = _fraction(1, 2)
            elif match["many"]:
                value = _fraction(_cardinal(match["of"]), _PARTS[match["many"].lower()])
            else:
                word = (match["single"] or match["part"] or match["plural"][:-1]).lower()
                value = _fraction(1, _PARTS[word])
            add(Number(match.group(), value, FRACTION, *match.span()))
    for match in _MULTIPLE.finditer(text):
        if free(*match.span()):
            add(
                Number(
                    match.group(),
                    Decimal(_MULTIPLES[match["word"].lower()]),
                    FOLD,
                    *match.span(),
                )
            )


def _people_at(text: str, position: int) -> tuple[str, int] | None:
    unit = _unit_at(text, position)
    return unit if unit and unit[0] == PEOPLE else None


BOUND = "bound of "
"""Before the unit of an end of an interval around an estimate, which is no estimate itself."""
P_VALUE, SPREAD, LEVEL = "p", "SD of", "% CI"
"""Units of numbers that a label names: p = .02, SD 3.1, 95% CI."""
_LEVEL = re.compile(r"\s*(?:CI|CrI|PI|confidence|credible|prediction)\b")
_LABELS = (
    (P_VALUE, re.compile(r"\b[pP]\s?[=<>≤≥]\s?$")),
    (SPREAD, re.compile(r"\b(?:SDs?|[sS]tandard\s+deviations?)(?:\s+of|\s+was|\s?=)?\s?$")),
)


def _unit_after_or_before(text: str, start: int, end: int) -> str | None:
    unit = _unit_at(text, end)
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
    if money := _CURRENCY.search(text[max(0, start - _NEAR) : start]):
        return money[1]
    before = _LEADING_UNIT.search(text[max(0, start - _NEAR) : start])
    if before:
        found = _unit_at(before["unit"].lower(), 0)
        return found[0] if found else None
    return None


def _share(text: str, found: list[Number]) -> tuple[Number, ...]:
    """Give the numbers of a list or range the unit of the last one, and those after "days 1 and" the unit before the first."""
    result = list(found)
    unit: str | None = None
    listed = False
    for index in range(len(result) - 2, -1, -1):
        here, after = result[index], result[index + 1]
        between = text[here.end : after.start]
        comma = _COMMA.fullmatch(between) is not None
        if not _LINK.fullmatch(between) or here.unit is not None:
            listed = False
            continue
        listed = listed or not comma
        unit = after.unit
        sharable = (
            unit is not None
            and unit not in (P_VALUE, SPREAD, LEVEL)
            and not unit.startswith((":", "month ", "of "))
            and unit not in (FRACTION, "decade")
        )
        if sharable and listed and not _is_year(here) and not (comma and _is_year(after)):
            result[index] = here._replace(unit=unit, shared=True)
        else:
            listed = False
    for index in range(1, len(result)):
        before, here = result[index - 1], result[index]
        if here.unit is None and before.unit and _LINK.fullmatch(text[before.end : here.start]) and not _is_year(here):
            if before.unit in (P_VALUE, SPREAD):
                result[index] = here._replace(unit=before.unit, shared=True)
                continue
            leading = (
                _LEADING_UNIT.search(text[max(0, before.start - _NEAR) : before.start]) if not before.shared else None
            )
            comma = _COMMA.fullmatch(text[before.end : here.start]) is not None
            if (leading and (leading["unit"].endswith("s") or not comma)) or (
                before.shared and before.unit in ("day", "week", "month", "year", "h", "min")
            ):
                result[index] = here._replace(unit=before.unit, shared=True)
    return tuple(result)


_RANGE = re.compile(r"[-–—]|-?\s(?:to|through)", re.IGNORECASE)
_BOUND = re.compile(
    r"(?:\(|\b(?:CI|CrI|PI|IQR)|\b(?:interquartile\s+range|interval))(?:\s+(?:of|was|from)|[,:=]|\s)*$", re.IGNORECASE
)
_BETWEEN = re.compile(r"\bbetween\s(?:about\s)?$", re.IGNORECASE)
_OF = re.compile(r"\bof\s(?:the\s)?$", re.IGNORECASE)
_FALL = re.compile(
    r"\b(?:from|fell|falls?|drop\w*|declin\w*|decreas\w*|reduc\w*|lower\w*|went|down|shr[au]nk)\b",
    re.IGNORECASE,
)


def _link(text: str, found: tuple[Number, ...]) -> tuple[Number, ...]:
    """Say of each number how it is joined to the one before it."""
    result = list(found)
    for index in range(1, len(result)):
        before, here = result[index - 1], result[index]
        unit = _unit_at(text, before.end)
        between = text[unit[1] if unit and unit[1] <= here.start else before.end : here.start]
        link = ""
        if re.fullmatch(r"\s+(?:out\s+)?of\s+(?:the\s+|its\s+|their\s+)?|/", between, re.IGNORECASE):
            link = "of"
        elif _RANGE.fullmatch(between.strip()) or _RANGE.fullmatch(between.rstrip()):
            link = (
                "to"
                if re.search(r"[a-z]", between) and _FALL.search(text[max(0, before.start - 60) : before.start])
                else "range"
            )
        elif _BETWEEN.search(text[max(0, before.start - _NEAR) : before.start]) and re.fullmatch(r"\s+and\s+", between):
            link = "range"
        elif _LINK.fullmatch(between):
            link = "list"
        result[index] = here._replace(link=link)
        if link in ("range", "to"):
            interval = "bound" if _BOUND.search(text[max(0, before.start - 40) : before.start]) else "range"
            result[index - 1 : index + 1] = [
                result[index - 1]._replace(interval=interval),
                result[index]._replace(interval=interval),
            ]
    return tuple(result)


def _is_year(number: Number) -> bool:
    return number.text.isdigit() and len(number.text) == 4 and 1800 <= number.value < 2100


class _Free(Protocol):
    def __call__(self, start: int, end: int) -> bool: ...


class _Add(Protocol):
    def __call__(self, number: Number, start: int | None = None, end: int | None = None) -> None: ...


# --- tracing -----------------------------------------------------------------------------------------------------


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
        for name in _names(text):
            known.add(name_key(name.text))
            known.update(_variants(name.text))
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
            if _is_year(number) and (number.unit is None or number.unit.startswith("month ")):
                put(number.value, None)
                put(number.value // 10 * 10, "decade")
        pairs: set[tuple[str, Decimal, Decimal]] = set()
        for before, after in pairwise(found):
            if after.link:
                pairs.add((_joint(after), before.value, after.value))
            if after.link == "of" and 0 < before.value < after.value:
                put(_fraction(before.value, after.value), FRACTION)
        for index, whole in enumerate(found):
            if (
                whole.link != "of"
                and whole.unit in (None, PEOPLE)
                and _OF.search(text[max(0, whole.start - _NEAR) : whole.start])
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


def _variants(name: str) -> Iterator[str]:
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


def pool_of(record: Record, year: int | None = None) -> Pool:
    """Return what the source of ``record``, published in ``year``, can be cited for: its numbers and names."""
    return vocabulary(_texts_of(record, year))


def _texts_of(record: Record, year: int | None) -> Iterator[str]:
    yield from (finding.text for finding in record.findings)
    described = (record.population, record.intervention, record.comparator, record.notice)
    yield from (text for text in described if text)
    yield from record.caveats
    if record.n is not None:
        yield f"{record.n} participants"
    if year is not None:
        yield str(year)
    for outcome in record.outcomes:
        measured = (outcome.scale, outcome.measure)
        yield from (text for text in (outcome.timepoint, outcome.definition, *measured) if text)
        in_percent = any("%" in text or "percent" in text.lower() for text in measured if text)
        for arm in outcome.arms:
            yield arm.arm
            counts = [f"{count} participants" for count in (arm.events, arm.n) if count is not None]
            yield " of ".join(counts)
            if arm.percent is not None:
                yield f"{arm.percent:g}%"
            # YAML does not tell 12 from 12.0: both may be written.
            if arm.sd is not None:
                yield f"SD {arm.sd:g}, SD {arm.sd}"
            for amount in (arm.mean, arm.se):
                if amount is not None:
                    yield f"({amount:g}) ({amount}) {amount} points" + (f" {amount:g}%" if in_percent else "")


def quantities(found: Iterable[Number]) -> tuple[Number, ...]:
    """Return ``found``, or nothing if all are words that only count what is named next ("Three questions")."""
    numbers = tuple(found)
    return numbers if any(not number.is_word or number.unit is not None for number in numbers) else ()


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
        if name_key(name) not in pool.names and not any(variant in pool.names for variant in _variants(name))
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
