"""What somebody asks for: a DOI, a PMID, a PMCID, an NCT number or an address, and which of these it is."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote, urlsplit


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
_TRIAL_HOSTS = ("clinicaltrials.gov", "classic.clinicaltrials.gov")


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
    if re.fullmatch(r"PMC[1-9]\d{0,8}(?:\.\d+)?", bare, re.IGNORECASE):
        return Identifier(Kind.PMCID, bare.upper().split(".")[0])
    if re.fullmatch(r"NCT\d{8}", bare, re.IGNORECASE):
        return Identifier(Kind.NCT, bare.upper())
    if re.fullmatch(r"[1-9]\d{0,7}", bare):
        return Identifier(Kind.PMID, bare)
    raise ValueError(
        f"{text!r} is no DOI (10.1000/xyz), PMID (12345678), PMCID (PMC1234567), NCT number (NCT01234567) or address "
        "(https://…)"
    )


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
        (Kind.PMCID, r"(?:ncbi\.nlm\.nih\.gov|europepmc\.org)/.*\b(PMC[1-9]\d{0,8})\b"),
        (Kind.PMID, r"pubmed\.ncbi\.nlm\.nih\.gov/([1-9]\d{0,7})\b"),
        (Kind.PMID, r"ncbi\.nlm\.nih\.gov/pubmed/([1-9]\d{0,7})\b"),
        (Kind.PMID, r"europepmc\.org/(?:article|abstract)/med/([1-9]\d{0,7})\b"),
    )
    for kind, pattern in patterns:
        if match := re.search(pattern, host + path, re.IGNORECASE):
            return Identifier(kind, match[1].upper())
    if host in _TRIAL_HOSTS and (match := re.search(r"NCT\d{8}", path, re.IGNORECASE)):
        return Identifier(Kind.NCT, match[0].upper())
    if match := _IN_PATH.search(path):
        return Identifier(Kind.DOI, _doi(_AFTER_DOI.sub("", match[1])))
    return Identifier(Kind.URL, url)


def _doi(text: str) -> str:
    return text.rstrip(".,;/")
