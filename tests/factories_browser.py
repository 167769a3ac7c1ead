"""The console as tests use it: a window, and what a person would do there."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from lotse_standalone.simulation.publisher import Publisher

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "build" / "bench" / "console.json"
SHOTS = ROOT / "build" / "screenshots"
AXE = ROOT / "services" / "api-gateway" / "console" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 30_000
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
DEGRADED = "404 (Not Found)"
"""What a browser writes of an operation that this gateway does not have: the page then does without."""


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

    def click_link(self, link_id: str) -> None:
        """Click on a link, on the map."""
        place = self.page.evaluate("id => lotse.placeOnScreen(id)", link_id)
        self.page.mouse.click(place["x"], place["y"])

    def violations(self) -> list[str]:
        """Give what axe finds wrong by WCAG 2.2 AA, a line each."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))  # not as an element: the page's policy allows none
        found = self.page.evaluate("rules => axe.run({ runOnly: rules })", list(RULES))
        return [
            f"{each['id']}: {node['html'][:160]} {node['failureSummary']}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and DEGRADED not in message.text:
            self.errors.append(message.text)


def send_reading(
    publisher: Publisher, detector_id: str, speed_kmh: float, occupancy_pct: float, interval_s: int = 2
) -> None:
    """Publish one reading, measured now; what it told fades after a few of its intervals."""
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


def keep_figures(**figures: float) -> None:
    """Add figures to those of `build/bench/console.json`: measured by the way, no test goes by them."""
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.is_file() else {"figures": {}}
    known["figures"] |= figures
    FIGURES.write_text(json.dumps(known, indent=1), encoding="utf-8")
