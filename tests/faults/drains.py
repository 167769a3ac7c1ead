"""How fast a queue of messages goes into the database, and what of the processors that takes."""

import time
from dataclasses import dataclass

from benchmarks.processes import cpu_s

from faults.programs import Slot
from faults.rig import Rig

POLL_S = 0.05
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Drain:
    """What a queue took: messages a second of the clock, microseconds of processors a message, longest halt."""

    messages: int
    messages_per_s: float
    ingest_us: float
    database_us: float
    longest_halt_s: float

    @property
    def cpu_us(self) -> float:
        """Of whoever takes messages: what the broker needs to send larger ones is the network's affair."""
        return self.ingest_us + self.database_us


@dataclass(frozen=True)
class Look:
    """How many readings were dealt with at a moment, and the seconds of processors until then."""

    readings: int
    at_s: float
    ingest_s: float
    database_s: float


class Stopwatch:
    """Follows the service's own count of readings, from the first that it has stored to the last."""

    def __init__(self, rig: Rig, slot: Slot) -> None:
        self._rig = rig
        self._slot = slot

    def time(self, messages: int, readings: int) -> Drain:
        """Wait until this many readings are dealt with, which came in this many messages."""
        begin, last = self._look(), self._look()
        halts_s = [0.0]
        while last.readings < readings:
            time.sleep(POLL_S)
            look = self._look()
            if look.readings == last.readings:
                self._rig.check()
                halt_s = look.at_s - last.at_s
                assert halt_s < PATIENCE_S, f"the intake stopped after {look.readings} of {readings} readings"
                continue
            if last.readings > 0:
                halts_s.append(look.at_s - last.at_s)
            begin, last = (look if last.readings == 0 else begin), look
        return _drain(begin, last, messages / readings, max(halts_s))

    def _look(self) -> Look:
        database, slot = self._rig.database.pid, self._slot.pid
        return Look(int(self._slot.readings()), time.monotonic(), cpu_s(slot), cpu_s(database))


def _drain(begin: Look, end: Look, messages_a_reading: float, longest_halt_s: float) -> Drain:
    assert begin.readings < end.readings, "all of it came between two looks: too few messages to time"
    messages = messages_a_reading * (end.readings - begin.readings)
    return Drain(
        messages=round(messages),
        messages_per_s=round(messages / (end.at_s - begin.at_s), 1),
        ingest_us=round(1e6 * (end.ingest_s - begin.ingest_s) / messages, 2),
        database_us=round(1e6 * (end.database_s - begin.database_s) / messages, 2),
        longest_halt_s=round(longest_halt_s, 2),
    )
