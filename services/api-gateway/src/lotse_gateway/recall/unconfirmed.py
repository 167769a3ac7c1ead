"""Which alarms the words and the silence of signs ask for, so that one cause is one alarm. Pure."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["unconfirmed_sign", "unconfirmed_signs", "faulty_sign"]
"""A sign does not confirm what it is to show; many at once do not; a sign says that something is wrong with it."""

Up = tuple[str, str]
"""Kind and subject of an alarm that is up."""

MANY: Up = ("unconfirmed_signs", "")


@dataclass(frozen=True, slots=True)
class Limits:
    """When many unconfirmed signs are one alarm: so many at least, and such a share of those that acknowledge."""

    minimum: int
    share_pct: float


@dataclass(frozen=True, slots=True)
class Seen:
    """A sign in service, as it is now. `is_overdue`: it has been seen to be unconfirmed for long enough."""

    sign_id: str
    state: str
    heard_at: datetime | None = None
    faults: tuple[str, ...] = ()
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm to be raised."""

    kind: Kind
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What is to be done: alarms raised, and those that are over."""

    raised: tuple[Alarm, ...]
    cleared: tuple[Up, ...]


def judge_signs(signs: Sequence[Seen], up: AbstractSet[Up], limits: Limits) -> Findings:
    """Tell which alarms all signs in service ask for, and which of those that are `up` are over.

    Signs fall silent one after the other even if one cause silences all of them. So when the first is overdue, all that
    are unconfirmed by then are counted; while an alarm tells of many, no single ones are raised. Signs that have an
    alarm of their own are told already.
    """
    untold = [one for one in signs if one.state == "unconfirmed" and ("unconfirmed_sign", one.sign_id) not in up]
    are_many = _are_many(len(untold), signs, limits)
    raised = [_of_faults(one) for one in signs if one.state == "faulty"]
    if MANY not in up and any(one.is_overdue for one in untold):
        raised += [_of_many(untold, signs)] if are_many else [_of_one(one) for one in untold if one.is_overdue]
    over = [MANY] if MANY in up and not are_many else []
    new = (alarm for alarm in raised if (alarm.kind, alarm.subject) not in up)
    return Findings(tuple(new), (*over, *_list_over(signs, up)))


def _are_many(unconfirmed: int, signs: Sequence[Seen], limits: Limits) -> bool:
    return unconfirmed >= limits.minimum and 100 * unconfirmed >= limits.share_pct * _count_speaking(signs)


def _count_speaking(signs: Sequence[Seen]) -> int:
    return sum(one.state != "unknown" for one in signs)


def _list_over(signs: Sequence[Seen], up: AbstractSet[Up]) -> Iterator[Up]:
    """List the alarms of single signs that are over; faults are over when the sign says so, or is retired."""
    unconfirmed = {one.sign_id for one in signs if one.state == "unconfirmed"}
    faulty = {one.sign_id for one in signs if one.faults}
    for kind, subject in sorted(up):
        if (kind == "unconfirmed_sign" and subject not in unconfirmed) or (
            kind == "faulty_sign" and subject not in faulty
        ):
            yield kind, subject


def _of_one(one: Seen) -> Alarm:
    return Alarm("unconfirmed_sign", one.sign_id, f"does not confirm what it is to show; last heard at {_time(one)}")


def _of_many(untold: Sequence[Seen], signs: Sequence[Seen]) -> Alarm:
    newest = max(untold, key=lambda one: one.heard_at.timestamp() if one.heard_at else 0.0)
    message = (
        f"{len(untold)} of {_count_speaking(signs)} signs do not confirm what they are to show;"
        f" the last of them was heard at {_time(newest)}"
    )
    return Alarm("unconfirmed_signs", "", message)


def _of_faults(one: Seen) -> Alarm:
    return Alarm("faulty_sign", one.sign_id, f"says that it is faulty: {', '.join(one.faults)}")


def _time(one: Seen) -> str:
    return f"{one.heard_at:%FT%TZ}" if one.heard_at else "no time"
