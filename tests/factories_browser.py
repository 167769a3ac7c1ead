"""The console as tests use it: a window, and what a person would do there."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

import httpx
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from lotse_standalone.machine.ports import free_port
from lotse_standalone.simulation.publisher import Publisher
from lotse_standalone.stack.stack import Stack

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "build" / "bench" / "console.json"
SHOTS = ROOT / "build" / "screenshots"
AXE = ROOT / "services" / "api-gateway" / "console" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 30_000
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
NOT_FOUND = "404 (Not Found)"
"""What a browser writes of a sign that has no lock: the page asks, and is told that there is none."""
IDLE = """() => new Promise((resolve) => {
  const look = () => {
    if (lotse.isIdle()) requestAnimationFrame(() => requestAnimationFrame(resolve));
    else setTimeout(look, 20);
  };
  setTimeout(look);  // a panel that was just opened has yet to ask
})"""

TILE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c494441"
    "5478da6358b0e1000004040211d59cfbd80000000049454e44ae426082"
)
"""A picture of one pixel."""


@dataclass
class Console:
    """One window, and what its own console said that was wrong."""

    context: BrowserContext
    page: Page
    url: str
    key: str
    errors: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, browser: Browser, url: str, key: str, **options: Any) -> Self:
        """Open an empty window; `options` are those of a context of Playwright."""
        given = {"viewport": {"width": 1400, "height": 860}, "locale": "en-GB", "reduced_motion": "reduce", **options}
        context = browser.new_context(**given)
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)  # 5 s by default, of which a busy machine needs more
        opened = cls(context, context.new_page(), url, key)
        opened.page.on("console", opened._hear)
        opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
        return opened

    def close(self) -> None:
        """Close it."""
        self.context.close()

    def come_in(self, view: str = "overview") -> Page:
        """Open the page with the key in the fragment, as the link of the demo has it, and wait until it is drawn."""
        self.page.goto(f"{self.url}/#key={self.key}")
        self.page.wait_for_selector('[data-drawn="true"]')
        self.page.wait_for_selector(".loading", state="detached")
        self.go(view)
        return self.page

    def go(self, view: str) -> None:
        """Go to a view, as a bookmark would."""
        self.page.evaluate("view => { location.hash = `#/${view}` }", view)

    def settle(self) -> None:
        """Wait until the page has asked for nothing that was not answered, and has drawn the answers."""
        self.page.evaluate(IDLE)

    def click_link(self, link_id: str) -> None:
        """Click on a link, on the map."""
        place = self.page.evaluate("id => lotse.placeOnScreen(id)", link_id)
        self.page.mouse.click(place["x"], place["y"])

    def violations(self) -> list[str]:
        """Give what axe finds wrong by WCAG 2.2 AA, a line each."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))  # not as an element: the page's policy allows none
        found = self.page.evaluate("rules => axe.run({ runOnly: rules })", list(RULES))
        return [
            f"{each['id']}: {node['html'][:160]} {node['failureSummary']}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def _hear(self, message: ConsoleMessage) -> None:
        place = message.location["url"]
        is_unlocked = NOT_FOUND in message.text and place.endswith("/lock")
        if message.type == "error" and not is_unlocked:
            self.errors.append(f"{message.text}: {place}")


def send_reading(
    publisher: Publisher, detector_id: str, speed_kmh: float, occupancy_pct: float, interval_s: int = 2
) -> None:
    """Publish one reading, measured now, until the broker has it; what it told fades after a few of its intervals."""
    reading = {
        "detector_id": detector_id,
        "measured_at": datetime.now(UTC).isoformat(),
        "interval_s": interval_s,
        "vehicle_count": max(1, interval_s // 6),
        "heavy_count": 0,
        "mean_speed_kmh": speed_kmh,
        "occupancy_pct": occupancy_pct,
    }
    assert publisher.publish(f"lotse/v1/readings/{detector_id}", json.dumps(reading).encode(), wait_s=5)
    assert publisher.drain(wait_s=30), "the broker did not take it"


def keep_figures(**figures: float) -> None:
    """Add figures to those of `build/bench/console.json`: measured by the way, no test goes by them."""
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.is_file() else {"figures": {}}
    known["figures"] |= figures
    FIGURES.write_text(json.dumps(known, indent=1), encoding="utf-8")


@contextmanager
def serve_tiles(asked: list[str]) -> Iterator[str]:
    """Run a tile server; give its template, and note what it is asked for."""

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(TILE)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tiles/{{z}}/{{x}}/{{y}}.png"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def another_gateway(stack: Stack, tiles: str) -> Iterator[str]:
    """Run one more gateway on the database of a stack, with a tile server; give its address."""
    port = free_port()
    own = {
        "LOTSE_DATABASE_DSN": stack.dsn,
        "LOTSE_HTTP_PORT": str(port),
        "LOTSE_GATEWAY_TILE_URL": tiles,
        "LOTSE_GATEWAY_TILE_ATTRIBUTION": "Pictures by nobody",
    }
    command = [sys.executable, "-m", "lotse_gateway", "serve"]
    with subprocess.Popen(command, env={**os.environ, **own}, stdout=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_until_ready(url)
            yield url
        finally:
            process.terminate()


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", trust_env=False).is_success:
                return
        time.sleep(0.1)
    message = f"{url} is not ready after {PATIENCE_MS} ms"
    raise TimeoutError(message)
