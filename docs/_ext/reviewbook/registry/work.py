"""What a registry says of a work: one shape for all registries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, NamedTuple

from . import texts
from .web import Unreachable


class Name(NamedTuple):
    """An author: a person, or a body, which has only a family name and no given names."""

    family: str
    given: str = ""
    suffix: str = ""
    is_body: bool = False

    @property
    def bibtex(self) -> str:
        """The name as an author field has it."""
        if self.is_body:
            return f"{{{texts.latex(self.family)}}}"
        parts = (texts.latex(part) for part in (self.family, self.suffix, self.given))
        return ", ".join(_one_part(part) for part in parts if part)


def _one_part(part: str) -> str:
    """A part of a name, in braces where BibTeX would take it for several."""
    return f"{{{part}}}" if "," in part or re.search(r"(?:^|\s)and(?:\s|$)", part, re.IGNORECASE) else part


def person(family: str | None, given: str | None = "", suffix: str | None = "") -> Name:
    """The name of a person, cleaned."""
    return Name(texts.family_name(family), texts.given_names(given), texts.clean(suffix).rstrip("."))


def body(name: str | None) -> Name:
    """The name of a group or institution, cleaned."""
    return Name(texts.clean(name).rstrip("."), is_body=True)


@dataclass(frozen=True, slots=True)
class Work:
    """What one registry says of a work; what it does not say is empty.

    Attributes:
        registry: who says so.
        type: the type of the entry.
        where: the field that ``container`` goes into: journal, booktitle, howpublished, institution or school.
        journals: other names of the container, abbreviations among them.
        year: of the issue, or else of the publication online.
        online_year: of the publication online, where it is known.
        kinds: what the registry calls the work: types of publication, design.
        subjects: headings.
        known: fields of the record that the registry knows, by name.
        notices: retractions and the like, as sentences.
    """

    registry: str
    title: str
    type: str = "article"
    authors: tuple[Name, ...] = ()
    where: str = "journal"
    container: str = ""
    journals: tuple[str, ...] = ()
    publisher: str = ""
    year: str = ""
    online_year: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    nct: str = ""
    url: str = ""
    kinds: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    known: dict[str, Any] = field(default_factory=dict)
    retracted: bool = False
    notices: tuple[str, ...] = ()

    def with_more(self, other: Work) -> Work:
        """This work, with what only the other registry says; kinds, subjects, notices and facts of both."""
        changes: dict[str, Any] = {
            name: getattr(other, name)
            for name in ("authors", "year", "online_year", "volume", "number", "pages", "doi", "pmid", "pmcid")
            if not getattr(self, name)
        }
        for name in ("kinds", "subjects", "notices", "journals"):
            changes[name] = tuple(dict.fromkeys((*getattr(self, name), *getattr(other, name))))
        if not self.container:
            changes |= {"container": other.container, "where": other.where}
        if self.year == self.online_year and other.year:
            changes["year"] = other.year  # this one knows no issue
        if self.title == self.title.capitalize() and texts.folded(self.title) == texts.folded(other.title):
            changes["title"] = other.title  # this one may have lost its capitals
        return replace(
            self, **changes, known={**other.known, **self.known}, retracted=self.retracted or other.retracted
        )

    def as_json(self) -> dict[str, Any]:
        """What :meth:`of_json` reads."""
        return asdict(self)

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> Work:
        """The work that :meth:`as_json` wrote."""
        known = {f.name: data[f.name] for f in fields(cls)}
        for name, value in known.items():
            if isinstance(value, list):
                known[name] = tuple(Name(*item) if name == "authors" else item for item in value)
        return cls(**known)


@contextmanager
def documented(url: str) -> Iterator[None]:
    """Turn an answer that lacks what the registry's documentation promises into :class:`Unreachable`."""
    try:
        yield
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise Unreachable(url, "its answer is not of the documented form") from error
