"""Silence (R8): which alarms a fleet's silence asks for, so that one cause is one alarm. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["silent_detector", "silent_fleet", "intake_away"]
"""A detector is silent; many at once are; a part of ingest does not listen, so that nothing can be said of silence."""


@dataclass(frozen=True, slots=True)
class FleetLimits:
    """When many silent detectors are one alarm: so many at least, and such a share of those that must have spoken."""

    minimum: int
    share_pct: float


@dataclass(frozen=True, slots=True)
class Overdue:
    """A detector that ought to have spoken by now.

    `is_ours` tells whether we listened all that time: else we cannot blame it. `is_silent` and `is_blamed` tell the
    same of the full time after which it counts as silent (R8); less is a sign that it will.
    """

    detector_id: str
    heard_at: datetime
    is_silent: bool
    is_counted: bool
    is_blamed: bool
    has_alarm: bool


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm to be raised."""

    kind: Kind
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What is to be done: alarms raised, and whether the fleet's alarm is over."""

    alarms: Sequence[Alarm] = field(default=())
    is_fleet_back: bool = False


def judge_silence(overdue: Sequence[Overdue], speaking: int, limits: FleetLimits, *, has_fleet_alarm: bool) -> Findings:
    """Tell which alarms the silence asks for.

    Detectors fall silent one after the other even if one cause silences all of them, because each speaks at its own
    moment. So when the first has been silent for long enough, all that are overdue by then are counted; while an alarm
    of the fleet is up, no single ones are raised. Those that have an alarm of their own are told already.

    Parameters
    ----------
    speaking
        Detectors heard after the last sign of life of those that are overdue without an alarm of their own.
    """
    untold = [one for one in overdue if not one.has_alarm]
    if has_fleet_alarm:
        return Findings(is_fleet_back=not _is_fleet(len(untold), speaking, limits))
    blamed = [one for one in untold if one.is_blamed]
    counted = sum(one.is_counted for one in untold)
    if blamed and _is_fleet(counted, speaking, limits):
        newest = max(one.heard_at for one in untold)
        message = (
            f"{counted} of {counted + speaking} detectors are silent; the last of them was heard at {newest:%FT%TZ}"
        )
        return Findings([Alarm("silent_fleet", "", message)])
    return Findings([_of_detector(one) for one in blamed])


def _is_fleet(silent: int, speaking: int, limits: FleetLimits) -> bool:
    return silent >= limits.minimum and 100 * silent >= limits.share_pct * (silent + speaking)


def _of_detector(one: Overdue) -> Alarm:
    return Alarm("silent_detector", one.detector_id, f"silent: last heard at {one.heard_at:%FT%TZ}")


@dataclass(frozen=True, slots=True)
class Slot:
    """A replica of ingest: whether it listens and keeps up, and since when it does or does not."""

    slot: int
    is_listening: bool
    since: datetime


def listening_since(slots: Sequence[Slot]) -> datetime | None:
    """Tell since when all of ingest has listened, None if a part of it does not."""
    return max(slot.since for slot in slots) if slots and all(slot.is_listening for slot in slots) else None


def judge_intake(slots: Sequence[Slot], now: datetime, patience: timedelta) -> Alarm | None:
    """Give the alarm that ingest itself asks for, None if it listens or has not been away for long."""
    away = [slot for slot in slots if not slot.is_listening and now - slot.since >= patience]
    if not away:
        return None
    names = ", ".join(str(slot.slot) for slot in away)
    since = min(slot.since for slot in away)
    return Alarm("intake_away", "", f"ingest (slot {names}) does not listen or keep up since {since:%FT%TZ}")
