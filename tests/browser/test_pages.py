"""Every page of the real book: accessible in light and dark, no sideways scrolling, nothing asked of other hosts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def pages(built_book: Path) -> list[str]:
    """The addresses of all pages of the book, relative to its root."""
    found = sorted(path.relative_to(built_book).as_posix() for path in built_book.rglob("*.html"))
    return [page for page in found if not page.startswith("_static")]


def a_chapter(pages: list[str]) -> str:
    return next(page for page in pages if page.startswith("mechanism/") and not page.endswith("index.html"))


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_on_any_page(theme: str, width: int, pages: list[str], served: str, open_page: Open) -> None:
    # The page of sources takes long and is looked at once, with some others, in the layout of a phone.
    narrow = {"index.html", "appendix/sources.html", "appendix/contributing.html", a_chapter(pages)}
    page = open_page(f"{served}/index.html", width, color_scheme=theme, reduced_motion="reduce")
    found = []
    for name in sorted(narrow) if width == 390 else sorted({*pages} - {"appendix/sources.html"}):
        page.goto(f"{served}/{name}")
        for violation in Axe().run(page).response["violations"]:
            node = violation["nodes"][0]
            found.append(f"{name}: {violation['id']} ({len(violation['nodes'])}): {node['html'][:160]}")
    assert not found, "\n".join(found)


def test_axe_finds_nothing_in_an_open_preview_and_with_short_citations(
    pages: list[str], served: str, open_page: Open
) -> None:
    for theme in ("light", "dark"):
        page = open_page(f"{served}/{a_chapter(pages)}", color_scheme=theme, reduced_motion="reduce")
        page.locator(".cite-switch").click()
        page.locator("a.cite-link").first.hover()
        page.locator(".cite-preview").wait_for()
        violations = Axe().run(page).response["violations"]
        assert not violations, [(v["id"], v["nodes"][0]["html"]) for v in violations]


@pytest.mark.parametrize("width", [360, 390])
def test_no_page_scrolls_sideways_on_a_phone(width: int, pages: list[str], served: str, open_page: Open) -> None:
    page = open_page(f"{served}/index.html", width, 780, is_mobile=True, has_touch=True)
    wide = []
    for name in pages:
        page.goto(f"{served}/{name}")
        over = page.evaluate(
            "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - window.innerWidth"
        )
        spilled = page.evaluate(
            """() => [...document.querySelectorAll("article *")].filter((e) => {
                 const r = e.getBoundingClientRect();
                 return r.right > window.innerWidth + 1 && r.width > 1 && !e.closest(".table-wrapper, pre");
               }).map((e) => e.outerHTML.slice(0, 120)).slice(0, 3)"""
        )
        if over > 0 or spilled:
            wide.append(f"{name}: {over}px {spilled}")
    assert not wide, "\n".join(wide)


def test_text_in_drawings_can_be_read_on_a_phone(pages: list[str], served: str, open_page: Open) -> None:
    page = open_page(f"{served}/index.html", 360, 780, is_mobile=True)
    for name in pages:
        page.goto(f"{served}/{name}")
        sizes = page.locator(".drawing text").evaluate_all(
            "texts => texts.map((t) => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a)"
        )
        assert all(size >= 11 for size in sizes), f"{name}: {min(sizes):.1f}px"


def test_lines_of_prose_hold_about_seventy_characters(pages: list[str], served: str, open_page: Open) -> None:
    page = open_page(f"{served}/{a_chapter(pages)}")
    held = page.evaluate(
        """() => {
             const p = document.querySelector("article h2 ~ p, article section section > p");
             const ruler = document.createElement("span");
             ruler.style.whiteSpace = "nowrap";
             ruler.textContent = "A brief block becomes days of better mood, and nobody knows quite how. ";
             p.append(ruler);
             const width = ruler.getBoundingClientRect().width / ruler.textContent.length;
             ruler.remove();
             return p.getBoundingClientRect().width / width;
           }"""
    )
    assert 60 <= held <= 85


def test_every_page_has_a_footer_with_the_licence_and_without_tracking(
    pages: list[str], served: str, open_page: Open
) -> None:
    page = open_page(f"{served}/index.html")
    for name in pages:
        page.goto(f"{served}/{name}")
        footer = page.locator("footer").inner_text()
        assert "CC BY 4.0" in footer and "No tracking" in footer, name
    assert page.context.cookies() == []
