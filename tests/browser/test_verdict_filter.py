"""What a reader can do with the claims of popular articles: filter them by verdict, and reach each by its address."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

Open = Callable[..., Page]
CLAIMS = "appendix/popular-claims.html"


def shown(page: Page) -> list[str]:
    return [str(box.get_attribute("id")) for box in page.locator(".popular-claim").all() if box.is_visible()]


def buttons(page: Page) -> Locator:
    return page.get_by_role("group", name="Show claims by verdict").get_by_role("button")


def test_a_verdict_shows_only_its_claims_and_says_how_many(small: str, open_page: Open) -> None:
    page = open_page(small + CLAIMS)
    assert [" ".join(text.split()) for text in buttons(page).all_inner_texts()] == [
        "All 4",
        "✓ Supported 1",
        "↑ Overstated 2",
        "? Not checkable 1",
    ]
    expect(buttons(page).first).to_have_attribute("aria-pressed", "true")
    told = page.locator(".verdict-filter-told")
    expect(told).to_have_role("status")
    expect(told).to_have_text("All 4 claims shown")
    button = page.get_by_role("button", name="Overstated")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(buttons(page).first).to_have_attribute("aria-pressed", "false")
    assert shown(page) == ["popular-one", "popular-three"]
    expect(told).to_have_text("2 of 4 claims shown")
    page.get_by_role("button", name="All").click()
    assert len(shown(page)) == 4


def test_the_filter_works_by_keyboard(small: str, open_page: Open) -> None:
    page = open_page(small + CLAIMS)
    buttons(page).first.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Supported", exact=False).first).to_be_focused()
    page.keyboard.press("Space")
    assert shown(page) == ["popular-two"]


def test_a_link_to_a_hidden_claim_shows_it_each_time(small: str, open_page: Open) -> None:
    page = open_page(small + CLAIMS)
    for _ in range(2):  # the second time the address does not change
        page.get_by_role("button", name="Overstated").click()
        expect(page.locator("#popular-two")).to_be_hidden()
        page.get_by_role("link", name="To one claim").click()
        expect(page.locator("#popular-two")).to_be_in_viewport()
        expect(buttons(page).first).to_have_attribute("aria-pressed", "true")


def test_a_chapter_leads_to_each_claim_about_it(small: str, open_page: Open) -> None:
    page = open_page(small + "mechanism/one.html")
    block = page.locator(".popular-block")
    expect(block.get_by_role("heading", name="What popular articles say about this")).to_be_visible()
    expect(block.get_by_role("listitem")).to_have_count(4)
    block.get_by_role("link", name="All respond to the spray").click()
    page.wait_for_url("**/popular-claims.html#popular-three")
    expect(page.locator("#popular-three")).to_be_in_viewport()


def test_without_javascript_there_is_a_plain_list(small: str, open_page: Open) -> None:
    page = open_page(small + CLAIMS, java_script_enabled=False)
    assert len(shown(page)) == 4
    assert page.locator(".verdict-filter").count() == 0


def test_print_shows_what_the_filter_hides(small: str, open_page: Open) -> None:
    page = open_page(small + CLAIMS)
    page.get_by_role("button", name="Overstated").click()
    page.emulate_media(media="print")
    assert len(shown(page)) == 4
    expect(page.locator(".verdict-filter")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("address", [CLAIMS, "mechanism/one.html"])
def test_axe_finds_nothing(theme: str, address: str, small: str, open_page: Open) -> None:
    page = open_page(small + address, color_scheme=theme, reduced_motion="reduce")
    if address == CLAIMS:
        page.get_by_role("button", name="Overstated").click()
    violations = Axe().run(page).response["violations"]
    assert not violations, [(v["id"], v["nodes"][0]["html"]) for v in violations]


def test_the_page_fits_a_phone(small: str, open_page: Open) -> None:
    page = open_page(small + CLAIMS, 360, 780, is_mobile=True, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for button in buttons(page).all():
        box = button.bounding_box()
        assert box and box["height"] >= 24 and box["width"] >= 24
    sizes = page.locator(".drawing text").evaluate_all(
        "texts => texts.map((t) => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a)"
    )
    assert sizes and min(sizes) >= 11
