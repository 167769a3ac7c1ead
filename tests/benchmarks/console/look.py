"""One look at the console: seconds to the first picture, and who needed the processor for how long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from factories_browser import Console, send_reading
from fixtures.browsers import SOFTWARE_GL, find_chromium
from playwright.sync_api import Browser, Page, sync_playwright

from lotse_standalone.simulation.publisher import Publisher
from lotse_standalone.stack.stack import Stack

MARKS = "Object.fromEntries(performance.getEntriesByType('mark').map(mark => [mark.name, mark.startTime / 1000]))"
BYTES = "performance.getEntriesByType('resource').reduce((sum, each) => sum + each.transferSize, 0)"
FRAMES = """async (count) => {
  const map = lotse.map();
  const gl = map.getCanvas().getContext("webgl2");
  const pixel = new Uint8Array(4);
  const times = [];
  for (let frame = 0; frame < count; frame++) {
    map.panBy([frame % 2 ? 9 : -9, 6], { duration: 0 });
    const began = performance.now();
    map.redraw();
    const told = performance.now();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);  // waits until all is drawn
    times.push({ script_ms: told - began, whole_ms: performance.now() - began });
    await new Promise((resolve) => setTimeout(resolve));
  }
  return times;
}"""
"""Frames of a map that is moved: what the page's own script takes, and the whole with what draws it."""
WAIT_FOR_LEVEL = """([id, isJam]) => new Promise((resolve) => {
  const look = () => {
    const level = lotse.drawnLevel(id);
    const isSo = level !== undefined && (level !== "free") === isJam;
    if (isSo) requestAnimationFrame(() => requestAnimationFrame(resolve));
    else setTimeout(look, 10);
  };
  look();
})"""
"""Within the page, whose policy lets Playwright's own waiting evaluate nothing. Two frames later it can be seen."""
INTERVAL_S = 2.0
"""Of a sensor: it does not send sooner."""


@dataclass(frozen=True, slots=True)
class Look:
    """Seconds from asking for the page until all data were there, and until streets and levels were drawn.

    `software_gl_s` and `page_s` are seconds of processors: of what stands in for a graphics card, and of the page.
    """

    read_s: float
    drawn_s: float
    software_gl_s: float
    page_s: float
    bytes: int


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Run Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(SOFTWARE_GL))
        yield browser
        browser.close()


def look(browser: Browser, stack: Stack) -> Look:
    """Open the page in a window that has never seen it."""
    console = Console.open(browser, stack.gateway_url, stack.key)
    console.page.goto("about:blank")
    before = _processors(browser)
    page = console.come_in()
    after = _processors(browser)
    marks = page.evaluate(MARKS)
    found = Look(
        marks["lotse:read"],
        marks["lotse:drawn"],
        after.get("GPU", 0) - before.get("GPU", 0),
        after.get("renderer", 0) - before.get("renderer", 0),
        page.evaluate(BYTES),
    )
    assert console.errors == []
    console.close()
    return found


def move(browser: Browser, stack: Stack, frames: int) -> list[dict[str, float]]:
    """Move the map; give milliseconds of each frame."""
    console = Console.open(browser, stack.gateway_url, stack.key)
    times: list[dict[str, float]] = console.come_in().evaluate(FRAMES, frames)
    console.close()
    return times


def follow(browser: Browser, stack: Stack, link: str, detector: str, changes: int) -> Iterator[float]:
    """Tell jams and their ends at the broker; give seconds until each is on the screen."""
    console = Console.open(browser, stack.gateway_url, stack.key)
    page, random = console.come_in(), Random(4711)
    with Publisher(*stack.broker, bound=10) as publisher:
        _tell(publisher, page, detector, link, is_jam=False)
        for number in range(changes):
            time.sleep(INTERVAL_S + random.uniform(0, 1))  # never in step with anything
            is_jam = number % 2 == 0
            level = page.evaluate("id => lotse.drawnLevel(id)", link)
            assert (level == "free") == is_jam, f"{level} is drawn before it was told"
            yield _tell(publisher, page, detector, link, is_jam=is_jam)
    console.close()


def _tell(publisher: Publisher, page: Page, detector: str, link: str, *, is_jam: bool) -> float:
    began = time.monotonic()
    send_reading(publisher, detector, 4 if is_jam else 50, 70 if is_jam else 5)
    page.evaluate(WAIT_FOR_LEVEL, [link, is_jam])
    return time.monotonic() - began


def _processors(browser: Browser) -> dict[str, float]:
    """Give seconds of processors by kind of process."""
    session = browser.new_browser_cdp_session()
    used: dict[str, float] = {}
    process: dict[str, Any]
    for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
        used[process["type"]] = used.get(process["type"], 0) + process["cpuTime"]
    session.detach()
    return used
