"""Find the numbers of a text, in digits and in words, with their units and how they are joined.

The numbers of a list or range share the unit of the last ("0.2 or 0.5 mg/kg", "60, 75 and 90%").
Digits inside names are no numbers (see ``names``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple, Protocol

from .names import DIGIT, find_names
from .units import FOLD, FRACTION, LEADING_UNIT, LEVEL, NEAR, P_VALUE, PEOPLE, PLAIN, SPACES, SPREAD, unit_at, unit_of


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
_NUMBER = re.compile(rf"(?P<sign>(?<![\w)\]%°.])[-−–](?=[\d.·]))?(?P<plain>{PLAIN})(?P<tail>st\b|nd\b|rd\b|th\b|s\b)?")
_SCIENTIFIC = re.compile(
    rf"(?P<mantissa>(?:{PLAIN}))\s?[×x·]\s?10(?P<power>(?:\^|\*\*)[-−]?\d{{1,2}}|[⁻⁺]?[⁰¹²³⁴-⁹]{{1,2}})(?![\w.])|(?<![\d.])10(?P<alone>[⁻⁺]?[⁰¹²³⁴-⁹]+)"
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺−", "0123456789-+-")
_RATIO_SIGN = re.compile(r"(?<![\w.:])(?P<one>\d+):(?P<two>\d+)(?![\w:])")
# What may stand between two numbers that share the unit of the second.
_LINK = re.compile(
    r"\s?(?:[-–—/±×]|\+/[-−])\s?|-?,?\s+(?:to|or|and|and/or|vs\.?|versus|against|but\s+not|through|up\s+to)\s+(?:of\s+|at\s+|about\s+|to\s+)?|-?\s?,\s?",
    re.IGNORECASE,
)
_COMMA = re.compile(r"-?\s?,\s?$")

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

    for name in find_names(text):
        taken[name.start : name.end] = b"\1" * (name.end - name.start)
    if DIGIT.search(text):
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
        unit = unit or unit_of(text, begin, stop)
        add(Number(text[begin:end], -value if match["sign"] else value, unit, begin, end))
    for match in _CARDINALS.finditer(text) if has_words else ():
        if free(*match.span()) and not _points_back(text, match.start(), match.end()):
            unit = unit_of(text, match.start(), match.end())
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
    return Decimal(re.sub(rf"[,{SPACES}]", "", text).replace("·", "."))


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


def fraction(part: int | Decimal, whole: int | Decimal) -> Decimal:
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
            unit = unit_of(text, match.start(), match.end())
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
            value = fraction(int(match["whole"] or 0) * whole + part, whole)
            add(Number(match.group(), value, FRACTION, *match.span()))
    for match in _PER_HUNDRED.finditer(text):
        if free(*match.span()):
            add(Number(match.group(), _decimal(match["value"]), "of 100", *match.span()))


def _words_special(text: str, free: _Free, add: _Add) -> None:
    for match in _HALVES_MORE.finditer(text):
        if free(*match.span()):
            whole = _amount(match["whole"])
            unit = unit_of(text, match.start(), match.end())
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
            and unit_at(text, match.end("whole")) in (None, _people_at(text, match.end("whole")))
        ):
            add(Number(match.group(), fraction(part, whole), FRACTION, *match.span()))
    for match in _FRACTION.finditer(text):
        if free(*match.span()):
            if match["half"]:
                value = fraction(1, 2)
            elif match["many"]:
                value = fraction(_cardinal(match["of"]), _PARTS[match["many"].lower()])
            else:
                word = (match["single"] or match["part"] or match["plural"][:-1]).lower()
                value = fraction(1, _PARTS[word])
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
    unit = unit_at(text, position)
    return unit if unit and unit[0] == PEOPLE else None


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
        if sharable and listed and not is_year(here) and not (comma and is_year(after)):
            result[index] = here._replace(unit=unit, shared=True)
        else:
            listed = False
    for index in range(1, len(result)):
        before, here = result[index - 1], result[index]
        if here.unit is None and before.unit and _LINK.fullmatch(text[before.end : here.start]) and not is_year(here):
            if before.unit in (P_VALUE, SPREAD):
                result[index] = here._replace(unit=before.unit, shared=True)
                continue
            leading = (
                LEADING_UNIT.search(text[max(0, before.start - NEAR) : before.start]) if not before.shared else None
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
_FALL = re.compile(
    r"\b(?:from|fell|falls?|drop\w*|declin\w*|decreas\w*|reduc\w*|lower\w*|went|down|shr[au]nk)\b",
    re.IGNORECASE,
)


def _link(text: str, found: tuple[Number, ...]) -> tuple[Number, ...]:
    """Say of each number how it is joined to the one before it."""
    result = list(found)
    for index in range(1, len(result)):
        before, here = result[index - 1], result[index]
        unit = unit_at(text, before.end)
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
        elif _BETWEEN.search(text[max(0, before.start - NEAR) : before.start]) and re.fullmatch(r"\s+and\s+", between):
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


def is_year(number: Number) -> bool:
    """Say whether a number is written like a year of the last two centuries or this one."""
    return number.text.isdigit() and len(number.text) == 4 and 1800 <= number.value < 2100


class _Free(Protocol):
    def __call__(self, start: int, end: int) -> bool: ...


class _Add(Protocol):
    def __call__(self, number: Number, start: int | None = None, end: int | None = None) -> None: ...


def quantities(found: Iterable[Number]) -> tuple[Number, ...]:
    """Return ``found``, or nothing if all are words that only count what is named next ("Three questions")."""
    numbers = tuple(found)
    return numbers if any(not number.is_word or number.unit is not None for number in numbers) else ()
