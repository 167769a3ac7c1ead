"""Sensors of a whole city in wall time: each main street's detector says something every second, one message each."""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import msgspec

from lotse_shared.topics import reading_topic
from lotse_standalone.simulation.publisher import Publisher
from scenarios.streets import MAIN, Streets

UNDER_WAY = 2_000
PATIENCE_S = 60.0
SWEEP_S = 1.0


class Sensors:
    """Publish from entering on until `stop`, and again what a broker did not acknowledge."""

    def __init__(self, broker: tuple[str, int], streets: Streets) -> None:
        self.published = 0
        self._links = {link_id: link for link_id, link in streets.by_id.items() if link.road_class in MAIN}
        self._publisher = Publisher(*broker, bound=UNDER_WAY)
        self._jammed: frozenset[str] = frozenset()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sensors", daemon=True)

    def __enter__(self) -> Self:
        self._publisher.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join(PATIENCE_S)
        self._publisher.__exit__(kind, error, traceback)

    def jam(self, links: Iterable[str]) -> None:
        """Let traffic crawl on these from now on."""
        self._jammed = frozenset(links)

    def more(self, readings: int) -> Callable[[], bool]:
        """Give what tells whether so many more have been published than now."""
        goal = self.published + readings
        return lambda: self.published >= goal

    def stop(self) -> int:
        """Publish nothing more, wait until the broker has all of it, and tell how much it was."""
        self._ending.set()
        self._thread.join(PATIENCE_S)
        assert self._publisher.drain(PATIENCE_S), "the broker does not take what is published"
        assert self._publisher.refused == 0
        return self.published

    def _run(self) -> None:
        sweep = 0
        while not self._ending.is_set():
            began_s = time.monotonic()
            for link in self._links:
                reading = self._reading(link, sweep)
                if not self._publisher.publish(
                    reading_topic(reading["detector_id"]), msgspec.json.encode(reading), PATIENCE_S
                ):
                    return
                self.published += 1
            sweep += 1
            self._ending.wait(max(0.0, began_s + SWEEP_S - time.monotonic()))

    def _reading(self, link: str, sweep: int) -> dict[str, Any]:
        is_jammed = link in self._jammed
        speed_kmh = 6.0 if is_jammed else self._links[link].free_flow_kmh * 0.95
        return {
            "detector_id": f"at-{link}",
            "measured_at": datetime.now(UTC),
            "interval_s": SWEEP_S,
            "vehicle_count": 1,
            "mean_speed_kmh": round(speed_kmh + sweep % 5 / 10, 1),
            "occupancy_pct": 60.0 if is_jammed else 8.0,
            "seq": sweep,
        }
