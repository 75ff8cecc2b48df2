"""What a reader can do with citations, by mouse, keyboard and touch, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

Open = Callable[..., Page]
CHAPTER = "mechanism/one.html"


def first(page: Page) -> object:
    return page.locator("a.cite-link").first


def preview(page: Page) -> object:
    return page.locator(".cite-preview")


def test_hovering_shows_what_the_source_is(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER)
    first(page).hover()
    box = preview(page)
    expect(box).to_be_visible()
    for text in (
        "A trial of Ketamine",
        "Doe et al., 2001",
        "Journal of Examples",
        "Randomised trial",
        "n\u00a0=\u00a073",
        "Adults with depression",
        "64% responded",
        "The drug can be felt",
        "We read: abstract",
    ):
        expect(box).to_contain_text(text)
    assert box.get_by_role("link", name="DOI").get_attribute("href") == "https://doi.org/10.1000/doe"
    assert box.get_by_role("link", name="PubMed").get_attribute("href").endswith("/11111111/")
    assert box.get_by_role("link", name="Full card").get_attribute("href").endswith("sources.html#cite-doe2001")


def test_a_hovered_preview_stays_while_the_pointer_is_in_it_and_then_goes(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER)
    first(page).hover()
    box = preview(page)
    expect(box).to_be_visible()
    box.hover()
    page.wait_for_timeout(600)
    expect(box).to_be_visible()
    page.mouse.move(5, 700)
    expect(box).to_have_count(0)


def test_escape_dismisses_a_hovered_preview_until_the_pointer_leaves(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER)
    first(page).hover()
    expect(preview(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(preview(page)).to_have_count(0)
    page.wait_for_timeout(400)
    expect(preview(page)).to_have_count(0)
    page.mouse.move(5, 700)
    first(page).hover()
    expect(preview(page)).to_be_visible()


def test_a_click_of_the_mouse_goes_to_the_card(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER)
    first(page).click()
    page.wait_for_url("**/appendix/sources.html#cite-doe2001")
    expect(page.locator("#cite-doe2001")).to_be_in_viewport()


def tab_to_first(page: Page) -> None:
    page.locator(".cite-switch").focus()
    page.keyboard.press("Tab")
    while not page.evaluate("document.activeElement.matches('a.cite-link')"):
        page.keyboard.press("Tab")


def test_keyboard_focus_shows_and_describes_and_leads_into_the_preview(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER)
    tab_to_first(page)
    box = preview(page)
    expect(box).to_be_visible()
    expect(box).to_have_role("dialog")
    expect(box).to_have_accessible_name("A trial of Ketamine")
    expect(first(page)).to_have_accessible_description("Randomised trial, n = 73. Adults with depression.")
    page.keyboard.press("Tab")
    expect(box.get_by_role("link", name="Full card")).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(first(page)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**#cite-doe2001")


def test_tabbing_on_closes_one_preview_and_opens_the_next(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER)
    tab_to_first(page)
    for _ in range(5):  # card, DOI, PubMed, close, next citation
        page.keyboard.press("Tab")
    expect(page.locator("a.cite-link").nth(1)).to_be_focused()
    expect(preview(page)).to_have_count(1)
    expect(page.locator("a.cite-link").nth(1)).to_have_attribute("aria-expanded", "true")
    expect(first(page)).not_to_have_attribute("aria-expanded", "true")


def test_the_first_tap_shows_and_the_second_goes(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER, 390, 780, has_touch=True, is_mobile=True)
    first(page).tap()
    expect(preview(page)).to_be_visible()
    assert page.url == small + CHAPTER
    first(page).tap()
    page.wait_for_url("**#cite-doe2001")


def test_a_tapped_preview_closes_by_its_button_or_by_a_tap_elsewhere_and_its_link_goes(
    small: str, open_page: Open
) -> None:
    page = open_page(small + CHAPTER, 390, 780, has_touch=True, is_mobile=True)
    first(page).tap()
    preview(page).get_by_role("button", name="Close").tap()
    expect(preview(page)).to_have_count(0)
    first(page).tap()
    page.locator("h1").tap()
    expect(preview(page)).to_have_count(0)
    first(page).tap()
    preview(page).get_by_role("link", name="Full card").tap()
    page.wait_for_url("**#cite-doe2001")


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_a_preview_lies_in_the_window_and_beside_its_citation(width: int, small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER, width, 700, has_touch=True)
    for index in range(page.locator("a.cite-link").count()):
        link = page.locator("a.cite-link").nth(index)
        link.tap()
        box = preview(page).bounding_box()
        place = link.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= 700.5
        assert box["y"] >= place["y"] + place["height"] - 1 or box["y"] + box["height"] <= place["y"] + 1
        page.keyboard.press("Escape")


def test_a_retracted_source_says_so_first(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER)
    page.locator("a.cite-link[data-cite=poe2003]").hover()
    expect(preview(page)).to_contain_text("Retracted: the journal retracted the paper in 2004")
    page.goto(small + "appendix/sources.html")
    expect(page.locator("#cite-poe2003 .source-status")).to_be_visible()


def test_the_switch_makes_citations_short_and_is_remembered(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER)
    switch = page.get_by_role("switch", name="Short citations")
    expect(switch).not_to_be_checked()
    wide = first(page).bounding_box()["width"]
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_be_checked()
    assert first(page).bounding_box()["width"] < wide / 3
    expect(first(page)).to_have_accessible_name("Doe et al., 2001 1")
    numbers = page.locator("a.cite-link").evaluate_all("links => links.slice(0, 4).map(a => a.dataset.n).join(' ')")
    assert numbers == "1 1 2 2"
    # set before anything is painted: as soon as there is a body, the choice is there
    page.add_init_script(
        "new MutationObserver((_, o) => { if (document.body) { window.early = document.documentElement.dataset.citations;"
        " o.disconnect(); } }).observe(document, { childList: true, subtree: true })"
    )
    page.reload()
    assert page.evaluate("window.early") == "short"
    expect(page.get_by_role("switch")).to_be_checked()
    page.get_by_role("switch").click()
    page.reload()
    expect(page.get_by_role("switch")).not_to_be_checked()


def test_names_that_belong_to_the_sentence_stay_when_citations_are_short(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER)
    page.get_by_role("switch").click()
    expect(page.locator(".cite-names").first).to_be_visible()
    expect(page.locator(".cite-names").first).to_have_text("Roe and Doe")


def test_without_javascript_a_citation_is_a_link(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER, java_script_enabled=False)
    expect(page.locator(".cite-switch")).to_be_hidden()
    assert "Randomised trial" not in page.locator("article").inner_text()
    assert "(Doe et al., 2001)." in page.locator("article").inner_text()
    first(page).click()
    page.wait_for_url("**/appendix/sources.html#cite-doe2001")
    expect(page.locator("#cite-doe2001")).to_contain_text("64% responded")
    expect(page.locator(".source-filter")).to_have_count(0)


def test_previews_work_from_a_file(small_site: Path, open_page: Open) -> None:
    page = open_page((small_site / CHAPTER).as_uri())
    first(page).hover()
    expect(preview(page)).to_contain_text("A trial of Ketamine")


def test_a_card_leads_back_to_every_place_that_cites_it(small: str, open_page: Open) -> None:
    page = open_page(small + "appendix/sources.html")
    links = page.locator("#cite-doe2001 .cited-in a")
    assert links.count() == 10
    for index in range(links.count()):
        page.goto(small + "appendix/sources.html")
        links.nth(index).click()
        target = page.locator(":target")
        expect(target).to_be_in_viewport()
        assert target.locator("[data-cite=doe2001]").count() == 1


def test_the_filter_shows_the_cards_that_hold_all_words(small: str, open_page: Open) -> None:
    page = open_page(small + "appendix/sources.html")
    box = page.get_by_role("searchbox", name="Show only sources")
    box.fill("MICE roe")
    expect(page.locator("#cite-roe2002")).to_be_visible()
    expect(page.locator("#cite-doe2001")).to_be_hidden()
    expect(page.locator(".source-filter output")).to_have_text("1 of 3")
    box.fill("")
    expect(page.locator("#cite-doe2001")).to_be_visible()


def test_the_menus_of_a_narrow_page_open_by_keyboard(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER, 390, 780, reduced_motion="reduce")
    link = page.locator(".sidebar-tree a").first
    expect(link).to_be_hidden()
    button = page.get_by_role("button", name="Site navigation")
    button.focus()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()


def test_the_skip_link_is_the_first_stop_and_leads_to_the_text(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER)
    page.keyboard.press("Tab")
    expect(page.locator(".skip-to-content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.url.endswith("#furo-main-content")


def test_print_shows_names_and_hides_the_frame(small: str, open_page: Open) -> None:
    page = open_page(small + CHAPTER)
    page.emulate_media(media="print")
    for hidden in (".reader-tools", ".sidebar-drawer", ".imprint"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(first(page)).to_be_visible()


def test_the_link_to_the_card_is_in_sight_at_the_first_tap_however_long_the_preview(
    small: str, open_page: Open
) -> None:
    page = open_page(small + CHAPTER, 360, 560, has_touch=True, is_mobile=True)
    page.evaluate(
        "document.querySelector('template[data-cite=doe2001]').content.querySelector('li').append(' Word'.repeat(300))"
    )
    first(page).tap()
    expect(preview(page).get_by_role("link", name="Full card")).to_be_in_viewport(ratio=1)
