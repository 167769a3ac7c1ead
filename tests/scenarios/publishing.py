"""What publishes beside a test, in a thread of its own, from entering on until it is left."""

import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from lotse_standalone.simulation.publisher import Publisher


class Publishing:
    """Runs `run` until `ending` is set. `published` counts readings.

    Parameters
    ----------
    broker
        Host and port.
    under_way
        So many messages may wait for the broker's word.
    patience_s
        For the broker to take a message, and for the thread to end.
    """

    def __init__(self, broker: tuple[str, int], under_way: int, patience_s: float) -> None:
        self.publisher = Publisher(*broker, bound=under_way)
        self.patience_s = patience_s
        self.ending = threading.Event()
        self.published = 0
        self._thread = threading.Thread(target=self.run, name=type(self).__name__, daemon=True)

    def __enter__(self) -> Self:
        self.publisher.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()
        self.publisher.__exit__(kind, error, traceback)

    def end(self) -> None:
        """Begin no other message, and wait for the one under way."""
        self.ending.set()
        self._thread.join(self.patience_s)

    def run(self) -> None:
        """Publish until `ending` is set."""
        raise NotImplementedError


def reading_of(link_id: str, speed_kmh: float, interval_s: float, *, is_jammed: bool) -> dict[str, Any]:
    """What the detector on a link says now: one vehicle, and how long it stood on the loop."""
    return {
        "detector_id": f"at-{link_id}",
        "measured_at": datetime.now(UTC),
        "interval_s": interval_s,
        "vehicle_count": 1,
        "mean_speed_kmh": round(speed_kmh, 1),
        "occupancy_pct": 60.0 if is_jammed else 8.0,
    }
