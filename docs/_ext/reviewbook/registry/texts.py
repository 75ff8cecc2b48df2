"""Titles, names and pages as registries write them, made clean; and the forms in which two spellings are one."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache

from pybtex.richtext import Text  # type: ignore[import-untyped]

_TAG = re.compile(r"</?[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?>|<!--.*?-->", re.DOTALL)
_ACRONYM = re.compile(r"[^\W_]*(?:[A-Z][^\W_]*[A-Z0-9]|[a-z0-9][A-Z]|\d[A-Z])[^\W_]*")
_NAME_LIKE = re.compile(r"[A-Z][^\W\d_]+(?:['’]s)?")
_WORD = re.compile(r"[^\s\-‐–—/:;,.?!()\[\]'’\"“”]+(?:['’]s)?")
_LATEX = {"\\": "", "{": "(", "}": ")", "~": "∼", "^": "ˆ", "$": r"\$"} | {mark: f"\\{mark}" for mark in "%&#_"}
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_GREEK = {
    chr(code): unicodedata.name(chr(code)).rsplit(" ", 1)[-1].lower()
    for code in range(0x3B1, 0x3CA)
    if "FINAL" not in unicodedata.name(chr(code))
}
_NO_DECOMPOSITION = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "Æ": "Ae", "œ": "oe", "ı": "i"}
)
_PARTICLES = frozenset(
    [
        "al",
        "da",
        "das",
        "de",
        "del",
        "della",
        "den",
        "der",
        "di",
        "do",
        "dos",
        "du",
        "el",
        "la",
        "le",
        "ten",
        "ter",
        "van",
        "von",
        "zu",
    ]
)


def clean(text: str | None) -> str:
    """Text without tags of HTML, JATS or MathML, entities (also escaped twice), odd spaces and control characters."""
    text = text or ""
    for _ in range(3):
        once = html.unescape(text)
        if once == text:
            break
        text = once
    text = unicodedata.normalize("NFC", _TAG.sub("", text))
    text = re.sub(r"[\u200b-\u200f\u2060\ufeff\u00ad]", "", text).translate({0x2010: "-", 0x2011: "-"})
    return " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text).split())


def clean_title(text: str | None) -> str:
    """A title: clean, without the full stop at its end, and not all in capitals."""
    title = re.sub(r"(?<!\.)\.(\]?)$", r"\1", clean(text))
    letters = [c for c in title if c.isalpha()]
    if len(letters) > 12 and sum(c.isupper() for c in letters) > 0.9 * len(letters):
        return title.capitalize()
    return title


def latex(text: str) -> str:
    """Plain text as it stands in a field of the bibliography."""
    return " ".join(_escaped(text).split())


def _escaped(text: str) -> str:
    text = re.sub(r"\^(\d+)", lambda power: power[1].translate(_RAISED), text)
    return "".join(_LATEX.get(c, c) for c in text).replace("–", "--").replace("—", "---")


def latex_title(title: str) -> str:
    """A title for the bibliography, with braces around what must keep its capitals.

    These are words with a capital after their first letter, and, where the title has few capitals otherwise, words
    with a capital first letter inside a sentence, which are names.
    """
    words = list(_WORD.finditer(title))
    inner = [match for match in words if not _starts_sentence(title, match.start()) and match[0][:1].isalpha()]
    capitals = sum(match[0][0].isupper() for match in inner)
    has_names = capitals <= 0.45 * len(inner)

    def kept(match: re.Match[str]) -> str:
        word, escaped = match[0], _escaped(match[0])
        base = re.sub(r"['’]s$", "", word)
        is_name = has_names and _NAME_LIKE.fullmatch(word) and not _starts_sentence(title, match.start())
        single = len(base) == 1 and base.isupper() and base not in ("A", "I")
        return f"{{{escaped}}}" if _ACRONYM.search(base) or is_name or single else escaped

    pieces: list[str] = []
    end = 0
    for match in words:
        pieces += (_escaped(title[end : match.start()]), kept(match))
        end = match.end()
    return " ".join("".join((*pieces, _escaped(title[end:]))).split())


def _starts_sentence(title: str, start: int) -> bool:
    before = title[:start].rstrip(" \"'“”‘([")
    return not before or before[-1] in ":.?!"


def plain(value: str) -> str:
    """A field of the bibliography as plain text, LaTeX decoded."""
    return _plain(value)


@cache
def _plain(value: str) -> str:
    try:
        text = str(Text.from_latex(value)) if re.search(r"[\\{}~]|--|''|``", value) else value
    except (ValueError, SyntaxError, LookupError):
        text = re.sub(r"[\\{}]", "", value)
    return " ".join(text.split())


def folded(text: str) -> str:
    """Text for comparison: letters and digits alone, without accents and case, Greek letters spelled out."""
    text = unicodedata.normalize("NFKD", text.translate(_NO_DECOMPOSITION)).casefold()
    return "".join(_GREEK.get(c, c) for c in text if c.isalnum())


def folded_family(name: str) -> str:
    """A family name for comparison: as :func:`folded`, and without particles, which registries place freely."""
    words = re.split(r"[\s\-‐‑]+", name)
    kept = [word for word in words if word.casefold() not in _PARTICLES]
    return folded("".join(kept or words))


def folded_journal(name: str) -> str:
    """The name of a journal for comparison: without the article, the place in parentheses, and what follows a colon."""
    name = re.sub(r"\s*\([^()]*\)\s*$", "", re.split(r"\s+:\s+|: ", name)[0])
    return folded(re.sub(r"^the\s+", "", name.replace("&", " and "), flags=re.IGNORECASE))


def pages(text: str | None) -> str:
    """Pages as the bibliography has them: ``154--160`` for ``154-60``; articles' numbers as they are."""
    text = clean(text).replace(" ", "")
    first, dash, last = (part.strip() for part in re.sub(r"[–—-]+", "-", text).partition("-"))
    if not dash or not last or last == first:
        return first
    if first.isdigit() and last.isdigit() and len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    # 22m14548-1 is an article's number, not a range
    return f"{first}--{last}"


def given_names(text: str | None) -> str:
    """Given names with a full stop after each initial: ``Jamie A.``, ``J. A.``."""
    words = []
    for word in clean(text).replace(".", ". ").replace(". -", ".-").split():
        if re.fullmatch(r"[A-Z]{2,3}", word):
            words += [f"{letter}." for letter in word]
        else:
            words.append(f"{word}." if re.fullmatch(r"(?:[A-Z]\.?-)?[A-Z]", word) else word)
    return " ".join(words)


def family_name(text: str | None) -> str:
    """A family name that is not all in capitals."""
    name = clean(text).strip(" ,.")
    if len(name) > 3 and name.isupper():
        name = re.sub(r"[^\W\d_]+", lambda m: m[0].capitalize(), name)
    return name


def shaved(text: str) -> str:
    """ASCII letters and digits of a name in lower case, for a key."""
    return re.sub(r"[^a-z0-9]", "", folded(text.replace("ß", "ss")))
