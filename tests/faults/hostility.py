"""Hostile messages among good ones: every one accounted for, and the good ones hardly slower than among their like."""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from faults.account import Account, Expected, settle
from faults.hostile_messages import Hostile
from faults.messages import Load, Message
from faults.publisher import Publisher
from faults.rig import Rig

RARE, FEW, MANY = 50, 10, 2
ROUNDS = (RARE, FEW, MANY) * 3
"""One message in so many is hostile, round by round."""
KEPT_BYTES = 64 * 1024
POLL_S = 0.05
PATIENCE_S = 30.0
AS_FAST_AS_IT_GOES = 1e9
PAYLOADS = "select digest, payload, reason_code, reason from rejected_message"


@dataclass(frozen=True)
class Drain:
    """How fast a queue of messages went into the database, and the longest time without any progress."""

    messages: int
    messages_per_s: float
    longest_halt_s: float


@dataclass(frozen=True)
class Round:
    """The same number of messages twice: all good, and one in `one_in` hostile."""

    one_in: int
    good: Drain
    mixed: Drain

    @property
    def ratio(self) -> float:
        return self.mixed.messages_per_s / self.good.messages_per_s

    def as_json(self) -> dict[str, Any]:
        return {
            "one_in": self.one_in,
            "good": vars(self.good),
            "mixed": vars(self.mixed),
            "ratio": round(self.ratio, 3),
        }


@dataclass
class HostileRun:
    """What happened, and the account of all of it."""

    rounds: list[Round] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    altered: int = 0
    account: Account | None = None

    def good_ratio(self, one_in: int) -> float:
        """Messages a second with one in so many hostile, by those with all good: the median of the pairs."""
        return statistics.median(each.ratio for each in self.rounds if each.one_in == one_in)

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
        for one_in in rounds:
            count = round(share / one_in) * one_in
            good = self._drain([self._good() for _ in range(count)])
            mixed = self._drain([self._good() if place % one_in else self._bad() for place in range(count)])
            run.rounds.append(Round(one_in, good, mixed))
            self._tell(
                f"all good {good.messages_per_s:.0f} messages/s, one in {one_in} hostile {mixed.messages_per_s:.0f}"
            )
        run.account = settle(self._rig, Expected.of(self._sent))
        self._compare_payloads(run)
        return run

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
        return self._time(len(messages), sum(len(each.rows) + len(each.letters) for each in messages))

    def _time(self, messages: int, readings: int) -> Drain:
        """Follow the service's own count of readings from the first one that it has stored to the last."""
        first = done = 0
        first_s = moved_s = time.monotonic()
        longest_halt_s = 0.0
        while done < readings:
            time.sleep(POLL_S)
            now_s, held = time.monotonic(), done
            done = int(self._slot.readings())
            if done == held:
                self._rig.check()
                assert now_s - moved_s < PATIENCE_S, f"the intake stopped after {done} of {readings} readings"
                continue
            if first == 0:
                first, first_s = done, now_s
            else:
                longest_halt_s = max(longest_halt_s, now_s - moved_s)
            moved_s = now_s
        if first == done:  # all of them between two looks
            first, moved_s = 0, first_s + POLL_S
        rate = messages * (done - first) / readings / (moved_s - first_s)
        return Drain(messages, round(rate, 1), round(longest_halt_s, 2))

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
