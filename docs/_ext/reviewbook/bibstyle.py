"""How a source is named in the text and set in the list of sources: two styles for sphinxcontrib-bibtex.

``ReviewStyle`` (pybtex) makes the full reference and the label, ``Murrough et al., 2013a``.
``ReviewReferenceStyle`` (sphinxcontrib-bibtex) makes the citation from the label.
Both are registered under the name ``reviewbook``.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from textwrap import shorten
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit

from pybtex.plugin import register_plugin as register_pybtex_plugin  # type: ignore[import-untyped]
from pybtex.richtext import HRef, Tag, Text  # type: ignore[import-untyped]
from pybtex.style import FormattedEntry  # type: ignore[import-untyped]
from pybtex.style.formatting import BaseStyle  # type: ignore[import-untyped]
from sphinxcontrib.bibtex.plugin import register_plugin as register_bibtex_plugin
from sphinxcontrib.bibtex.style.referencing import (
    BaseReferenceStyle,
    BracketStyle,
    GroupReferenceStyle,
)
from sphinxcontrib.bibtex.style.referencing.extra_empty import ExtraEmptyReferenceStyle
from sphinxcontrib.bibtex.style.template import join2, node, post_text, pre_text, reference

if TYPE_CHECKING:
    from pybtex.database import Entry, Person  # type: ignore[import-untyped]

NAME = "reviewbook"
NO_DATE = "n.d."
MAX_AUTHORS = 12
"""A longer list of authors is cut to this length in the full reference."""


_LATEX = re.compile(r"[\\{}$~%&#_^]|--|''|``")
"""What makes it necessary to decode a value."""


MAX_NAME = 70
"""A title or body that stands for the authors is cut to this length in a citation."""


# Names and labels


def last_name(person: Person) -> str:
    """The family name with its particles (``de Graaf``), or the name of a body, as plain text."""
    return " ".join(str(_decode(part)) for part in [*person.prelast_names, *person.last_names])


def full_name(person: Person) -> str:
    """The name as medical journals set it: ``Murrough JW``."""
    given = [str(_decode(part)) for part in [*person.first_names, *person.middle_names]]
    pieces = " ".join(given).replace(".", " ").replace("-", " ").split()
    initials = "".join(piece[0] for piece in pieces)
    lineage = " ".join(part.rstrip(".") for part in person.lineage_names)
    return " ".join(part for part in (last_name(person), initials, lineage) if part)


def authors(entry: Entry) -> tuple[list[Person], bool]:
    """The authors (or else the editors) of an entry, and whether more follow that are not named."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    named = [person for person in people if str(person) != "others"]
    return named, len(named) < len(people)


def rich(entry: Entry, name: str) -> Text:
    """A field as pybtex's rich text; empty if the entry lacks it."""
    return _decode(entry.fields.get(name, ""))


@cache
def _decode(value: str) -> Text:
    """LaTeX as rich text; kept, because decoding is slow and many names occur often."""
    return Text.from_latex(value) if _LATEX.search(value) else Text(value)


def plain(entry: Entry, name: str) -> str:
    """A field as plain text, without LaTeX; empty if the entry lacks it."""
    return str(rich(entry, name))


def short_names(entry: Entry) -> str:
    """Who wrote it, for a citation: one or two names, or the first ``et al.``; else the publisher or title."""
    if entry.fields.get("shortauthor"):
        return plain(entry, "shortauthor")
    people, more = authors(entry)
    if people and (more or len(people) > 2):
        return f"{last_name(people[0])} et al."
    if people:
        return " and ".join(last_name(person) for person in people)
    fallbacks = ("institution", "organization", "publisher", "howpublished", "title")
    name = next((plain(entry, name) for name in fallbacks if entry.fields.get(name)), entry.key)
    return name if len(name) <= MAX_NAME else shorten(name, MAX_NAME, placeholder=" …")


def label_parts(label: str) -> tuple[str, str]:
    """Split a label into names and year: ``("Murrough et al.", "2013a")``."""
    names, _, year = label.rpartition(", ")
    return names, year


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """The entries sorted by the names and the year of their labels, then by title."""

    def key(entry: Entry) -> tuple[str, ...]:
        year = plain(entry, "year") or "9999"
        return _fold(short_names(entry)), year, _fold(plain(entry, "title")), entry.key

    return sorted(entries, key=key)


def labels(entries: Sequence[Entry]) -> list[str]:
    """The label of each entry; those that share names and year are told apart by letters, in the order given."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, entry in enumerate(entries):
        groups[short_names(entry), plain(entry, "year") or NO_DATE].append(index)
    found = [""] * len(entries)
    for (names, year), indices in groups.items():
        for position, index in enumerate(indices):
            suffix = ""
            if len(indices) > 1:
                suffix = ("-" if year == NO_DATE else "") + _letters(position)
            found[index] = f"{names}, {year}{suffix}"
    return found


def _letters(position: int) -> str:
    """a, b … z, aa, ab …"""
    text = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def _fold(text: str) -> str:
    """Text to sort by: without accents and case."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


# The full reference


def identifiers(fields: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Where a source can be found: (name, identifier, link) of its DOI, PubMed and PMC entries, or else its page."""
    doi, pmid, pmcid, url = (fields.get(name, "") for name in ("doi", "pmid", "pmcid", "url"))
    if doi:
        yield "doi", doi, f"https://doi.org/{quote(doi, safe='/:;()')}"
    if pmid:
        yield "PMID", pmid, f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    if pmcid:
        yield "PMCID", pmcid, f"https://pmc.ncbi.nlm.nih.gov/articles/{pmcid}/"
    if url and not doi:
        yield "page", host(url), url


def day(iso: str) -> str:
    """A day as readers see it, ``24 November 2026``; what is no day stays as it is."""
    try:
        date = datetime.date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{date.day} {date:%B %Y}"


def host(url: str) -> str:
    """The name of the site that an address leads to, without ``www.``."""
    return urlsplit(url).netloc.removeprefix("www.")


def published(entry: Entry) -> Text:
    """Where it was published: journal, volume, number and pages; or the publisher."""
    if entry.fields.get("journal"):
        volume = plain(entry, "volume")
        number = plain(entry, "number")
        pages = plain(entry, "pages").replace("--", "–").replace("-", "–")
        place = volume + (f"({number})" if number else "")
        place += (":" if place and pages else "") + pages
        return Text(Tag("em", rich(entry, "journal")), f" {place}" if place else "")
    names = ("booktitle", "type", "number", "institution", "organization", "publisher", "howpublished")
    author = short_names(entry)
    parts = [plain(entry, name) for name in names]
    return Text(", ".join(dict.fromkeys(part for part in parts if part and part != author)))


class ReviewStyle(BaseStyle):  # type: ignore[misc]
    """References as medical journals set them, with the year after the authors; titles as they are stored."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sort = in_order  # pybtex sets both on the instance
        self.format_labels = labels

    def format_entry(self, label: str, entry: Entry, bib_data: object = None) -> FormattedEntry:
        people, more = authors(entry)
        cut = people[:MAX_AUTHORS]
        names = ", ".join(map(full_name, cut)) or short_names(entry)
        if people and (more or len(people) > len(cut)):
            names += ", et al."
        parts: list[object] = [f"{names} ({label_parts(label)[1]}). "]
        title = rich(entry, "title")
        if str(title) not in ("", names):
            parts += [title.add_period(), " "]
        if place := published(entry):
            parts += [place.add_period(), " "]
        if note := rich(entry, "note"):
            parts += [note.add_period(), " "]
        if not entry.fields.get("year") and (read := entry.fields.get("urldate")):
            parts += [f"Undated; read on {day(read)}. "]
        for number, (name, identifier, url) in enumerate(identifiers(entry.fields)):
            shown = identifier if name == "page" else f"{name}:\u2060{identifier}"
            parts += [" · " if number else "", HRef(url, shown)]
        return FormattedEntry(entry.key, Text(*parts), label)


# The citation in the text


@node  # type: ignore[untyped-decorator]
def _label(children: object, data: dict[str, Any]) -> Text:
    """``Murrough et al., 2013a``"""
    return Text(data["formatted_entry"].label)


@node  # type: ignore[untyped-decorator]
def _textual_label(children: object, data: dict[str, Any]) -> Text:
    """``Murrough et al. (2013a)``"""
    names, year = label_parts(data["formatted_entry"].label)
    return Text(f"{names} ({year})")


def _brackets() -> BracketStyle:
    return BracketStyle(left="(", right=")", sep="; ")


@dataclass
class ParentheticalStyle(BaseReferenceStyle):
    """``(Murrough et al., 2013; Berman et al., 2000)``, for the roles ``cite:p`` and ``cite:alp``."""

    bracket: BracketStyle = field(default_factory=_brackets)

    def role_names(self) -> Iterable[str]:
        return ["p", "ps", "alp", "alps"]

    def outer(self, role_name: str, children: list[Any]) -> Any:
        return self.bracket.outer(children, brackets="al" not in role_name)

    def inner(self, role_name: str) -> Any:
        return join2(sep1=" ", sep2=", ")[pre_text, reference[_label], post_text]


@dataclass
class TextualStyle(BaseReferenceStyle):
    """``Murrough et al. (2013)``, for the role ``cite:t``."""

    def role_names(self) -> Iterable[str]:
        return ["t", "ts", "ct", "cts"]

    def outer(self, role_name: str, children: list[Any]) -> Any:
        bracket = BracketStyle(sep=", ", sep2=" and ", last_sep=" and ")
        return bracket.outer(children, capfirst="c" in role_name)

    def inner(self, role_name: str) -> Any:
        return join2(sep1=" ", sep2=", ")[pre_text, reference[_textual_label], post_text]


@dataclass
class ReviewReferenceStyle(GroupReferenceStyle):
    """Author–year citations made from the labels, so that letters after the year are the same everywhere."""

    def __post_init__(self) -> None:
        self.styles.extend([ParentheticalStyle(), TextualStyle(), ExtraEmptyReferenceStyle()])
        super().__post_init__()  # type: ignore[no-untyped-call]


def register() -> None:
    """Make the styles known to pybtex and sphinxcontrib-bibtex; can be called again."""
    register_pybtex_plugin("pybtex.style.formatting", NAME, cast(Any, ReviewStyle), force=True)
    register_bibtex_plugin("sphinxcontrib.bibtex.style.referencing", NAME, ReviewReferenceStyle, force=True)
