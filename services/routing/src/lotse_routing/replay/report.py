"""What a replay of a period tells: a table for people, and all of it for programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from lotse_routing.decide.decision import Decision
from lotse_routing.replay.figures import Figures
from lotse_routing.replay.trial import Trial

ALL = "all signs"
HEAD = ("sign", "settings", "changes/h", "minutes shown", "mean gain", "holds", "contradictions")
NUMBERS_FROM = 2


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision as it was written down when the period was lived."""

    sign_id: str
    decided_at: datetime
    state: str
    lines: tuple[str, ...]
    explanation: str
    detours: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """What was replayed: `turns` steps, one a watermark or, where there are none, one a minute.

    `kept` are the decisions of then; None where they cannot be compared, for their steps are not known.
    """

    begins_at: datetime
    ends_at: datetime
    turns: int
    is_by_watermark: bool
    network_version: str
    kept: Sequence[Kept] | None
    notes: Sequence[str]


def count_same(kept: Sequence[Kept], news: Sequence[Decision]) -> int:
    """Count the decisions of then that were made again, alike in all that they say and in their moment."""
    again = {(decision.sign_id, decision.decided_at): decision for decision in news}
    return sum(_is_same(each, again.get((each.sign_id, each.decided_at))) for each in kept)


def _is_same(kept: Kept, decision: Decision | None) -> bool:
    if decision is None:
        return False
    said = decision.state.value, decision.lines, decision.explanation, decision.detours
    return said == (kept.state, kept.lines, kept.explanation, kept.detours)


def tell(period: Period, trials: Sequence[Trial]) -> Iterator[str]:
    """Tell in lines: what was replayed, how far it is the life of then, and a table."""
    steps = "watermarks" if period.is_by_watermark else "minutes"
    begin, end = period.begins_at.isoformat(), period.ends_at.isoformat()
    yield f"{begin} to {end}: {period.turns} steps by {steps}"
    if period.kept is not None:
        same, news = count_same(period.kept, trials[0].news), len(trials[0].news)
        yield f"decisions written then: {len(period.kept)}; made again, alike: {same} of {news}"
    yield from (f"note: {note}" for note in period.notes)
    yield ""
    yield from _table([HEAD, *_rows(trials)])
    for trial in trials:
        for at, circle in trial.tally.circles:
            signs = ", ".join(circle.sign_ids)
            yield f"contradiction ({trial.name}) at {at.isoformat()}: to {circle.destination_id}, {signs}"
        if trial.faults:
            yield f"decisions that failed ({trial.name}), their sign went to its fallback: {trial.faults}"


def _rows(trials: Sequence[Trial]) -> Iterator[tuple[str, ...]]:
    by_sign = [trial.tally.by_sign() for trial in trials]
    signs = sorted(set[str]().union(*by_sign))
    for sign_id in signs:
        yield from _rows_of(sign_id, trials, [figures[sign_id] for figures in by_sign])
    yield from _rows_of(ALL, trials, [trial.tally.in_all() for trial in trials])


def _rows_of(name: str, trials: Sequence[Trial], figures: Sequence[Figures]) -> Iterator[tuple[str, ...]]:
    for number, (trial, each) in enumerate(zip(trials, figures, strict=True)):
        gain = "-" if each.mean_gain_s is None else f"{each.mean_gain_s:.0f} s"
        counts = f"{each.shown_min:.0f}", gain, str(each.holds), str(each.contradictions)
        yield ("" if number else name, trial.name, f"{each.changes_per_hour:.2f}", *counts)


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        padded = [c.ljust(w) if n < NUMBERS_FROM else c.rjust(w) for n, (c, w) in enumerate(cells)]
        yield "  ".join(padded).rstrip()


def as_json(period: Period, trials: Sequence[Trial]) -> dict[str, Any]:
    """Give all of it, every decision included."""
    return {
        "from": period.begins_at.isoformat(),
        "until": period.ends_at.isoformat(),
        "steps": {"count": period.turns, "by": "watermark" if period.is_by_watermark else "minute"},
        "network_version": period.network_version,
        "notes": list(period.notes),
        "then": None
        if period.kept is None
        else {"decisions": len(period.kept), "made_again_alike": count_same(period.kept, trials[0].news)},
        "trials": [_trial(trial) for trial in trials],
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "settings": trial.name,
        "all": _figures(trial.tally.in_all()),
        "signs": {sign_id: _figures(figures) for sign_id, figures in trial.tally.by_sign().items()},
        "contradictions": [
            {"at": at.isoformat(), "destination": circle.destination_id, "signs": list(circle.sign_ids)}
            for at, circle in trial.tally.circles
        ],
        "failed_decisions": trial.faults,
        "decisions": [_decision(decision) for decision in trial.news],
    }


def _figures(figures: Figures) -> Mapping[str, Any]:
    return asdict(figures) | {"changes_per_hour": figures.changes_per_hour}


def _decision(decision: Decision) -> Mapping[str, Any]:
    return {
        "sign": decision.sign_id,
        "decided_at": decision.decided_at.isoformat(),
        "sensed_at": decision.sensed_at.isoformat() if decision.sensed_at else None,
        "epoch": decision.display.epoch,
        "seq": decision.display.seq,
        "state": decision.state.value,
        "lines": list(decision.lines),
        "explanation": decision.explanation,
        "detours": list(decision.detours),
        "etag": decision.display.etag,
    }
