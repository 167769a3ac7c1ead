"""Feeds a recording to the line: every row a message, a watermark after every slot, never far ahead of the planner."""

import time
from collections import Counter
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from lotse_shared.topics import WATERMARK, batch_topic, reading_topic
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.replay.odaa import INTERVAL_S, Measured, payload_of
from lotse_standalone.replay.recording import Slot
from lotse_standalone.simulation.publisher import Publisher
from lotse_standalone.stack.gateway import ask
from lotse_standalone.stack.stack import Stack

MESSAGES_UNDER_WAY = 500
SLOTS_AHEAD = 24
"""What the broker holds at most for a line that is slower than the file: two hours of data time."""
STANDSTILL_S = 60.0
LOOK_EVERY_S = 0.1
STATION = "replay"
INTERVAL = timedelta(seconds=INTERVAL_S)


class Feed:
    """Publishes slots in order.

    Attributes
    ----------
    published
        Messages with readings handed over, without watermarks.
    """

    def __init__(self, stack: Stack, client: httpx.Client) -> None:
        self._stack = stack
        self._client = client
        self._publisher = Publisher(*stack.broker, bound=MESSAGES_UNDER_WAY)
        self._sequences: Counter[str] = Counter()
        self._began_at: datetime | None = None
        self._covers_until: datetime | None = None
        self._planned_until: datetime | None = None
        self.published = 0

    def __enter__(self) -> Self:
        self._publisher.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._publisher.__exit__(kind, error, traceback)

    def play(self, slot: Slot) -> None:
        """Publish a slot and its watermark. After a gap in the recording, time first advances to the slot's beginning.

        Without that, the readings after the gap would come from the future (rule R9).

        Raises
        ------
        StandaloneError
            The line stands still.
        """
        if slot.covers_until is not None and self._covers_until is not None:
            self._advance(slot.covers_until - INTERVAL)
        for row in slot.rows:
            self._publish_row(row)
        if slot.covers_until is not None:
            self._advance(slot.covers_until)
            self._keep_pace(slot.covers_until)

    def finish(self) -> None:
        """Wait until the planner has decided on all that was published.

        Raises
        ------
        StandaloneError
            The line stands still.
        """
        if not self._publisher.drain(STANDSTILL_S):
            raise self._standstill()
        if self._covers_until is not None:
            self._wait_until(self._covers_until)

    def _publish_row(self, row: Measured) -> None:
        self._sequences[row.detector_id] += 1
        payload = payload_of(row, self._sequences[row.detector_id])
        if row.has_identifier:
            self._publish(reading_topic(row.detector_id), payload)
        else:
            self._publish(batch_topic(STATION), [payload])  # its id fits no topic; so ingest sees it and rejects it
        self.published += 1

    def _advance(self, covers_until: datetime) -> None:
        if self._covers_until is None or covers_until > self._covers_until:
            self._publish(WATERMARK, {"covers_until": covers_until})
            self._covers_until = covers_until

    def _publish(self, topic: str, payload: Any) -> None:  # noqa: ANN401 - JSON
        if not self._publisher.publish(topic, msgspec.json.encode(payload), STANDSTILL_S):
            raise self._standstill()

    def _keep_pace(self, covers_until: datetime) -> None:
        self._began_at = self._began_at or covers_until
        if (enough := covers_until - SLOTS_AHEAD * INTERVAL) >= self._began_at:
            self._wait_until(enough)

    def _wait_until(self, moment: datetime) -> None:
        """Wait until the planner covers this moment; as long as it gets on, it may take as long as it needs."""
        deadline = time.monotonic() + STANDSTILL_S
        while self._planned_until is None or self._planned_until < moment:
            self._stack.check()
            told = ask(self._client, "/v1/system")["covers_until"]
            planned_until = None if told is None else datetime.fromisoformat(told)
            if planned_until != self._planned_until:
                self._planned_until = planned_until
                deadline = time.monotonic() + STANDSTILL_S
            elif time.monotonic() > deadline:
                raise self._standstill()
            else:
                time.sleep(LOOK_EVERY_S)

    def _standstill(self) -> StandaloneError:
        where = f"up to {self._planned_until}" if self._planned_until else "nothing"
        logs = self._stack.folder / "logs"
        return StandaloneError(f"the line has stood still for {STANDSTILL_S:.0f} s, it covers {where}: see {logs}")
