"""Kill and bring back, under load, and settle the account at the end."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

from faults.account import Account, Expected, settle
from faults.messages import Load
from faults.plan import Blow, plan
from faults.publisher import Publisher
from faults.rig import Rig

POLL_S = 0.1
LONGEST_RECOVERY_S = 60.0
"""Then the run goes on, and the account at its end tells what is missing."""


@dataclass(frozen=True)
class Recovery:
    """How long it took, from when `victims` were back, until all that was measured by then was stored.

    So it includes what the publisher has to send again. `backlog`: the readings that were not stored at that moment.
    """

    victims: tuple[str, ...]
    away_s: float
    backlog: int
    took_s: float


@dataclass
class KillRun:
    """What happened.

    `broker_lost`: for each lost message that the broker had acknowledged, how many seconds later the broker was killed.
    """

    kills: dict[str, int] = field(default_factory=dict)
    recoveries: list[Recovery] = field(default_factory=list)
    account: Account | None = None
    broker_lost: list[float] = field(default_factory=list)
    messages: int = 0
    sent_again: int = 0
    unheard: int = 0
    took_s: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "kills": self.kills,
            "recoveries": [vars(recovery) for recovery in self.recoveries],
            "account": None if self.account is None else self.account.as_json(),
            "broker_lost": len(self.broker_lost),
            "broker_lost_acknowledged_before_kill_s": round(max(self.broker_lost, default=0.0), 2),
            "messages": self.messages,
            "sent_again": self.sent_again,
            "unheard": self.unheard,
            "took_s": round(self.took_s, 1),
        }


@dataclass(frozen=True)
class Pressure:
    """The load: messages by `seed`, `rate` of them a second; the last `keep_s` are sent again when a broker breaks."""

    seed: int
    rate: float
    keep_s: float


class Killing:
    """One run on a rig. `tell` hears what happens, for people."""

    def __init__(self, rig: Rig, pressure: Pressure, tell: Callable[[str], None]) -> None:
        self._rig = rig
        self._seed = pressure.seed
        self._tell = tell
        self._load = Load(pressure.seed, datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1))
        self._publisher = Publisher(rig.broker_port, self._load.message, pressure.rate, pressure.keep_s)
        self._keys: set[object] = set()
        self._counted = 0
        self._broker_killed_s: list[float] = []
        self._run = KillRun()

    def run(self, kills: int, outage_s: float) -> KillRun:
        """Deal `kills` blows, and in their middle an outage of the database, with the broker killed half-way through.

        The outage's own two kills come on top.
        """
        started_s = time.monotonic()
        self._publisher.start()
        blows = list(plan(self._seed, kills, [slot.name for slot in self._rig.slots]))
        for number, blow in enumerate(blows):
            if outage_s > 0 and number == len(blows) // 2:
                self._outage(outage_s)
            self._strike(blow)
        self._publisher.finish(LONGEST_RECOVERY_S)
        expected = Expected.of(map(self._load.message, range(self._publisher.next_number)))
        self._rig.wait_while_moving(len(expected.rows), len(expected.letters), LONGEST_RECOVERY_S)
        self._run.account = settle(self._rig, expected)
        self._run.broker_lost = self._tell_whom_the_broker_lost() if self._run.account.lost else []
        self._run.messages = self._publisher.next_number
        self._run.sent_again, self._run.unheard = self._publisher.sent_again, self._publisher.unheard
        self._run.took_s = time.monotonic() - started_s
        return self._run

    def _tell_whom_the_broker_lost(self) -> list[float]:
        stored = {(row["detector_id"], row["measured_at"]) for row in self._rig.ask("select * from reading")}
        lost = [
            number
            for number in range(self._publisher.next_number)
            if not {row.key for row in self._load.message(number).rows} <= stored
        ]
        return [self._time_to_a_kill(self._publisher.acknowledged_s[number]) for number in lost]

    def _time_to_a_kill(self, at_s: float) -> float:
        return min((killed_s - at_s for killed_s in self._broker_killed_s if killed_s > at_s), default=inf)

    def _strike(self, blow: Blow) -> None:
        time.sleep(blow.load_s)
        self._kill(*blow.victims)
        time.sleep(blow.away_s)
        self._bring_back(blow.victims, blow.away_s, is_awaited=blow.is_awaited)

    def _outage(self, outage_s: float) -> None:
        self._tell(f"the database is away for {outage_s:g} s; the broker is killed half-way through")
        self._kill("database")
        time.sleep(outage_s / 2)
        self._kill("broker")
        self._bring_back(("broker",), 0, is_awaited=False)
        time.sleep(outage_s / 2)
        self._bring_back(("database",), outage_s, is_awaited=True)

    def _kill(self, *victims: str) -> None:
        for victim in victims:
            self._rig.kill(victim)
            if victim == self._rig.broker.name:
                self._broker_killed_s.append(time.monotonic())
            self._run.kills[victim] = self._run.kills.get(victim, 0) + 1

    def _bring_back(self, victims: tuple[str, ...], away_s: float, *, is_awaited: bool) -> None:
        for victim in victims:
            self._rig.bring_back(victim)
        total = sum(self._run.kills.values())
        if not is_awaited:
            self._tell(f"kill {total}: {' and '.join(victims)}, away for {away_s:.1f} s")
            return
        backlog, took_s = self._await_backlog()
        self._run.recoveries.append(Recovery(victims, round(away_s, 2), backlog, round(took_s, 2)))
        self._tell(f"kill {total}: {' and '.join(victims)}, away for {away_s:.1f} s; recovered in {took_s:.1f} s")

    def _await_backlog(self) -> tuple[int, float]:
        """Wait until all that was measured by now is stored; give how many readings were not, and the seconds."""
        mark, started_s = self._publisher.next_number, time.monotonic()
        wanted = self._readings_below(mark)
        backlog = wanted - self._stored_below(mark)
        while self._stored_below(mark) < wanted and time.monotonic() - started_s < LONGEST_RECOVERY_S:
            self._rig.check()
            time.sleep(POLL_S)
        return backlog, time.monotonic() - started_s

    def _readings_below(self, mark: int) -> int:
        """Count the distinct readings of the messages below this number."""
        for number in range(self._counted, mark):
            self._keys |= {row.key for row in self._load.message(number).rows}
        self._counted = mark
        return len(self._keys)

    def _stored_below(self, mark: int) -> int:
        [row] = self._rig.ask("select count(*)::int as n from reading where seq < $1", mark)
        return int(str(row["n"]))
