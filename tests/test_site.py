"""The built site: links that lead somewhere, well-formed pages, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import html5lib
import pytest

from reviewbook.addresses import url_fault

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
POINTING = (
    "for",
    "headers",
    "list",
    "aria-labelledby",
    "aria-describedby",
    "aria-controls",
    "aria-owns",
    "aria-details",
)
"""Attributes that name ids on the same page."""
HARMLESS_PARSE_ERRORS: set[str] = set()


class Page(NamedTuple):
    """A page of the site."""

    name: str
    links: list[str]
    loads: list[str]
    ids: set[str]
    doubled: list[str]
    errors: list[str]
    pointed_to: list[str]


@cache
def _parse(path: Path, site: Path) -> Page:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree: ElementTree.Element = parser.parse(path.read_text(encoding="utf-8"))
    links, loads, ids, pointed_to = [], [], [], []
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
        if tag == "link" and set((node.get("rel") or "").split()) & {"next", "prev", "up", "index", "search"}:
            links.append(node.get("href", ""))
        if tag == "form" and node.get("action"):
            links.append(node.get("action", ""))
        if tag in {"use", "image"}:  # parts of drawings
            reference = node.get("href") or node.get("{http://www.w3.org/1999/xlink}href") or ""
            (pointed_to if reference.startswith("#") else loads).append(reference.removeprefix("#"))
        for attribute in POINTING:
            pointed_to += (node.get(attribute) or "").split()
        for attribute in ("fill", "clip-path", "mask", "marker-end", "marker-start"):
            pointed_to += re.findall(r"url\(#([^)]*)\)", node.get(attribute) or "")
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
    return Page(str(path.relative_to(site)), links, loads, set(ids), doubled, errors, pointed_to)


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


def test_what_a_part_of_a_page_points_to_stands_on_the_page(site: dict[str, Page]) -> None:
    assert sum(len(page.pointed_to) for page in site.values()) > len(site)
    assert [f"{page.name}: {id_}" for page in site.values() for id_ in page.pointed_to if id_ not in page.ids] == []


def test_what_a_preview_links_to_is_looked_at_too(site: dict[str, Page]) -> None:
    page = site["mechanism/plasticity.html"]
    assert any(link.startswith("https://pubmed.ncbi.nlm.nih.gov/") for link in page.links), "templates are not read"


def test_every_file_that_a_style_sheet_names_is_there(built_book: Path) -> None:
    missing = []
    for path in built_book.rglob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for url in re.findall(r"url\(\s*[\"']?([^)\"']*)[\"']?\s*\)", text):
            name = unquote(urlsplit(url).path)
            if url and not url.startswith(("data:", "#")) and not (path.parent / name).resolve().is_file():
                missing.append(f"{path.relative_to(built_book)}: {url}")
    assert missing == []


def test_every_address_in_the_published_data_leads_to_a_place(site: dict[str, Page], built_book: Path) -> None:
    found = 0
    for name in ("claims.json", "popular-claims.json"):
        (path,) = built_book.rglob(name)
        for claim in json.loads(path.read_text(encoding="utf-8"))["claims"]:
            parts = urlsplit(claim["url"])
            assert parts.path in site, claim["url"]
            assert not parts.fragment or unquote(parts.fragment) in site[parts.path].ids, claim["url"]
            found += 1
    assert found > 1000


def test_every_link_that_leaves_the_site_is_well_formed(site: dict[str, Page]) -> None:
    links = {link: page.name for page in site.values() for link in page.links if urlsplit(link).scheme}
    assert len(links) > 500
    faults = {link: url_fault(link.replace("http://", "https://", 1)) for link in links}
    assert {link: (fault, links[link]) for link, fault in faults.items() if fault} == {}


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
