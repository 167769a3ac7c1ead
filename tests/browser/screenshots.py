"""Makes the pictures of docs/console.md anew: `make demo` runs, and is looked at through the link that it prints.

At the end a street is closed, as a newcomer would, and how long that took is told.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from factories_browser import ROOT, Console
from fixtures.browsers import SOFTWARE_GL, find_chromium
from playwright.sync_api import Page, expect, sync_playwright

DOCS = ROOT / "docs"
LINK = re.compile(r"^console\s+(http://\S+)/#key=(\S+)$", re.MULTILINE)
UP_WITHIN_S, JAM_WITHIN_MS = 180.0, 150_000
JAMMED = '[data-sign="S2"][data-state="text"]'
"""The morning of the demo town comes round every minute, and with it the queue at the bridge."""


def main() -> None:
    """Start the demo, look at a jam, at its sign, close a street."""
    with tempfile.TemporaryDirectory() as folder, _demo(Path(folder)) as (url, key), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(SOFTWARE_GL))
        console = Console.open(browser, url, key, viewport={"width": 1280, "height": 800})
        page = console.come_in()
        expect(page.locator(JAMMED)).to_be_visible(timeout=JAM_WITHIN_MS)
        _take(console, "console-map")
        console.go("signs/S2")
        _take(console, "console-sign")
        console.close()
        newcomer = Console.open(browser, url, key, viewport={"width": 1280, "height": 800})
        sys.stdout.write(f"a street closed {_close_a_street(newcomer):.1f} s after the link was opened\n")
        newcomer.close()
        browser.close()


@contextmanager
def _demo(folder: Path) -> Iterator[tuple[str, str]]:
    """Run the demo; give the address and the key of the link that it prints."""
    log = folder / "demo.log"
    command = [str(ROOT / ".venv" / "bin" / "lotse-demo"), "--data", str(folder / "data")]
    with log.open("w") as out, subprocess.Popen(command, stdout=out) as demo:
        try:
            yield _wait_for_link(log)
        finally:
            demo.terminate()


def _wait_for_link(log: Path) -> tuple[str, str]:
    deadline = time.monotonic() + UP_WITHIN_S
    while (found := LINK.search(log.read_text(encoding="utf-8"))) is None:
        if time.monotonic() > deadline:
            message = f"the demo is not up after {UP_WITHIN_S:.0f} s"
            raise TimeoutError(message)
        time.sleep(0.2)
    return found[1], found[2]


def _close_a_street(console: Console) -> float:
    """Close the Lindenbrücke by what the page says, from its link on; give seconds until it is in force."""
    began = time.monotonic()
    page: Page = console.come_in()
    page.get_by_role("button", name="Draw a closure").click()
    expect(page.get_by_role("heading", name="Draw a closure")).to_be_visible()
    console.click_link("L3-L4-0")
    expect(page.get_by_role("status").filter(has_text="2 links")).to_be_visible()
    page.get_by_role("button", name="See what it would do").click()
    expect(page.locator(".consequences")).to_be_visible()
    _take(console, "console-closure")
    page.get_by_role("button", name="Approve: in force from now on").click()
    expect(page.locator("#panel .tag").first).to_have_text("in force")
    return time.monotonic() - began


def _take(console: Console, name: str) -> None:
    console.settle()
    console.page.screenshot(path=DOCS / f"{name}.png")


if __name__ == "__main__":
    main()
