"""The console, looked at: first load, keys, languages, WCAG, a phone's width."""

import pytest
from factories_browser import AXE, Console
from fixtures.absent import absent
from playwright.sync_api import Browser, expect

from lotse_standalone.stack.stack import Stack

VIEWS = (
    "overview",
    "signs",
    "signs/S2",
    "roadworks",
    "roadworks/new",
    "detectors",
    "detectors/AB-05",
    "proposals",
    "alarms",
    "letters",
    "overview/L3-L4-0",
)


def test_the_first_look_shows_the_city_and_the_key_leaves_the_address(console: Console) -> None:
    page = console.come_in()
    assert "lotse_" not in page.url
    expect(page.locator(".age")).to_contain_text("Data")
    assert page.locator("[data-sign]").count() == 6
    expect(page.locator('[data-sign="S2"]')).to_have_accessible_name("S2, Lindenallee vor der Südstraße: shows nothing")
    page.reload()
    page.wait_for_selector('[data-drawn="true"]')
    assert console.errors == []


def test_a_key_is_asked_for_and_a_wrong_one_is_refused_in_words(console: Console) -> None:
    page = console.page
    page.goto(console.url)
    page.get_by_label("API key").fill("lotse_000000000000_nonsense")
    page.get_by_role("button", name="Open the console").click()
    expect(page.get_by_role("alert")).to_contain_text("does not take this key")
    page.get_by_label("API key").fill(console.key)
    page.get_by_label("Keep it on this computer").check()
    page.get_by_role("button", name="Open the console").click()
    page.wait_for_selector('[data-drawn="true"]')
    assert page.evaluate("localStorage.getItem('lotse.key')") == console.key
    page.get_by_role("button", name="Change key").click()
    expect(page.get_by_label("API key")).to_be_visible()
    assert page.evaluate("localStorage.getItem('lotse.key') ?? sessionStorage.getItem('lotse.key')") is None


def test_the_language_is_that_of_the_browser_until_somebody_chooses(quiet_town: Stack, browser: Browser) -> None:
    console = Console.open(browser, quiet_town.gateway_url, quiet_town.key, locale="de-AT")
    page = console.come_in("signs/S2")
    expect(page.get_by_role("heading", name="Warum")).to_be_visible()
    expect(page.locator(".way .words")).to_contain_text("ohne Verkehr")
    page.get_by_role("button", name="English").click()
    expect(page.locator(".way .words")).to_contain_text("without traffic")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.reload()
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    console.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_view(quiet_town: Stack, browser: Browser, theme: str) -> None:
    if not AXE.is_file():
        absent("axe-core", "make console")
    console = Console.open(browser, quiet_town.gateway_url, quiet_town.key, color_scheme=theme)
    console.come_in()
    for view in VIEWS:
        console.go(view)
        console.settle()
        assert console.violations() == [], view
    console.close()


def test_a_phone_shows_map_and_panel_without_scrolling_sideways(quiet_town: Stack, browser: Browser) -> None:
    console = Console.open(browser, quiet_town.gateway_url, quiet_town.key, viewport={"width": 390, "height": 800})
    page = console.come_in()
    for view in VIEWS:
        console.go(view)
        console.settle()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
        assert page.evaluate("document.querySelector('#panel').scrollWidth") <= 390, view
    page.get_by_role("button", name="Hide panel").click()
    expect(page.locator("#panel")).to_be_hidden()
    console.close()


def test_the_keyboard_alone_reaches_a_sign_and_comes_back(console: Console) -> None:
    page = console.come_in()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the skip link
    assert page.evaluate("document.activeElement.id") == "panel"
    page.get_by_role("button", name="Signs").focus()
    page.keyboard.press("Enter")
    page.locator("#panel .list .item").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="S1 ")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Signs")).to_be_visible()
