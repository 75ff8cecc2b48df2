"""What a page says of itself to machines, in its head: Highwire's ``citation_*`` tags, Open Graph, and schema.org as JSON-LD.

Search engines for scholarship read the first, programs that show a link read the second, and all sorts read the third.
Dates are those of the release, so that equal sources give equal pages; addresses are absolute, and stand only where
``html_baseurl`` is set.  Nothing here makes a browser ask another host for anything.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from textwrap import shorten
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx

from . import csl
from .bibstyle import MAX_AUTHORS, identifiers
from .claim_review import as_script
from .domain import domain_of
from .downloads import MEDIA_TYPES, editions
from .export import BUILDERS

MAX_DESCRIPTION = 300
"""A description is cut to this length, at the end of a sentence if there is one."""


class About(NamedTuple):
    """What is known of a page.

    Attributes:
        title: its title.
        description: its first paragraph, without citations.
        book: the title of the book.
        author: who wrote the book.
        part: the title of the part of the book that the page belongs to; empty if there is none.
        kind: the type in schema.org's terms: ``Book`` (the front page), ``ScholarlyArticle`` or ``Chapter``.
        language, locale: a code (``en``), and one with a country (``en_GB``; may be empty).
        released: the date of the release, YYYY-MM-DD; may be empty.
        version: the version of the book.
        license: the address of the licence; may be empty.
        base: the address of the site, without a slash at the end; may be empty.
        path: the address of the page from the top of the site.
        cited: the sources that the page cites, as CSL-JSON.
        editions: files beside the pages that hold the whole book.
    """

    title: str
    description: str
    book: str
    author: str
    part: str = ""
    kind: str = "ScholarlyArticle"
    language: str = "en"
    locale: str = ""
    released: str = ""
    version: str = ""
    license: str = ""
    base: str = ""
    path: str = ""
    cited: tuple[csl.Item, ...] = ()
    editions: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The absolute address of the page; empty if it is not known."""
        return f"{self.base}/{self.path}" if self.base else ""

    @property
    def is_book(self) -> bool:
        """Whether the page stands for the whole book."""
        return self.kind == "Book"


# Tags


def citation_tags(page: About) -> Iterator[tuple[str, str]]:
    """Highwire's tags: name and content.

    A PDF is named on the front page alone, because it holds the book and not a chapter.
    """
    yield "citation_title", page.title
    yield "citation_author", page.author
    if page.released:
        yield "citation_publication_date", page.released.replace("-", "/")
    yield "citation_language", page.language
    if not page.is_book:
        yield "citation_inbook_title", page.book
    if page.url:
        yield "citation_fulltext_html_url", page.url
        if page.is_book:
            yield from (("citation_pdf_url", f"{page.base}/{name}") for name in page.editions if name.endswith(".pdf"))
    for item in page.cited:
        yield "citation_reference", reference(item)


def reference(item: csl.Item) -> str:
    """A source in one ``citation_reference``: tags with their values, parted by semicolons, as publishers write it."""
    parts = [("title", item.get("title", ""))]
    parts += [("author", _person(person)) for person in item.get("author", [])[:MAX_AUTHORS]]
    journal = "journal_title" if item["type"] == "article-journal" else "publisher"
    parts += [
        (journal, item.get("container-title") or item.get("publisher", "")),
        ("volume", item.get("volume", "")),
        ("issue", item.get("issue", "")),
        ("pages", item.get("page", "")),
        ("publication_date", _year(item)),
        ("doi", item.get("DOI", "")),
        ("pmid", item.get("PMID", "")),
    ]
    return "; ".join(f"citation_{name}={value.replace(';', ',')}" for name, value in parts if value)


def sharing_tags(page: About) -> Iterator[tuple[str, str]]:
    """Open Graph's tags: property and content."""
    yield "og:type", "article"
    yield "og:title", page.title
    yield "og:site_name", page.book
    if page.description:
        yield "og:description", page.description
    if page.url:
        yield "og:url", page.url
    if page.locale:
        yield "og:locale", page.locale
    if page.released:
        yield "article:modified_time", page.released


def linked_data(page: About) -> dict[str, Any]:
    """The page as a thing of schema.org."""
    by = {"@type": "Organization", "name": page.author}
    shared: dict[str, Any] = {"author": by}
    if page.released:
        shared |= {"datePublished": page.released, "dateModified": page.released}
    shared |= {name: value for name, value in (("license", page.license), ("version", page.version)) if value}
    thing: dict[str, Any] = {"@context": "https://schema.org", "@type": page.kind, "name": page.title}
    if not page.is_book:
        thing["headline"] = page.title
    if page.description:
        thing["description"] = page.description
    if page.url:
        thing |= {"@id": page.url, "url": page.url}
    thing |= {"inLanguage": page.language, "isAccessibleForFree": True, **shared}
    if page.part:
        thing["articleSection"] = page.part
    if page.is_book:
        files = [_edition(name, page.base) for name in page.editions]
        thing |= {"encoding": files} if files else {}
    else:
        book: dict[str, Any] = {"@type": "Book", "name": page.book}
        book |= {"@id": f"{page.base}/", "url": f"{page.base}/"} if page.base else {}
        thing["isPartOf"] = book | shared
    if page.cited:
        thing["citation"] = [cited_work(item) for item in page.cited]
    return thing


TYPES = {"article-journal": "ScholarlyArticle", "article": "ScholarlyArticle", "report": "Report", "webpage": "WebPage"}
"""What a type of CSL is in schema.org; any other is a ``CreativeWork``."""


def cited_work(item: csl.Item) -> dict[str, Any]:
    """A source as a thing of schema.org, with its identifiers and where they lead."""
    work: dict[str, Any] = {"@type": TYPES.get(item["type"], "CreativeWork"), "name": item.get("title", item["id"])}
    if year := _year(item):
        work["datePublished"] = year
    fields = {name: item[name.upper()] for name in ("doi", "pmid", "pmcid") if name.upper() in item}
    if fields:
        named = [{"@type": "PropertyValue", "propertyID": name, "value": value} for name, value in fields.items()]
        work["identifier"] = named
        work["sameAs"] = [link for _, _, link in identifiers(fields)]
    elif "URL" in item:
        work["url"] = item["URL"]
    return work


def _edition(name: str, base: str) -> dict[str, str]:
    media = MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return {"@type": "MediaObject", "contentUrl": f"{base}/{name}" if base else name, "encodingFormat": media}


def _person(person: dict[str, str]) -> str:
    if "literal" in person:
        return person["literal"]
    parts = ("given", "non-dropping-particle", "family", "suffix")
    return " ".join(person[part] for part in parts if part in person)


def _year(item: csl.Item) -> str:
    return str(item["issued"]["date-parts"][0][0]) if "issued" in item else ""


def as_meta(tags: Iterable[tuple[str, str]], attribute: str = "name") -> str:
    """Tags as elements of HTML, one a line."""
    return "\n".join(f'<meta {attribute}="{name}" content="{html.escape(content)}">' for name, content in tags)


# The page


def description(doctree: nodes.document) -> str:
    """The first paragraph of a page that stands by itself, without its citations and cut to whole sentences."""
    for paragraph in doctree.findall(nodes.paragraph):
        if not isinstance(paragraph.parent, nodes.section | nodes.document):
            continue
        copy = paragraph.deepcopy()
        for node in list(copy.findall(nodes.Element)):
            if "cite-group" in node.get("classes", ()):
                node.parent.remove(node)
        text = " ".join(copy.astext().split())
        for mark in ".,;:":
            text = text.replace(f" {mark}", mark)
        if text:
            return _cut(text)
    return ""


def _cut(text: str) -> str:
    if len(text) <= MAX_DESCRIPTION:
        return text
    end = max(text.rfind(f"{mark} ", 0, MAX_DESCRIPTION) for mark in ".?!")
    return text[: end + 1] if end > 0 else shorten(text, MAX_DESCRIPTION, placeholder=" …")


def about(app: Sphinx, docname: str, doctree: nodes.document) -> About:
    """What is known of a page of the book."""
    config, domain = app.config, domain_of(app.env)
    entries = domain.library.entries
    keys = dict.fromkeys(use.key for use in domain.data["uses"].get(docname, ()))
    front = docname == config.root_doc
    kind = "Book" if front else "ScholarlyArticle" if domain.is_chapter(docname) else "Chapter"
    part = docname.rpartition("/")[0] + "/index"
    titles = app.env.titles
    return About(
        title=titles[docname].astext(),
        description=description(doctree),
        book=config.project,
        author=config.author,
        part=titles[part].astext() if part in titles and kind == "ScholarlyArticle" and part != docname else "",
        kind=kind,
        language=config.language,
        locale=config.reviewbook_locale,
        released=config.reviewbook_released,
        version=config.version,
        license=config.reviewbook_license,
        base=(config.html_baseurl or "").rstrip("/"),
        path="" if front else app.builder.get_target_uri(docname),
        cited=tuple(csl.items(entries[key] for key in keys if key in entries)),
        editions=tuple(path.name for path in editions(app)),
    )


def add_metadata(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put what a page says of itself into its head."""
    if doctree is None or app.builder.name not in BUILDERS or pagename not in app.env.titles:
        return
    page = about(app, pagename, doctree)
    plain = [("description", page.description)] if page.description else []
    context["metatags"] = "\n".join(
        (
            context.get("metatags", ""),
            as_meta([*plain, *citation_tags(page)]),
            as_meta(sharing_tags(page), "property"),
            as_script(linked_data(page)),
        )
    )


def setup(app: Sphinx) -> None:
    """Register the hook and what it needs to know."""
    app.add_config_value("reviewbook_license", "", "html", str)
    app.add_config_value("reviewbook_locale", "", "html", str)
    app.connect("html-page-context", add_metadata)
