"""A city's worth of detectors: each reports every second, in arrays of 50 spread over the second, by MQTT."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from scenarios.publishing import Publishing, reading_of

from lotse_routing.network.model import Link
from lotse_shared.topics import batch_topic

ARRAY = 50
EVERY_S = 1.0
UNDER_WAY = 400
PATIENCE_S = 10.0
JAM_KMH = 5.0


class Fleet(Publishing):
    """Publishes until left. `late_s` is how far it fell behind its own clock at worst.

    Parameters
    ----------
    broker
        Host and port.
    links
        One detector on each.
    probed
        Links whose detectors are changed by `tell`; they share an array.
    """

    def __init__(self, broker: tuple[str, int], links: Sequence[Link], probed: Sequence[Link]) -> None:
        rest = [link for link in links if link not in probed]
        self._arrays = [list(probed), *(rest[first : first + ARRAY] for first in range(0, len(rest), ARRAY))]
        super().__init__(broker, UNDER_WAY, PATIENCE_S)
        self._is_jammed = False
        self._turn = 0
        self._one_at_a_time = threading.Lock()
        self.late_s = 0.0

    def tell(self, *, is_jammed: bool) -> float:
        """Report a jam on the probed links, or its end, at once and from now on; give when (monotonic)."""
        with self._one_at_a_time:
            self._is_jammed = is_jammed
            told_s = time.monotonic()
            self._publish(0)
        return told_s

    def run(self) -> None:
        """Report in turns, evenly spread over the second."""
        due_s = time.monotonic()
        while not self.ending.is_set():
            for number in range(len(self._arrays)):
                due_s += EVERY_S / len(self._arrays)
                self.ending.wait(max(0.0, due_s - time.monotonic()))
                self.late_s = max(self.late_s, time.monotonic() - due_s)
                with self._one_at_a_time:
                    self._publish(number)

    def _publish(self, number: int) -> None:
        self._turn += 1
        readings = [self._reading(link, is_jammed=self._is_jammed and number == 0) for link in self._arrays[number]]
        taken = self.publisher.publish(batch_topic(f"station-{number}"), msgspec.json.encode(readings), PATIENCE_S)
        assert taken, "the broker takes no messages"
        self.published += len(readings)

    def _reading(self, link: Link, *, is_jammed: bool) -> dict[str, Any]:
        speed_kmh = JAM_KMH if is_jammed else link.free_flow_kmh * 0.95
        return reading_of(link.link_id, speed_kmh + self._turn % 7 / 10, EVERY_S, is_jammed=is_jammed)
