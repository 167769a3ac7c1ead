"""Builders for tests of who decides what a sign shows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from factories_decide import NOON, SIGN, U12, a_closure, a_moment, a_registry, a_snapshot, a_step, at

from lotse_routing.decide.decision import Decision, decide_sign
from lotse_routing.decide.modes import Rules
from lotse_routing.decide.orders import Answer, Lock, Orders, Phase
from lotse_routing.decide.registry import Corridor, Sign
from lotse_routing.settings import ModeSettings

JAM = {"B-C-0": 8.0, "C-D-0": 8.0}
FREE = {"A-B-0": 50.0, "B-C-0": 50.0, "C-D-0": 50.0}
ON_THE_WAY = "C-D-0"
ON_U12 = "E-F-0"
GARDEN = Corridor("U7", ("B-G-0", "G-D-0"))
ASKS_FIRST = replace(SIGN, mode="approval")


def a_lock(*lines: str, until_s: float = 3600, **fields: Any) -> Lock:
    given: dict[str, Any] = {"reason": "Feuerwehr", "author": "wall"}
    return Lock("KL-07", lines, expires_at=at(until_s), **(given | fields))


def a_phase(*lines: str, starts_s: float = -60, ends_s: float = 3600, strategy_id: str = "MATCH") -> Phase:
    return Phase(strategy_id, "Match day", "before", at(starts_s), at(ends_s), {"KL-07": lines})


def decided_by(  # noqa: PLR0913 - a whole situation
    *,
    lock: Lock | None = None,
    phases: Sequence[Phase] = (),
    answers: dict[str, bool] | None = None,
    closed: Sequence[str] = (),
    speeds: dict[str, float] | None = None,
    now_s: float = 0,
    sign: Sign = SIGN,
    previous: Decision | None = None,
    corridors: Sequence[Corridor] = (U12,),
    ends_s: float | None = None,
    since_s: float = -3600,
) -> Decision:
    """Decide for a sign in the small town, given what is ordered, closed and measured."""
    orders = Orders(
        {"KL-07": [lock]} if lock else {},
        tuple(phases),
        {proposal: Answer(is_accepted, "night shift") for proposal, is_accepted in (answers or {}).items()},
    )
    ends_at = None if ends_s is None else at(ends_s)
    roadworks = [replace(a_closure(*closed, ends_at=ends_at), starts_at=at(since_s))] if closed else []
    moment = a_moment(a_snapshot(speeds, roadworks, at(now_s)), a_registry(*corridors, signs=(sign,)))
    step = replace(a_step(moment, NOON), rules=Rules(orders, ModeSettings()))
    return decide_sign(step, sign, previous)
