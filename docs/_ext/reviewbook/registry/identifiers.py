"""What somebody asks for: a DOI, a PMID, a PMCID, an NCT number or an address, and which of these it is."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ..addresses import NCT, PMCID, PMID


class Kind(StrEnum):
    """The kinds of identifiers."""

    DOI = "DOI"
    PMID = "PMID"
    PMCID = "PMCID"
    NCT = "NCT"
    URL = "URL"


class Identifier(NamedTuple):
    """An identifier, in the form in which the bibliography has it."""

    kind: Kind
    value: str


_DOI = re.compile(r"10\.\d{4,9}/\S+")
_IN_PATH = re.compile(r"/(10\.\d{4,9}/[^?#]+)")
_AFTER_DOI = re.compile(r"(?:/(?:full|abstract|pdf|epdf|html|fulltext|meta|full-text|full/html))+/?$|\.pdf$")
_TRIAL = re.compile(rf"https?://(?:www\.|classic\.)?clinicaltrials\.gov/.*?({NCT.pattern})", re.IGNORECASE)


def identify(text: str) -> Identifier:
    """Which identifier a text is; addresses of doi.org, PubMed, PMC and ClinicalTrials.gov count as what they show.

    Raises:
        ValueError: it is none.
    """
    text = text.strip().strip("<>").strip()
    if re.match(r"https?://", text, re.IGNORECASE):
        return _of_url(text)
    bare = re.sub(r"^(?:doi|pmid|pmcid|nct)\s*:\s*", "", text, flags=re.IGNORECASE)
    if re.match(
        r"(?:dx\.)?doi\.org/|(?:www\.)?(?:pubmed|pmc)\.ncbi|(?:www\.)?clinicaltrials\.gov/", bare, re.IGNORECASE
    ):
        return _of_url(f"https://{bare}")
    if match := _DOI.fullmatch(bare):
        return Identifier(Kind.DOI, _doi(match[0]))
    if PMCID.fullmatch(pmcid := re.sub(r"\.\d+$", "", bare.upper())):
        return Identifier(Kind.PMCID, pmcid)
    if NCT.fullmatch(bare.upper()):
        return Identifier(Kind.NCT, bare.upper())
    if PMID.fullmatch(bare):
        return Identifier(Kind.PMID, bare)
    raise ValueError(
        f"{text!r} is no DOI (10.1000/xyz), PMID (12345678), PMCID (PMC1234567), NCT number (NCT01234567) or address "
        "(https://…)"
    )


def trial_number(url: str) -> str:
    """The NCT number in an address of ClinicalTrials.gov; empty if there is none."""
    match = _TRIAL.match(url)
    return match[1].upper() if match else ""


def _of_url(url: str) -> Identifier:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        raise ValueError(f"{url!r} is no address") from None
    if "." not in host:
        raise ValueError(f"{url!r} is no address of a public page")
    path = unquote(parts.path)
    if host in ("doi.org", "dx.doi.org"):
        found = _DOI.fullmatch(path.lstrip("/"))
        if not found:
            raise ValueError(f"{url!r} holds no DOI")
        return Identifier(Kind.DOI, _doi(found[0]))
    patterns = (
        (Kind.PMCID, rf"(?:ncbi\.nlm\.nih\.gov|europepmc\.org)/.*\b({PMCID.pattern})\b"),
        (Kind.PMID, rf"pubmed\.ncbi\.nlm\.nih\.gov/({PMID.pattern})\b"),
        (Kind.PMID, rf"ncbi\.nlm\.nih\.gov/pubmed/({PMID.pattern})\b"),
        (Kind.PMID, rf"europepmc\.org/(?:article|abstract)/med/({PMID.pattern})\b"),
    )
    for kind, pattern in patterns:
        if match := re.search(pattern, host + path, re.IGNORECASE):
            return Identifier(kind, match[1].upper())
    if number := trial_number(url):
        return Identifier(Kind.NCT, number)
    if match := _IN_PATH.search(path):
        return Identifier(Kind.DOI, _doi(_AFTER_DOI.sub("", match[1])))
    return Identifier(Kind.URL, url)


def _doi(text: str) -> str:
    return text.rstrip(".,;/")
