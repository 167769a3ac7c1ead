"""Why a sign shows what it shows to one destination, as data: the rule that decided, and the figures that it read.

An account stands in the record of its decision, as plain JSON; `explanation` makes words of it, and of nothing else.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from lotse_routing.decide.advice import Reason, SignState
from lotse_routing.decide.cause import Cause, Kind

Json = dict[str, Any]
Figure = Literal["gain_s", "seen_gain_s", "delay_s", "gain_pct", "total_gain_veh_min_h"]


@dataclass(frozen=True, slots=True)
class CauseAccount:
    """What is wrong on the usual way. Speeds in km/h, None at a closure; `confidence` is 0..1.

    `since` is when a roadwork began, or when the street was first told as slow for this destination without a break;
    None where that is not known. `roadwork` is its name, empty without one; `until` its end, None if that is open.
    """

    kind: Kind
    street: str
    since: datetime | None
    until: datetime | None
    roadwork: str
    speed_kmh: float | None
    free_flow_kmh: float | None
    detectors: tuple[str, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A figure that is less than what is asked of it."""

    figure: Figure
    value: float
    needed: float


@dataclass(frozen=True, slots=True)
class Unheld:
    """What would be shown if no message were held, and by which rule; `via` None where nothing would be."""

    state: SignState
    rule: str
    via: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """Why an advice is what it is. Seconds are those of now, None where there is no such way or it is closed.

    `rule` is the reason as a stable code. `normal_s` is the usual way, `usual_s` the same in an empty town, `delay_s`
    what is seen to be lost on it, `estimated_s` the part of `normal_s` that is estimated delay. `via` names the detour
    by its corridor or else its street: the shown one (`shown_s`), or the best that was weighed (`candidate_s`).
    `min_gain_s` and `min_gain_pct` are the thresholds that applied; `was_shown` tells that they were those of a detour
    that was shown already.
    """

    name: str
    rule: str
    cause: CauseAccount | None
    is_measured: bool
    confidence: float
    normal_s: float | None
    usual_s: float | None
    delay_s: float | None
    estimated_s: float
    shown_s: float | None
    candidate_s: float | None
    via: str | None
    gain_s: float | None
    gain_pct: float | None
    seen_gain_s: float | None
    min_gain_s: float
    min_gain_pct: float
    was_shown: bool
    lacks: tuple[Shortfall, ...]
    held_until: datetime | None
    without_hold: Unheld | None


def rule_code(reason: Reason) -> str:
    """Give the stable code of a reason: `too_little_gain`."""
    return reason.value.replace(" ", "_")


def write_account(account: Account) -> Json:
    """Write an account down as plain JSON, as it is read back: with lists, not tuples."""
    record: Json = msgspec.json.decode(msgspec.json.encode(account))
    return record


def give_cause(cause: Cause) -> CauseAccount:
    """Account for a cause."""
    is_closed = cause.kind == "closed"
    return CauseAccount(
        kind=cause.kind,
        street=cause.street,
        since=cause.since,
        until=cause.until,
        roadwork=cause.roadwork,
        speed_kmh=None if is_closed else round(cause.speed_kmh, 1),
        free_flow_kmh=None if is_closed else round(cause.free_flow_kmh, 1),
        detectors=cause.detectors,
        confidence=round(cause.confidence, 3),
    )
