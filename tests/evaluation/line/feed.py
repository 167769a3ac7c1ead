"""Sends a city's readings to Lotse, a watermark after them, and waits until it has decided on them."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from evaluation.nouns import StationReading
from lotse_shared.topics import WATERMARK, batch_topic
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.simulation.publisher import Publisher
from lotse_standalone.stack.gateway import ask
from lotse_standalone.stack.stack import Stack

STANDSTILL_S = 60.0
MESSAGES_UNDER_WAY = 100
READINGS_A_MESSAGE = 500
CONCENTRATOR = "city"
PAUSE_S = 0.01
"""Between two looks, so that looking does not take the processor from those who work."""


class Feed:
    """Publishes minutes in order, and waits for the decisions on them."""

    def __init__(self, stack: Stack, client: httpx.Client) -> None:
        self._stack = stack
        self._client = client
        self._publisher = Publisher(*stack.broker, bound=MESSAGES_UNDER_WAY)

    def __enter__(self) -> Self:
        self._publisher.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._publisher.__exit__(kind, error, traceback)

    def send(self, readings: Iterable[StationReading], until: datetime, interval_s: float) -> None:
        """Publish what was measured in the interval up to a moment, then that this was all up to it.

        Raises
        ------
        StandaloneError
            The broker takes nothing any more.
        """
        payloads = [_payload(reading, until, interval_s) for reading in readings]
        for first in range(0, len(payloads), READINGS_A_MESSAGE):
            self.publish(batch_topic(CONCENTRATOR), payloads[first : first + READINGS_A_MESSAGE])
        self.publish(WATERMARK, {"covers_until": until})

    def wait(self, until: datetime) -> None:
        """Return once the decisions are computed up to this moment.

        Raises
        ------
        StandaloneError
            They stand still; says where to look.
        """
        reached: datetime | None = None
        deadline = time.monotonic() + STANDSTILL_S
        while reached is None or reached < until:
            if (now := self._covered()) != reached:
                reached, deadline = now, time.monotonic() + STANDSTILL_S
                continue
            self._stack.check()
            if time.monotonic() > deadline:
                told = f"decisions reach {reached}, readings were sent up to {until}"
                raise self._standstill(told)
            time.sleep(PAUSE_S)

    def publish(self, topic: str, payload: Any) -> None:
        """Publish what is to be JSON.

        Raises
        ------
        StandaloneError
            The broker takes nothing any more.
        """
        if not self._publisher.publish(topic, msgspec.json.encode(payload), STANDSTILL_S):
            told = "the broker takes no messages"
            raise self._standstill(told)

    def _covered(self) -> datetime | None:
        told = ask(self._client, "/v1/system")["covers_until"]
        return None if told is None else datetime.fromisoformat(told)

    def _standstill(self, what: str) -> StandaloneError:
        logs = self._stack.folder / "logs"
        return StandaloneError(f"the line has stood still for {STANDSTILL_S:.0f} s ({what}): see {logs}")


def _payload(reading: StationReading, until: datetime, interval_s: float) -> dict[str, Any]:
    """Give a reading as the native dialect has it; a speed that was not measured is absent."""
    speed = {} if reading.mean_speed_kmh is None else {"mean_speed_kmh": reading.mean_speed_kmh}
    return {
        "detector_id": reading.station_id,
        "measured_at": until,
        "interval_s": interval_s,
        "vehicle_count": reading.vehicle_count,
        "occupancy_pct": reading.occupancy_pct,
        **speed,
    }


def moment(until_s: float, begin: datetime) -> datetime:
    """Give the moment so many seconds after a beginning."""
    return begin + timedelta(seconds=until_s)
