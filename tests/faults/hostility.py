"""Hostile messages among good ones: every one accounted for, and the good ones hardly slower than among their like."""

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from faults.account import Account, Expected, settle
from faults.drains import Drain, Stopwatch
from faults.hostile_messages import Hostile
from faults.messages import Load, Message
from faults.publisher import Publisher
from faults.rig import Rig

RARE, FEW, MANY = 50, 10, 2
ROUNDS = (FEW, RARE, FEW, MANY, FEW, FEW, RARE, FEW)
"""One message in so many is hostile, round by round: most rounds for the share that has a target."""
KEPT_BYTES = 64 * 1024
AS_FAST_AS_IT_GOES = 1e9
PAYLOADS = "select digest, payload, reason_code, reason from rejected_message"


@dataclass(frozen=True)
class Round:
    """The same number of messages twice, one after the other: all good, and one in `one_in` hostile.

    A harmless message stands in the place of each hostile one, so that `ratio` is the share of their throughput that
    the good ones keep, and `cpu_ratio` that of what is stored for the same work of ingest and database.
    """

    one_in: int
    good: Drain
    mixed: Drain

    @property
    def ratio(self) -> float:
        return self.mixed.messages_per_s / self.good.messages_per_s

    @property
    def cpu_ratio(self) -> float:
        return self.good.cpu_us / self.mixed.cpu_us

    def as_json(self) -> dict[str, Any]:
        return {
            "one_in": self.one_in,
            "good": vars(self.good),
            "mixed": vars(self.mixed),
            "ratio": round(self.ratio, 3),
            "cpu_ratio": round(self.cpu_ratio, 3),
        }


@dataclass
class HostileRun:
    """What happened, and the account of all of it."""

    rounds: list[Round] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    altered: int = 0
    account: Account | None = None

    def good_ratio(self, one_in: int) -> float:
        """Share of their messages a second that good ones keep with one in so many hostile: the median of the pairs."""
        return statistics.median(each.ratio for each in self.rounds if each.one_in == one_in)

    def good_ratio_cpu(self, one_in: int) -> float:
        """The same of messages a second of processor."""
        return statistics.median(each.cpu_ratio for each in self.rounds if each.one_in == one_in)

    @property
    def unaccounted(self) -> int:
        """Messages or elements that are nowhere, not as sent, or not what they should be."""
        assert self.account is not None
        return self.account.lost + self.account.other_values + self.account.unexpected + self.altered

    @property
    def is_exact(self) -> bool:
        return self.account is not None and self.account.is_exact and self.altered == 0

    def as_json(self) -> dict[str, Any]:
        return {
            "rounds": [each.as_json() for each in self.rounds],
            "reasons": self.reasons,
            "altered": self.altered,
            "account": None if self.account is None else self.account.as_json(),
        }


class Assault:
    """One run on a rig with a single slot. `tell` hears what happens, for people."""

    def __init__(self, rig: Rig, seed: int, tell: Callable[[str], None]) -> None:
        self._rig = rig
        [self._slot] = rig.slots
        self._tell = tell
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        self._hostile = Hostile(now)
        self._load = Load(seed, now - timedelta(minutes=1))
        self._sent: list[Message] = []
        self._good_number = 0
        self._bad_number = 0

    def run(self, hostile: int, rounds: Sequence[int] = ROUNDS) -> HostileRun:
        """Send about this many hostile messages in rounds, each beside a round of good ones only."""
        run = HostileRun()
        share = hostile / sum(1 / one_in for one_in in rounds)
        for number, one_in in enumerate(rounds):
            self._round(run, one_in, round(share / one_in) * one_in, good_first=number % 2 == 0)
        run.account = settle(self._rig, Expected.of(self._sent))
        self._compare_payloads(run)
        return run

    def _round(self, run: HostileRun, one_in: int, count: int, *, good_first: bool) -> None:
        """Time a pair; who comes first alternates, so that a database that grows favours nobody."""
        drains: dict[bool, Drain] = {}
        for is_good in (good_first, not good_first):
            drains[is_good] = self._drain(
                [self._good() if is_good or place % one_in else self._bad() for place in range(count)]
            )
        pair = Round(one_in, drains[True], drains[False])
        run.rounds.append(pair)
        self._tell(
            f"all good {pair.good.messages_per_s:.0f} messages/s at {pair.good.cpu_us:.1f} us of processors each,"
            f" one in {one_in} hostile {pair.mixed.messages_per_s:.0f} at {pair.mixed.cpu_us:.1f}"
        )

    def _good(self) -> Message:
        self._good_number += 1
        return self._load.reading(self._good_number)

    def _bad(self) -> Message:
        self._bad_number += 1
        return self._hostile.message(self._bad_number - 1)

    def _drain(self, messages: Sequence[Message]) -> Drain:
        """Let the broker queue messages while ingest is away; then let it come, and time how they are taken."""
        self._slot.stop()
        self._rig.away.add(self._slot.name)
        publisher = Publisher(self._rig.broker_port, messages.__getitem__, AS_FAST_AS_IT_GOES, keep_s=0)
        publisher.publish_only(len(messages))
        self._sent += messages
        self._slot.start()
        self._rig.away.discard(self._slot.name)
        readings = sum(len(each.rows) + len(each.letters) for each in messages)
        return Stopwatch(self._rig, self._slot).time(len(messages), readings)

    def _compare_payloads(self, run: HostileRun) -> None:
        """Dead letters are kept byte for byte up to a bound, and what looks personal not at all."""
        rows = self._rig.ask(PAYLOADS)
        kept: dict[Any, Any] = {row["digest"]: row["payload"] for row in rows}
        run.reasons = dict(Counter(str(row["reason_code"]) for row in rows).most_common())
        run.altered = sum(not row["reason"] for row in rows)
        for message in self._sent:
            if message.letters and not message.rows:
                [only] = message.letters
                sent = b"" if b'"plate"' in message.payload else message.payload[:KEPT_BYTES]
                run.altered += kept.get(only.digest, sent) != sent
