"""What a link is, where it stands, and what is known of it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote


class Kind(StrEnum):
    """Who is asked about a link."""

    DOI = "doi"
    PUBMED = "pubmed"
    TRIALS = "trials"
    WEB = "web"


class Outcome(StrEnum):
    """What is known of a link."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


class Place(NamedTuple):
    """A place at which a link stands.

    Attributes:
        path: the file, from the top of the book.
        line: the line in it, counted from 1.
        what: the key of the source to which it belongs there, or nothing on a page; ``cites key`` where a page cites it.
    """

    path: str
    line: int
    what: str = ""


class Link(NamedTuple):
    """A link, once, however often it stands in the book.

    Attributes:
        kind: who is asked.
        name: what identifies it: an address, or ``doi:10.1000/x``, ``pmid:1``, ``pmcid:PMC1``, ``nct:NCT00000000``.
        places: where it stands.
        archived: the address of an archived copy, if a record holds one.
    """

    kind: Kind
    name: str
    places: tuple[Place, ...] = ()
    archived: str = ""

    @property
    def same(self) -> str:
        """What two links to one thing share: the name, and of a DOI its letters in any case."""
        return self.name.lower() if self.kind is Kind.DOI else self.name

    @property
    def identifier(self) -> str:
        """What the registry is asked for: the name without what kind of identifier it is."""
        return self.name if self.kind is Kind.WEB else self.name.partition(":")[2]


class Answer(NamedTuple):
    """What came out for a link.

    Attributes:
        outcome: good, bad or unknown.
        why: what was seen, in words.
        leads_to: the address to which the page has moved for good, if it has.
    """

    outcome: Outcome
    why: str = ""
    leads_to: str = ""


_REGISTERED = (
    (Kind.DOI, "doi", re.compile(r"https?://(?:dx\.|www\.)?doi\.org/(10\.[^?#]+)(?:[?#].*)?")),
    (
        Kind.PUBMED,
        "pmid",
        re.compile(r"https?://(?:pubmed\.ncbi\.nlm\.nih\.gov|www\.ncbi\.nlm\.nih\.gov/pubmed)/(\d+)(?:[/?#].*)?"),
    ),
    (
        Kind.PUBMED,
        "pmcid",
        re.compile(r"https?://(?:pmc\.ncbi\.nlm\.nih\.gov|www\.ncbi\.nlm\.nih\.gov/pmc)/articles/(PMC\d+)(?:[/?#].*)?"),
    ),
    (
        Kind.TRIALS,
        "nct",
        re.compile(r"https?://(?:www\.)?clinicaltrials\.gov/(?:ct2/show/|study/)(NCT\d{8})(?:[/?#].*)?"),
    ),
)

REGISTERED_PATTERNS = tuple(pattern.pattern + "$" for _, _, pattern in _REGISTERED)
"""Addresses that are not visited, because a registry tells more reliably whether what they name exists."""


def named(address: str) -> Link:
    """The link of an address: one that holds the identifier of a registry is asked of that registry."""
    for kind, prefix, pattern in _REGISTERED:
        if match := pattern.fullmatch(address):
            return Link(kind, f"{prefix}:{unquote(match[1])}")
    return Link(Kind.WEB, address)
