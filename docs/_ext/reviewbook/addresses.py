"""The form of addresses and identifiers: what is no public page, and what is no DOI, PMID, PMCID or trial number.

Everything here looks at the characters alone; whether something answers at an address is asked in ``links``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

DOI = re.compile(r"10\.\d{4,9}/[^\s\\{}\"]*[^\s\\{}\".,;]")
PMID = re.compile(r"[1-9]\d{0,7}")
PMCID = re.compile(r"PMC[1-9]\d{0,8}")
NCT = re.compile(r"NCT\d{8}")

BAD_HOSTS = re.compile(
    r"(^|[.-])(ez)?proxy"
    r"|(^|\.)(mirrors?|staging|stage|preview|preprod|dev|test|localhost|cache|webcache|scholar-cache)\."
    r"|(^|\.)(staging|preview|preprod)-|-(staging|preview|preprod)\."
    r"|sci-hub|libgen|annas-archive|z-lib|r\.jina\.ai|translate\.goog|\.internal$|\.local$|^localhost$"
    r"|(^|\.)12ft\.io$|(^|\.)archive\.(ph|today|is|li|vn|md|fo)$|(^|\.)(bit\.ly|t\.co|tinyurl\.com|goo\.gl|ow\.ly)$"
    r"|(^|\.)safelinks\.protection\.outlook\.com$|(^|\.)urldefense\.(com|proofpoint\.com)$"
)
"""Hosts that are no publisher's: mirrors, proxies, test servers, copies without leave, short or wrapped addresses."""

TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|twclid|msclkid|yclid|igshid|ref_src|fsrc|cmpid|icid|ncid|smid|mc_[ce]id|mkt_tok|_hs(enc|mi)|_ga|redirectedfrom|sessionid|jsessionid",
    re.IGNORECASE,
)
"""Parameters that follow readers about and change nothing on the page."""

ARCHIVED = r"https://web\.archive\.org/web/\d{14}/https?://[^\s/]+\.[^\s/]+(/\S*)?"
"""The address of a dated copy at the Internet Archive."""

_URL = re.compile(r"https?://[^\s<>\"'`\\]+")
_DOI_HOSTS = {"doi.org", "dx.doi.org", "www.doi.org"}
_TRIAL_NUMBER = re.compile(r"\bNCT[\s:#-]{0,2}\d+\b(?!\*)")


def url_fault(url: str) -> str:
    """Why an address may not be printed, or nothing if it may."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return "not a URL"
    if parts.scheme != "https":
        return "not an https address"
    if not host or "." not in host or re.search(r"[\s\\{}]", url):
        return "not a URL of a public page"
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return "an IP address"
    if BAD_HOSTS.search(host):
        return "a mirror, proxy or test host"
    if tracking := tracking_parameters(url):
        return f"tracks readers by {', '.join(tracking)}"
    return _identifier_fault(host, unquote(parts.path))


def tracking_parameters(url: str) -> list[str]:
    """The names of the parameters of an address that only follow readers about."""
    query = urlsplit(url).query
    return [name for name, _ in parse_qsl(query, keep_blank_values=True) if TRACKING.fullmatch(name)]


def _identifier_fault(host: str, path: str) -> str:
    """What is wrong with the identifier in the address of a registry."""
    first, _, rest = path.removeprefix("/").partition("/")
    name = host.removeprefix("www.")
    if host in _DOI_HOSTS and not DOI.fullmatch(path.removeprefix("/")):
        return "no DOI in it"
    if name == "pubmed.ncbi.nlm.nih.gov" and first.isdigit() and not PMID.fullmatch(first):
        return "no PMID in it"
    if name == "pmc.ncbi.nlm.nih.gov" and first == "articles" and not PMCID.fullmatch(rest.partition("/")[0]):
        return "no PMCID in it"
    if name == "clinicaltrials.gov" and first == "study" and not NCT.fullmatch(rest.partition("/")[0]):
        return "no number of a trial in it"
    return ""


def archived_page(copy: str) -> str:
    """The address of the page that an archived copy was made of."""
    return re.sub(r"^https://web\.archive\.org/web/\d+/", "", copy)


def same_page(url: str) -> str:
    """An address without what does not change the page: the scheme, ``www.``, a slash at the end, the anchor."""
    parts = urlsplit(url)
    host = parts.netloc.lower().removeprefix("www.").removesuffix(":80").removesuffix(":443")
    return f"{host}{parts.path.rstrip('/')}{'?' if parts.query else ''}{parts.query}"


def addresses_in(text: str) -> Iterator[str]:
    """The addresses of web pages that stand in a text, without the punctuation after them."""
    for match in _URL.finditer(text):
        url = match[0].rstrip(".,;:!?*_")
        while url.endswith((")", "]")) and url.count(url[-1]) > url.count({")": "(", "]": "["}[url[-1]]):
            url = url[:-1].rstrip(".,;:!?*_")
        yield url


def malformed_trial_numbers(text: str) -> list[str]:
    """Numbers of ClinicalTrials.gov in a text that are not NCT and eight digits."""
    return [match[0] for match in _TRIAL_NUMBER.finditer(text) if not NCT.fullmatch(match[0])]
