"""From an advice to its account: what decided it, put together from what the policy read. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import floor, isfinite
from typing import Any

from lotse_routing.decide.account import Account, CauseAccount, Figure, Json, Shortfall, Unheld, give_cause, rule_code
from lotse_routing.decide.advice import Advice, Reason, Route, SignState
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.registry import Registry
from lotse_routing.decide.street import street_via

FALLS_SHORT = frozenset({Reason.NO_DELAY, Reason.TOO_LITTLE_GAIN, Reason.TOO_FEW, Reason.HELD})
"""The rules by which a figure was less than what is asked of it."""


def give_account(moment: Moment, advice: Advice, via_street: str, before: Json | None) -> Account:
    """Account for an advice.

    Parameters
    ----------
    via_street
        The street that tells its detour from the normal route, empty without one.
    before
        The record of the same destination in the decision in force, None without one: a street is slow since then.
    """
    is_shown = advice.state is SignState.DETOUR
    min_gain_s, min_gain_pct = _least_gains(moment, advice)
    detour = advice.shown if is_shown else advice.candidate
    cause = give_cause(advice.cause) if advice.cause and advice.reason is not Reason.NO_DELAY else None
    return Account(
        name=_name(advice, moment.registry),
        rule=rule_code(advice.reason),
        cause=_since_noticed(cause, before, moment.now) if cause else None,
        is_measured=advice.is_measured,
        confidence=round(advice.confidence, 3),
        normal_s=_figure(advice.normal.travel_time_s if advice.normal else None),
        usual_s=_figure(advice.usual_s if advice.normal else None),
        delay_s=_figure(_delay_s(advice)),
        estimated_s=round(advice.estimated_s, 1),
        shown_s=_figure(detour.travel_time_s) if detour and is_shown else None,
        candidate_s=_figure(detour.travel_time_s) if detour and not is_shown else None,
        via=((detour.via or via_street) if detour else None) or None,
        gain_s=_figure(advice.gain_s),
        gain_pct=_figure(advice.gain_pct),
        seen_gain_s=_figure(advice.seen_gain_s),
        min_gain_s=min_gain_s,
        min_gain_pct=min_gain_pct,
        was_shown=advice.was_shown or advice.threshold_share < 1,
        lacks=tuple(_lacks(moment, advice)) if advice.reason in FALLS_SHORT else (),
        held_until=_held_until(moment, advice),
        without_hold=_without_hold(moment, advice),
    )


def _least_gains(moment: Moment, advice: Advice) -> tuple[float, float]:
    """Give the thresholds that applied, in seconds and per cent.

    Relations ask for seconds alone past a closure, and of a detour that is shown already.
    """
    settings = moment.settings
    if advice.relation is not None and advice.relation.effect == "closed":
        return settings.drop_gain_closed_s if advice.was_shown else settings.min_gain_closed_s, 0.0
    if advice.relation is not None and advice.was_shown:
        return settings.drop_gain_s, 0.0
    return advice.threshold_share * settings.min_gain_s, advice.threshold_share * settings.min_gain_pct


def _since_noticed(cause: CauseAccount, before: Json | None, now: datetime) -> CauseAccount:
    """Say since when a street is slow, where nobody entered it: since it was first told, whether slow or jammed."""
    if cause.since is not None or cause.kind == "closed":
        return cause
    told: Mapping[str, Any] = ((before or {}).get("why") or {}).get("cause") or {}
    goes_on = told.get("kind") in {"slow", "jam"} and told.get("street") == cause.street and told.get("since")
    return replace(cause, since=datetime.fromisoformat(told["since"]) if goes_on else now)


def _name(advice: Advice, registry: Registry) -> str:
    destination = registry.destinations.get(advice.destination_id)
    return destination.name if destination else advice.destination_id


def _delay_s(advice: Advice) -> float | None:
    """Give what is seen to be lost on the normal route; of a relation, by those addressed, beyond what is usual."""
    if advice.lost_s is not None:
        return advice.lost_s
    if advice.normal is None:
        return None
    return advice.normal.travel_time_s - advice.estimated_s - advice.usual_s


def _lacks(moment: Moment, advice: Advice) -> Iterator[Shortfall]:
    """List what the best detour lacked; without any, what the usual way would have to lose for one to be looked for."""
    if advice.reason is Reason.TOO_FEW and advice.total_gain_veh_min_h is not None:
        needed = moment.settings.min_total_gain_veh_min_h
        # Downwards: what lacks little must not be told to be enough.
        yield Shortfall("total_gain_veh_min_h", floor(10 * advice.total_gain_veh_min_h) / 10, needed)
        return
    delay_s = _delay_s(advice)
    seconds: dict[Figure, float | None] = {
        "gain_s": advice.gain_s,
        "seen_gain_s": advice.seen_gain_s,
        "delay_s": delay_s,
    }
    known = {figure: value for figure, value in seconds.items() if value is not None and isfinite(value)}
    needed_s, needed_pct = _least_gains(moment, advice)
    for figure, value in known.items():
        if value < needed_s:
            yield Shortfall(figure, round(value, 1), needed_s)
    if (pct := _counting_pct(advice, known.values())) is not None and pct < needed_pct:
        yield Shortfall("gain_pct", round(pct, 1), needed_pct)


def _counting_pct(advice: Advice, known_s: Iterable[float]) -> float | None:
    """Give the share that the rule asks for: the least of the gains; of a relation, the mean of what each gains."""
    if advice.gain_share is not None or advice.gain_s is None or not advice.normal or not advice.normal.travel_time_s:
        return advice.gain_pct
    return 100 * min(known_s) / advice.normal.travel_time_s


def _held_until(moment: Moment, advice: Advice) -> datetime | None:
    if advice.state is not SignState.DETOUR or advice.since is None:
        return None
    until = advice.since + timedelta(seconds=moment.settings.min_hold_s)
    return until if until > moment.now else None


def _without_hold(moment: Moment, advice: Advice) -> Unheld | None:
    if advice.unheld is None:
        return None
    unheld = advice.unheld
    shown = unheld.shown if unheld.state is SignState.DETOUR else None
    via = _via(moment, shown, advice.normal) if shown and advice.normal else None
    return Unheld(unheld.state, rule_code(unheld.reason), via)


def _via(moment: Moment, route: Route, normal: Route) -> str | None:
    return route.via or street_via(moment.snapshot.topology, route.links, normal.links) or None


def _figure(figure: float | None) -> float | None:
    """Give a figure for JSON, which has no infinity: a closed way takes null."""
    return round(figure, 1) + 0.0 if figure is not None and isfinite(figure) else None  # 0.0 makes -0.0 a plain 0


def by_destination(detours: Sequence[Json]) -> dict[str, Json]:
    """Give the records of a decision by destination."""
    return {detour["destination"]: detour for detour in detours}
