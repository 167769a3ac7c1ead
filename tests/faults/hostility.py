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

ROUNDS = 5
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


@dataclass
class HostileRun:
    """What happened: pairs of drains, all good and half hostile, and the account of all of them."""

    hostile: int
    good: list[Drain] = field(default_factory=list)
    mixed: list[Drain] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    altered: int = 0
    account: Account | None = None

    @property
    def good_ratio(self) -> float:
        """Messages per second with every second one hostile, by those with all good: the median of the pairs."""
        pairs = zip(self.mixed, self.good, strict=True)
        return statistics.median(mixed.messages_per_s / good.messages_per_s for mixed, good in pairs)

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
            "hostile": self.hostile,
            "good_drains": [vars(drain) for drain in self.good],
            "mixed_drains": [vars(drain) for drain in self.mixed],
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

    def run(self, hostile: int, rounds: int = ROUNDS) -> HostileRun:
        """Send this many hostile messages, in rounds, each among as many good ones and beside a round of good ones."""
        run = HostileRun(hostile)
        for number in range(rounds):
            first, last = hostile * number // rounds, hostile * (number + 1) // rounds
            run.good.append(self._drain([self._good() for _ in range(2 * (last - first))]))
            pairs = ((self._hostile.message(each), self._good()) for each in range(first, last))
            run.mixed.append(self._drain([message for pair in pairs for message in pair]))
            self._tell(
                f"round {number + 1}: all good {run.good[-1].messages_per_s:.0f} messages/s,"
                f" every second one hostile {run.mixed[-1].messages_per_s:.0f}"
            )
        run.account = settle(self._rig, Expected.of(self._sent))
        self._compare_payloads(run)
        return run

    def _good(self) -> Message:
        self._good_number += 1
        return self._load.reading(self._good_number)

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
