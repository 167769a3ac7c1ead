"""Makes the pictures of docs/console.md anew: the demo runs, and is looked at (`make screenshots`)."""

import json
import tempfile
from pathlib import Path

from factories_browser import ROOT, Console, send_reading
from fixtures.browsers import SOFTWARE_GL, find_chromium
from playwright.sync_api import Page, sync_playwright

from lotse_standalone import town
from lotse_standalone.simulation.publisher import Publisher
from lotse_standalone.stack.registry import register
from lotse_standalone.stack.stack import Stack, StackOptions

DOCS = ROOT / "docs"
JAMMED, FREE = ("AB-05",), ("AB-01", "AB-02", "AB-03", "AB-04", "AB-29", "AB-30", "AB-10", "AB-11", "AB-20", "AB-44")


def main() -> None:
    """Start a quiet town, jam its bridge, take the pictures."""
    chromium = find_chromium()
    settings = json.loads((town.FOLDER / "settings.json").read_text(encoding="utf-8"))
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(StackOptions(Path(folder) / "data", settings=settings)) as stack,
        stack.client() as client,
        sync_playwright() as playwright,
    ):
        stack.import_links(town.FOLDER, "auenbrueck")
        register(client, town.FOLDER)
        browser = playwright.chromium.launch(executable_path=chromium, args=list(SOFTWARE_GL))
        console = Console.open(browser, stack.gateway_url, stack.key, viewport={"width": 1280, "height": 800})
        with Publisher(*stack.broker, bound=100) as publisher:
            page = console.come_in()
            _wait_for_a_jam(page, publisher)
            _take(page, publisher, "console-map")
            console.go("signs/S2")
            _take(page, publisher, "console-sign")
            console.go("roadworks/new")
            page.wait_for_timeout(500)
            console.click_link("F1-F2-0")
            page.get_by_role("button", name="See what it would do").click()
            page.locator(".consequences").scroll_into_view_if_needed()
            _take(page, publisher, "console-closure")
        browser.close()


def _measure(page: Page, publisher: Publisher) -> None:
    for detector in FREE:
        send_reading(publisher, detector, 47, 6)
    for detector in JAMMED:
        send_reading(publisher, detector, 5, 70)
    page.wait_for_timeout(2_000)


def _wait_for_a_jam(page: Page, publisher: Publisher) -> None:
    for _ in range(20):
        _measure(page, publisher)
        if page.locator('[data-sign="S2"][data-state="text"]').count():
            return


def _take(page: Page, publisher: Publisher, name: str) -> None:
    _measure(page, publisher)
    page.screenshot(path=DOCS / f"{name}.png")


if __name__ == "__main__":
    main()
