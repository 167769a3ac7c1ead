"""The readings under which everything happens: published through it all, waited for, and settled at the end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf

from faults.account import Account, Expected, settle
from faults.messages import Load
from faults.publisher import Publisher
from faults.rig import Rig

POLL_S = 0.1
LONGEST_RECOVERY_S = 60.0
"""Then the run goes on, and the account at its end tells what is missing."""


@dataclass(frozen=True)
class Pressure:
    """The load: messages by `seed`, `rate` of them a second; the last `keep_s` are sent again when a broker breaks."""

    seed: int
    rate: float
    keep_s: float


class Traffic:
    """The publisher on a rig, and the count of what it has published against what is stored."""

    def __init__(self, rig: Rig, pressure: Pressure) -> None:
        self._rig = rig
        self._load = Load(pressure.seed, datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1))
        self.publisher = Publisher(rig.broker_port, self._load.message, pressure.rate, pressure.keep_s)
        self._keys: set[object] = set()
        self._counted = 0

    def start(self) -> None:
        """Begin to publish."""
        self.publisher.start()

    def recover(self, also: Callable[[], bool] = lambda: True) -> tuple[int, float]:
        """Wait until all that was measured by now is stored, and `also` is so.

        Give how many readings were not stored at the beginning, and the seconds that it took.
        """
        mark, started_s = self.publisher.next_number, time.monotonic()
        wanted = self._readings_below(mark)
        backlog = wanted - self._stored_below(mark)
        while (self._stored_below(mark) < wanted or not also()) and time.monotonic() - started_s < LONGEST_RECOVERY_S:
            self._rig.check()
            time.sleep(POLL_S)
        return backlog, time.monotonic() - started_s

    def settle(self) -> Account:
        """Publish nothing new, wait until nothing moves any more, and give the account."""
        self.publisher.finish(LONGEST_RECOVERY_S)
        expected = Expected.of(map(self._load.message, range(self.publisher.next_number)))
        self._rig.wait_while_moving(len(expected.rows), len(expected.letters), LONGEST_RECOVERY_S)
        return settle(self._rig, expected)

    def lost_after_s(self, killed_s: list[float]) -> list[float]:
        """Tell for each message that is not stored how long after its acknowledgement the broker was killed (inf)."""
        stored = {(row["detector_id"], row["measured_at"]) for row in self._rig.ask("select * from reading")}
        lost = [
            number
            for number in range(self.publisher.next_number)
            if not {row.key for row in self._load.message(number).rows} <= stored
        ]
        told_s = self.publisher.acknowledged_s
        return [
            min((at_s - told_s[number] for at_s in killed_s if at_s > told_s[number]), default=inf) for number in lost
        ]

    def _readings_below(self, mark: int) -> int:
        """Count the distinct readings of the messages below this number."""
        for number in range(self._counted, mark):
            self._keys |= {row.key for row in self._load.message(number).rows}
        self._counted = mark
        return len(self._keys)

    def _stored_below(self, mark: int) -> int:
        [row] = self._rig.ask("select count(*)::int as n from reading where seq < $1", mark)
        return int(str(row["n"]))
