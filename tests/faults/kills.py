"""Kill and bring back, under load, and settle the account at the end."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from faults.account import Account
from faults.control_room import Closures, ControlRoom
from faults.plan import Blow, plan
from faults.rig import Rig
from faults.signs import Sight, Street
from faults.traffic import Pressure, Traffic

CLOSURES = """
    select count(*)::int as opened, count(*) filter (where status = 'ended')::int as ended from roadwork
"""


@dataclass(frozen=True)
class Recovery:
    """How long it took, from when `victims` were back, until all was well again.

    That is: all that was measured by then is stored, what the publisher had to send again included, and every sign had
    a fresh answer. `backlog`: the readings that were not stored at that moment.
    """

    victims: tuple[str, ...]
    away_s: float
    backlog: int
    took_s: float


@dataclass
class KillRun:
    """What happened.

    `broker_lost`: for each lost message that the broker had acknowledged, how many seconds later the broker was killed.
    `written`: what the control room was told that it had written; `found`: what the database holds of it.
    """

    kills: dict[str, int] = field(default_factory=dict)
    recoveries: list[Recovery] = field(default_factory=list)
    account: Account | None = None
    sight: Sight = field(default_factory=Sight)
    written: Closures = field(default_factory=Closures)
    found: dict[str, int] = field(default_factory=dict)
    broker_lost: list[float] = field(default_factory=list)
    messages: int = 0
    sent_again: int = 0
    unheard: int = 0
    took_s: float = 0.0

    @property
    def is_written_once(self) -> bool:
        """Whether each closure that was answered is there, and none twice."""
        return self.found == {"opened": self.written.opened, "ended": self.written.ended}

    def as_json(self) -> dict[str, Any]:
        return {
            "kills": self.kills,
            "recoveries": [vars(recovery) for recovery in self.recoveries],
            "account": None if self.account is None else self.account.as_json(),
            "signs": self.sight.as_json(),
            "closures": {"written": vars(self.written), "found": self.found},
            "broker_lost": len(self.broker_lost),
            "broker_lost_acknowledged_before_kill_s": round(max(self.broker_lost, default=0.0), 2),
            "messages": self.messages,
            "sent_again": self.sent_again,
            "unheard": self.unheard,
            "took_s": round(self.took_s, 1),
        }


class Killing:
    """One run on a rig with a town. `tell` hears what happens, for people."""

    def __init__(self, rig: Rig, pressure: Pressure, tell: Callable[[str], None]) -> None:
        self._rig = rig
        self._seed = pressure.seed
        self._tell = tell
        self._traffic = Traffic(rig, pressure)
        self._broker_killed_s: list[float] = []
        self._run = KillRun()

    def run(self, kills: int, outage_s: float, street: Street, room: ControlRoom) -> KillRun:
        """Deal `kills` blows, and in their middle an outage of the database, with the broker killed half-way through.

        The outage's own two kills come on top.
        """
        started_s = time.monotonic()
        self._traffic.start()
        blows = list(plan(self._seed, kills, self._rig.groups))
        for number, blow in enumerate(blows):
            if outage_s > 0 and number == len(blows) // 2:
                self._outage(outage_s, street)
            self._strike(blow, street)
        run = self._run
        run.account = self._traffic.settle()
        run.broker_lost = self._traffic.lost_after_s(self._broker_killed_s) if run.account.lost else []
        publisher = self._traffic.publisher
        run.messages, run.sent_again, run.unheard = publisher.next_number, publisher.sent_again, publisher.unheard
        run.sight, run.written = street.sight, room.rest()
        [found] = self._rig.ask(CLOSURES)
        run.found = {name: int(str(count)) for name, count in found.items()}
        run.took_s = time.monotonic() - started_s
        return run

    def _strike(self, blow: Blow, street: Street) -> None:
        time.sleep(blow.load_s)
        self._kill(*blow.victims)
        time.sleep(blow.away_s)
        self._bring_back(blow.victims, blow.away_s, street if blow.is_awaited else None)

    def _outage(self, outage_s: float, street: Street) -> None:
        self._tell(f"the database is away for {outage_s:g} s; the broker is killed half-way through")
        self._kill("database")
        time.sleep(outage_s / 2)
        self._kill("broker")
        self._bring_back(("broker",), 0, None)
        time.sleep(outage_s / 2)
        self._bring_back(("database",), outage_s, street)

    def _kill(self, *victims: str) -> None:
        for victim in victims:
            self._rig.kill(victim)
            if victim == self._rig.broker.name:
                self._broker_killed_s.append(time.monotonic())
            self._run.kills[victim] = self._run.kills.get(victim, 0) + 1

    def _bring_back(self, victims: tuple[str, ...], away_s: float, awaited: Street | None) -> None:
        """Start them; if a street is given, wait until all is well, its signs included."""
        for victim in victims:
            self._rig.bring_back(victim)
        told = f"kill {sum(self._run.kills.values())}: {' and '.join(victims)}, away for {away_s:.1f} s"
        if awaited is None:
            self._tell(told)
            return
        back_s = time.monotonic()
        backlog, took_s = self._traffic.recover(lambda: awaited.have_answers_since(back_s))
        self._run.recoveries.append(Recovery(victims, round(away_s, 2), backlog, round(took_s, 2)))
        self._tell(f"{told}; recovered in {took_s:.1f} s")
