"""What a sign tells the centre: what drivers see, why, and what is wrong with the sign. Pure.

It is told at once when it changes, and anew before half of `ttl_s` is over: to the centre a sign that is silent for
longer than `ttl_s` has gone to its fallback.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

import msgspec

from lotse_standalone.signs.sign import Memory, is_fallback

SETTLED = frozenset({204, 400, 404, 409, 410, 413, 422})
"""Told; or refused for what it is, so that saying it again is of no use. All else may be better at the next poll."""


class Ack(msgspec.Struct, frozen=True):
    """The body of `POST /v1/signs/{sign_id}/ack`."""

    epoch: int
    seq: int
    plan: str
    shown: Literal["detour", "blank", "fallback"]
    source: Literal["centre", "stale", "expired", "local"]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What was told last, and when, on the sign's monotonic clock."""

    ack: Ack | None = None
    at_s: float = -inf


def compose_ack(memory: Memory, now_s: float, faults: Sequence[str] = ()) -> Ack | None:
    """Say what the sign shows now; None: it holds nothing of which it could say so."""
    display = memory.display
    if display is None:
        return None
    if now_s >= memory.blank_at_s:
        source: Literal["expired", "stale"] = "expired" if memory.ends_at_s <= now_s else "stale"
        return Ack(display.epoch, display.seq, display.plan, "fallback", source, tuple(faults))
    shown = "fallback" if is_fallback(memory, now_s) else display.state
    return Ack(display.epoch, display.seq, display.plan, shown, "centre", tuple(faults))


def is_due(told: Told, ack: Ack, ttl_s: float, now_s: float) -> bool:
    """Tell whether it is time to say this."""
    return ack != told.ack or now_s - told.at_s >= ttl_s / 2


def after_answer(told: Told, ack: Ack, status: int | None, now_s: float) -> Told:
    """Remember what was told, given the status of the answer (None: there was none)."""
    return Told(ack, now_s) if status in SETTLED else told
