"""The built site: links that lead somewhere, well-formed pages, nothing from elsewhere."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import html5lib
import pytest

SKIPPED = {"genindex.html", "search.html"}
LOADING = {
    ("img", "src"),
    ("script", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
    ("audio", "src"),
    ("object", "data"),
}
LOADING_RELS = {
    "stylesheet",
    "icon",
    "shortcut",
    "preload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "modulepreload",
    "manifest",
}
HARMLESS_PARSE_ERRORS: set[str] = set()


class Page(NamedTuple):
    """A page of the site."""

    name: str
    links: list[str]
    loads: list[str]
    ids: set[str]
    doubled: list[str]
    errors: list[str]


@cache
def _parse(path: Path, site: Path) -> Page:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree: ElementTree.Element = parser.parse(path.read_text(encoding="utf-8"))
    links, loads, ids = [], [], []
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        tag = node.tag.rpartition("}")[2]
        if node.get("id"):
            ids.append(node.get("id", ""))
        if tag == "a" and node.get("name"):
            ids.append(node.get("name", ""))
        if tag in {"a", "area"} and node.get("href") is not None:
            links.append(node.get("href", ""))
        for attribute in ("src", "data", "poster"):
            if (tag, attribute) in LOADING and node.get(attribute):
                loads.append(node.get(attribute, ""))
        if tag == "link" and set((node.get("rel") or "").split()) & LOADING_RELS:
            loads.append(node.get("href", ""))
        if node.get("srcset"):
            loads += [part.split()[0] for part in node.get("srcset", "").split(",") if part.strip()]
        for attribute in ("style",):
            loads += re.findall(r"url\(([^)]*)\)", node.get(attribute) or "")
        if tag == "style":
            loads += re.findall(r"url\(([^)]*)\)", node.text or "")
    errors = [
        f"{path.name}:{line}: {code} {data}"
        for (line, _), code, data in parser.errors
        if code not in HARMLESS_PARSE_ERRORS
    ]
    doubled = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    return Page(str(path.relative_to(site)), links, loads, set(ids), doubled, errors)


@pytest.fixture(scope="module")
def site(built_book: Path) -> dict[str, Page]:
    return {str(p.relative_to(built_book)): _parse(p, built_book) for p in sorted(built_book.rglob("*.html"))}


def _foreign(url: str) -> bool:
    parts = urlsplit(url.strip("'\" "))
    return bool(parts.netloc) or parts.scheme not in {"", "data"}


def test_every_internal_link_and_anchor_leads_somewhere(site: dict[str, Page], built_book: Path) -> None:
    broken = []
    for page in site.values():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            path = (built_book / page.name).parent / unquote(parts.path) if parts.path else built_book / page.name
            target = path.resolve()
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                broken.append(f"{page.name}: {link}: no such file")
            elif parts.fragment and target.suffix == ".html":
                there = site[str(target.relative_to(built_book))]
                if unquote(parts.fragment) not in there.ids:
                    broken.append(f"{page.name}: {link}: no such anchor")
    assert broken == []


def test_every_image_style_and_script_is_there(site: dict[str, Page], built_book: Path) -> None:
    missing = []
    for page in site.values():
        for url in page.loads:
            path = unquote(urlsplit(url.strip("'\" ")).path)
            if not url.startswith("data:") and not ((built_book / page.name).parent / path).resolve().is_file():
                missing.append(f"{page.name}: {url}")
    assert missing == []


def test_no_page_loads_anything_from_elsewhere(site: dict[str, Page]) -> None:
    assert [f"{page.name}: {url}" for page in site.values() for url in page.loads if _foreign(url)] == []


def test_no_style_sheet_loads_anything_from_elsewhere(built_book: Path) -> None:
    found = []
    for path in built_book.rglob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        loads = re.findall(r"url\(([^)]*)\)|@import\s+[\"']([^\"']+)", text)
        found += [f"{path.name}: {url}" for pair in loads for url in pair if url and _foreign(url)]
    assert found == []


def test_no_script_of_ours_names_another_host(built_book: Path) -> None:
    found = []
    for path in built_book.rglob("reviewbook*.js"):
        found += [
            f"{path.name}: {url}"
            for url in re.findall(r"(?:https?:)?//[a-z0-9][a-z0-9.-]+\.[a-z]{2,}", path.read_text())
        ]
        assert not re.search(r"\b(?:fetch|XMLHttpRequest|sendBeacon|WebSocket|EventSource)\b", path.read_text())
    assert found == []


def test_pages_are_well_formed(site: dict[str, Page]) -> None:
    assert [error for page in site.values() if page.name not in SKIPPED for error in page.errors] == []


def test_no_id_stands_twice_on_a_page(site: dict[str, Page]) -> None:
    assert {page.name: page.doubled for page in site.values() if page.doubled} == {}


def test_every_chapter_cites_and_each_cited_source_has_its_anchor(site: dict[str, Page]) -> None:
    sources = site["appendix/sources.html"]
    chapters = [page for name, page in site.items() if name.startswith("mechanism/")]
    assert len(chapters) >= 8
    for page in chapters:
        cited = {urlsplit(link).fragment for link in page.links if "#cite-" in link}
        assert cited, f"{page.name} cites nothing"
        assert cited <= sources.ids


def test_the_claims_are_published_beside_the_pages(built_book: Path) -> None:
    for name in ("claims.json", "claims.csv", "references.bib"):
        assert list(built_book.rglob(name)), f"{name} is not published"
