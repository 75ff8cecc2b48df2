"""Pages of the web: what a page says of itself in its head, for sources that no registry knows."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ..addresses import tracking_parameters
from . import texts
from .web import Web
from .work import Name, Work, body, person

_DOI_NAMES = ("citation_doi", "dc.identifier", "prism.doi", "bepress_citation_doi")
_DATES = ("citation_publication_date", "citation_date", "article:published_time", "dc.date", "dc.date.issued", "date")


def tidy(url: str) -> str:
    """An address without what tracks readers, without a fragment, and by https."""
    parts = urlsplit(url.strip())
    tracks = tracking_parameters(url.strip())
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in tracks]
    query = parts.query if len(kept) == len(parse_qsl(parts.query, keep_blank_values=True)) else urlencode(kept)
    return urlunsplit(("https", parts.netloc.lower(), parts.path or "/", query, ""))


def find(web: Web, url: str) -> Work:
    """What the page at an address says of itself.

    Raises:
        NotThere: there is no such page.
        Unreachable: the host did not answer.
    """
    return read(web.text(url), url)


def read(html: str, url: str) -> Work:
    """What the source of a page says of it; ``doi`` is set where the page names its own."""
    head = _Head()
    head.feed(html)
    said = head.said
    host = urlsplit(url).netloc.lower().removeprefix("www.")
    site = said.get("og:site_name") or said.get("citation_publisher") or said.get("dc.publisher") or host
    title = said.get("citation_title") or said.get("dc.title") or said.get("og:title") or head.title
    found = next((m for name in _DOI_NAMES if (m := re.search(r"10\.\d{4,9}/\S+", said.get(name, "")))), None)
    dates = (re.search(r"\b(?:19|20)\d\d\b", said.get(name, "")) for name in _DATES)
    year = next((match[0] for match in dates if match), "")
    people = [a for a in head.authors if a and not a.startswith("http")]
    return Work(
        registry=host,
        type="misc",
        title=texts.clean_title(_without_site(texts.clean(title), texts.clean(site))),
        authors=tuple(map(_name, people)) or (body(site),),
        where="howpublished",
        container=texts.clean(site),
        year=year,
        doi=found[0].rstrip(".,;") if found else "",
        url=tidy(url),
        kinds=("government",) if re.search(r"\.gov(\.[a-z]{2})?$|\.europa\.eu$", host) else ("page",),
    )


def _without_site(title: str, site: str) -> str:
    """The title of a page without the name of its site, which many put at the end."""
    return re.sub(rf"\s+[|–—-]\s+{re.escape(site)}$", "", title, flags=re.IGNORECASE) if site else title


def _name(author: str) -> Name:
    """``Doe, Jane`` and ``Jane Doe`` are people; anything longer, or with a word such as "of", is a body."""
    author = texts.clean(author)
    family, comma, given = author.partition(",")
    words = author.split()
    if comma and len(words) <= 5:
        return person(family, given)
    if 2 <= len(words) <= 3 and all(word[0].isupper() for word in words) and not author.isupper():
        return person(words[-1], " ".join(words[:-1]))
    return body(author)


class _Head(HTMLParser):
    """The title, the named statements and the authors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, str] = {}
        self.authors: list[str] = []
        self.title = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title" and not self.title:
            self._in_title = True
        if tag != "meta":
            return
        given = {name: value or "" for name, value in attrs}
        name = (given.get("name") or given.get("property") or "").lower()
        content = given.get("content", "").strip()
        if name in ("citation_author", "dc.creator", "author") and content not in self.authors:
            self.authors.append(content)
        if name and content:
            self.said.setdefault(name, content)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
