"""What happened in a run, as the JSON of `--report`; pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lotse_standalone.stack.gateway import OUTCOMES

Rank = tuple[str, int, int]
"""A display body: sign, epoch, seq."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of routing on one sign, as the API tells it."""

    sign: str
    epoch: int
    seq: int
    state: str
    lines: tuple[str, ...]
    explanation: str
    decided_at: datetime
    sensed_at: datetime | None

    @property
    def rank(self) -> Rank:
        """The body that it put on the sign."""
        return self.sign, self.epoch, self.seq

    def as_json(self) -> dict[str, object]:
        """Give the entry of the report."""
        return {
            "sign": self.sign,
            "state": self.state,
            "lines": list(self.lines),
            "explanation": self.explanation,
            "decided_at": _text(self.decided_at),
            "sensed_at": None if self.sensed_at is None else _text(self.sensed_at),
        }


@dataclass(frozen=True, slots=True)
class Face:
    """What stands on a sign; `state` is fallback also where the sign itself fell back, with no answer in time."""

    sign: str
    state: Literal["blank", "detour", "fallback"]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that a report is made of."""

    started_at: datetime
    ended_at: datetime
    ledger_before: Mapping[str, int]
    ledger_after: Mapping[str, int]
    links_with_state: int
    signs: int
    decisions: Sequence[Decision]
    held_at: Mapping[Rank, datetime]
    """When each body was first held by its sign."""
    storage: Mapping[str, str]
    signs_now: Sequence[Face] = ()
    """What stands on the signs in the end."""


def compose_report(run: Run) -> dict[str, object]:
    """Give the report of a run: times in seconds, moments in RFC 3339 UTC."""
    delays_s = sensor_to_sign_s(run.decisions, run.held_at, run.started_at)
    return {
        "readings": {name: run.ledger_after[name] - run.ledger_before[name] for name in OUTCOMES},
        "links_with_state": run.links_with_state,
        "signs": run.signs,
        "decisions": [each.as_json() for each in sorted(run.decisions, key=lambda each: each.decided_at)],
        "sensor_to_sign_s": {
            "p50": percentile(delays_s, 0.50),
            "p99": percentile(delays_s, 0.99),
            "max": percentile(delays_s, 1.0),
            "count": len(delays_s),
            "samples": [round(delay_s, 3) for delay_s in delays_s],
        },
        "signs_now": [{"sign": face.sign, "state": face.state, "lines": list(face.lines)} for face in run.signs_now],
        "storage": {"backend": run.storage["backend"], "version": run.storage["version"]},
        "started_at": _text(run.started_at),
        "ended_at": _text(run.ended_at),
    }


def sensor_to_sign_s(
    decisions: Iterable[Decision], held_at: Mapping[Rank, datetime], started_at: datetime
) -> list[float]:
    """Give the seconds from the newest reading behind each body to the moment at which its sign first held it.

    Counted are the bodies that readings of this run caused and that a sign held: the first decision of each rank
    (a later one repeats its body), with a `sensed_at` since the start.
    """
    first: dict[Rank, Decision] = {}
    for decision in sorted(decisions, key=lambda each: each.decided_at):
        first.setdefault(decision.rank, decision)
    return [
        (held_at[rank] - decision.sensed_at).total_seconds()
        for rank, decision in first.items()
        if rank in held_at and decision.sensed_at is not None and decision.sensed_at >= started_at
    ]


def percentile(values: Sequence[float], share: float) -> float | None:
    """Give the smallest value that at least `share` of the values do not exceed (nearest rank); None of none."""
    if not values:
        return None
    return round(sorted(values)[max(math.ceil(share * len(values)) - 1, 0)], 3)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
