"""Batches: when one is due, and what is in it. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from lotse_ingest.dead_letters import DeadLetter
from lotse_ingest.judge.verdict import Judged
from lotse_ingest.messages import Received, Watermark


@dataclass(frozen=True, slots=True)
class Linger:
    """When the messages that wait are stored together.

    As soon as they are many (`max_messages`, `max_bytes`), or the oldest has waited `linger_s`, or none came for
    `quiet_s`. The last matters: a broker sends only so many messages ahead of their acknowledgement, so that once all
    of those are here nothing more will come, and waiting out the linger would only cost throughput.
    """

    max_messages: int
    max_bytes: int
    linger_s: float
    quiet_s: float

    def wait_s(self, messages: int, size_bytes: int, oldest_s: float, newest_s: float) -> float:
        """Give the seconds to wait on before asking again; 0 if the batch is due.

        `oldest_s` and `newest_s` are the ages of the oldest and the newest message that waits.
        """
        if messages >= self.max_messages or size_bytes >= self.max_bytes:
            return 0.0
        return max(0.0, min(self.linger_s - oldest_s, self.quiet_s - newest_s))


Key = tuple[str, datetime]
"""What makes a reading the same one: detector_id and measured_at."""


class BatchReading(msgspec.Struct, frozen=True, gc=False):
    """A judged reading on its way to the table, and which element of which message it is."""

    judged: Judged
    message: Received
    index: int

    @property
    def key(self) -> Key:
        """Detector and end of interval."""
        return self.judged.reading.detector_id, self.judged.reading.measured_at

    @property
    def received_at(self) -> datetime:
        """When its message was received."""
        return self.message.received_at


Item = BatchReading | DeadLetter | Watermark


@dataclass(frozen=True, slots=True)
class Batch:
    """Items stored in one transaction, in the order in which they were received."""

    items: tuple[Item, ...]

    @property
    def readings(self) -> list[BatchReading]:
        """All readings, in the order received."""
        return [item for item in self.items if isinstance(item, BatchReading)]

    @property
    def dead_letters(self) -> list[DeadLetter]:
        """All dead letters, in the order received."""
        return [item for item in self.items if isinstance(item, DeadLetter)]

    @property
    def watermarks(self) -> list[Watermark]:
        """All watermarks, in the order received."""
        return [item for item in self.items if isinstance(item, Watermark)]

    def halves(self) -> "Iterator[Batch]":
        """Split in two, in order, to find the item that the database refuses."""
        middle = len(self.items) // 2
        yield Batch(self.items[:middle])
        yield Batch(self.items[middle:])


def first_of_each(readings: Iterable[BatchReading]) -> dict[Key, BatchReading]:
    """Give the first reading of each key, sorted by key: writers that lock rows in one order do not deadlock."""
    firsts: dict[Key, BatchReading] = {}
    for reading in readings:
        firsts.setdefault(reading.key, reading)
    return dict(sorted(firsts.items()))


def newest_felt(readings: Iterable[BatchReading], resent: Iterable[BatchReading]) -> list[BatchReading]:
    """Give the newest reading that may be felt of each detector, sorted by detector; not what was known already."""
    resent_ids = {id(reading) for reading in resent}
    newest: dict[str, BatchReading] = {}
    for item in readings:
        reading = item.judged.reading
        held = newest.get(reading.detector_id)
        is_newer = held is None or held.judged.reading.measured_at < reading.measured_at
        if is_newer and item.judged.is_felt and id(item) not in resent_ids:
            newest[reading.detector_id] = item
    return [newest[detector_id] for detector_id in sorted(newest)]
