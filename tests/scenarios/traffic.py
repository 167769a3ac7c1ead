"""Sensors of a whole city in wall time: each main street's detector says something every second, one message each."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from lotse_shared.topics import reading_topic
from scenarios.publishing import Publishing, reading_of
from scenarios.streets import MAIN, Streets

UNDER_WAY = 2_000
PATIENCE_S = 60.0
SWEEP_S = 1.0


class Sensors(Publishing):
    """Publish from entering on until `stop`, and again what a broker did not acknowledge."""

    def __init__(self, broker: tuple[str, int], streets: Streets) -> None:
        super().__init__(broker, UNDER_WAY, PATIENCE_S)
        self._links = {link_id: link for link_id, link in streets.by_id.items() if link.road_class in MAIN}
        self._jammed: frozenset[str] = frozenset()

    def jam(self, links: Iterable[str]) -> None:
        """Let traffic crawl on these from now on."""
        self._jammed = frozenset(links)

    def more(self, readings: int) -> Callable[[], bool]:
        """Give what tells whether so many more have been published than now."""
        goal = self.published + readings
        return lambda: self.published >= goal

    def stop(self) -> int:
        """Publish nothing more, wait until the broker has all of it, and tell how much it was."""
        self.end()
        assert self.publisher.drain(PATIENCE_S), "the broker does not take what is published"
        assert self.publisher.refused == 0
        return self.published

    def run(self) -> None:
        """Sweep over all links, a second each time."""
        sweep = 0
        while not self.ending.is_set():
            began_s = time.monotonic()
            for link in self._links:
                reading = self._reading(link, sweep)
                if not self.publisher.publish(
                    reading_topic(reading["detector_id"]), msgspec.json.encode(reading), PATIENCE_S
                ):
                    return
                self.published += 1
            sweep += 1
            self.ending.wait(max(0.0, began_s + SWEEP_S - time.monotonic()))

    def _reading(self, link: str, sweep: int) -> dict[str, Any]:
        is_jammed = link in self._jammed
        speed_kmh = 6.0 if is_jammed else self._links[link].free_flow_kmh * 0.95
        return reading_of(link, speed_kmh + sweep % 5 / 10, SWEEP_S, is_jammed=is_jammed) | {"seq": sweep}
