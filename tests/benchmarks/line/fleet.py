"""A city's worth of detectors: each reports every second, in arrays of 50 spread over the second, by MQTT."""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import msgspec

from lotse_routing.network.model import Link
from lotse_shared.topics import batch_topic
from lotse_standalone.simulation.publisher import Publisher

ARRAY = 50
EVERY_S = 1.0
UNDER_WAY = 400
PATIENCE_S = 10.0
JAM_KMH = 5.0


class Fleet:
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
        self._publisher = Publisher(*broker, bound=UNDER_WAY)
        self._is_jammed = False
        self._turn = 0
        self._one_at_a_time = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)
        self.published = 0
        self.late_s = 0.0

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

    def tell(self, *, is_jammed: bool) -> float:
        """Report a jam on the probed links, or its end, at once and from now on; give when (monotonic)."""
        with self._one_at_a_time:
            self._is_jammed = is_jammed
            told_s = time.monotonic()
            self._publish(0)
        return told_s

    def _run(self) -> None:
        due_s = time.monotonic()
        while not self._ending.is_set():
            for number in range(len(self._arrays)):
                due_s += EVERY_S / len(self._arrays)
                self._ending.wait(max(0.0, due_s - time.monotonic()))
                self.late_s = max(self.late_s, time.monotonic() - due_s)
                with self._one_at_a_time:
                    self._publish(number)

    def _publish(self, number: int) -> None:
        self._turn += 1
        readings = [self._reading(link, is_jammed=self._is_jammed and number == 0) for link in self._arrays[number]]
        taken = self._publisher.publish(batch_topic(f"station-{number}"), msgspec.json.encode(readings), PATIENCE_S)
        assert taken, "the broker takes no messages"
        self.published += len(readings)

    def _reading(self, link: Link, *, is_jammed: bool) -> dict[str, Any]:
        speed_kmh = JAM_KMH if is_jammed else link.free_flow_kmh * 0.95
        return {
            "detector_id": f"at-{link.link_id}",
            "measured_at": datetime.now(UTC),
            "interval_s": EVERY_S,
            "vehicle_count": 1,
            "mean_speed_kmh": round(speed_kmh + self._turn % 7 / 10, 1),
            "occupancy_pct": 60.0 if is_jammed else 8.0,
        }
