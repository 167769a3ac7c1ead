"""When a sign shows a detour, keeps it, replaces it, drops it. Pure: the same inputs give the same advice.

A closure acts at once, whatever the hold says; slow traffic has to be worth a message, and a message then stays.
docs/decisions-of-signs.md tells the rules in words; their source is field.md 5 and policy.md.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from math import isinf

from lotse_routing.core.along import Places, total
from lotse_routing.decide.advice import Advice, Reason, Route, SignState
from lotse_routing.decide.candidates import Trees, along_corridors, best_route, cost_s, path_to, timed
from lotse_routing.decide.cause import Cause, find_cause, route_confidence, seen_times_s
from lotse_routing.decide.holding import holds, is_held, tell
from lotse_routing.decide.registry import Corridor, Destination, Registry, Sign, is_registered
from lotse_routing.decide.relations.guide import Relations
from lotse_routing.decide.rules import (
    BEST,
    KEPT,
    NO_DETOUR,
    REASONS,
    Detour,
    Usual,
    is_disturbed,
    judge,
    limits_of,
)
from lotse_routing.settings import PolicySettings
from lotse_routing.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Moment:
    """What the decisions of one step read; `usual` are trees on the costs of an empty town, `current` on today's.

    `relations` is None where nobody knows the usual traffic.
    """

    now: datetime
    snapshot: Snapshot
    registry: Registry
    usual: Trees
    current: Trees
    settings: PolicySettings
    relations: Relations | None = None


@dataclass(frozen=True)  # without slots: it keeps what is asked of it several times
class _Relation:
    """One sign and destination, before the decision."""

    moment: Moment
    sign: Sign
    destination: Destination
    normal: Route
    usual_s: float
    way: Places

    @cached_property
    def cause(self) -> Cause | None:
        """What is wrong on the normal route."""
        return find_cause(self.moment.snapshot, self.way)

    @cached_property
    def seen_normal_s(self) -> float:
        """What the normal route takes by what is seen of it."""
        return seen_times_s(self.moment.snapshot, self.way)

    @cached_property
    def usual(self) -> Usual:
        """What the rules ask of the normal route."""
        return Usual(self.normal.travel_time_s, self.seen_normal_s, self.usual_s, self.cause is not None)

    @property
    def is_closed(self) -> bool:
        return isinf(self.normal.travel_time_s)

    def figures(self, route: Route | None) -> Detour:
        """Give what the rules ask of a detour."""
        if route is None:
            return NO_DETOUR
        snapshot = self.moment.snapshot
        seen_s, costs_s = seen_times_s(snapshot, route.links), cost_s(route, snapshot.weights.costs_s)
        return Detour(route.travel_time_s, seen_s, costs_s)

    def gain_s(self, route: Route) -> float:
        return self.normal.travel_time_s - route.travel_time_s

    def seen_gain_s(self, route: Route) -> float:
        return self.seen_normal_s - seen_times_s(self.moment.snapshot, route.links)


def advise(moment: Moment, sign: Sign, destination: Destination, previous: Advice | None) -> Advice:
    """Decide what a sign tells the drivers to one destination.

    Parameters
    ----------
    previous
        The advice in force until now, on the same network; None if there is none.
    """
    usual = path_to(moment.usual, sign, destination)
    if usual is None:
        return Advice(destination.destination_id, SignState.FALLBACK, Reason.NOT_IN_NETWORK)
    snapshot, limits = moment.snapshot, limits_of(moment.settings)
    way = moment.usual.places(usual.links[0], destination.node_id)
    normal = Route(usual.links, total(snapshot.weights.travel_times_s[way]))
    relation = _Relation(moment, sign, destination, normal, total(snapshot.base.travel_times_s[way]), way)
    candidates = _detours(relation) if is_disturbed(relation.usual, limits) else []
    kept, others = _kept(relation, previous, candidates)
    best = others[0] if others else None
    held = _is_held(relation, previous)
    verdict = judge(relation.usual, relation.figures(kept), relation.figures(best), held, limits)
    advice = _advice(relation, verdict.shows, verdict.reason, previous, kept, best)
    if verdict.unheld_shows == verdict.shows:
        return advice
    return replace(advice, unheld=_advice(relation, verdict.unheld_shows, verdict.unheld_reason, previous, kept, best))


def _detours(relation: _Relation) -> list[Route]:
    """List what may be shown. Corridors are the rule; only where none is registered, the best route (field.md 5)."""
    moment, sign, destination = relation.moment, relation.sign, relation.destination
    times_s = moment.snapshot.weights.travel_times_s
    if corridors := _corridors(relation):
        routes = along_corridors(moment.current, times_s, sign, destination, corridors)
    elif moment.settings.free_detours:
        routes = best_route(moment.current, times_s, sign, destination)
    else:
        routes = []
    return [route for route in routes if route.links != relation.normal.links]


def _corridors(relation: _Relation) -> list[Corridor]:
    return relation.moment.registry.corridors_to(relation.sign.sign_id, relation.destination.destination_id)


def _kept(relation: _Relation, previous: Advice | None, candidates: list[Route]) -> tuple[Route | None, list[Route]]:
    """Time the detour that is shown, None if there is none or it is over; and give the other candidates.

    It is over when a link of it is closed, or when it is no longer what sign, destination and corridor are registered
    as. The same corridor keeps its links to and from it, unless those of now are cheaper by a margin.
    """
    if previous is None or previous.state is not SignState.DETOUR or previous.shown is None:
        return None, candidates
    weights, shown = relation.moment.snapshot.weights, previous.shown
    if not _is_as_registered(relation, shown):
        return None, candidates
    kept = timed(shown.links, weights.travel_times_s, shown.via)
    if shown.via is None:
        others = [route for route in candidates if route.links != kept.links]
    else:
        others = [route for route in candidates if route.via != shown.via]
        margin = 1 + relation.moment.settings.keep_route_margin_pct / 100
        for route in candidates:
            if route.via == shown.via and cost_s(kept, weights.costs_s) > margin * cost_s(route, weights.costs_s):
                kept = route
    is_over = isinf(kept.travel_time_s) or kept.links == relation.normal.links
    return (None if is_over else kept), others


def _is_as_registered(relation: _Relation, shown: Route) -> bool:
    """Tell whether a route leads from the sign to the destination along its corridor, as they are registered now.

    All three may have been moved since it was shown, and the signposts of the corridor with them.
    """
    topology = relation.moment.snapshot.topology
    first, last = topology.links[shown.links[0]], topology.links[shown.links[-1]]
    if (first.link_id, last.to_node) != (relation.sign.link_id, relation.destination.node_id):
        return False
    ids = tuple(topology.links[index].link_id for index in shown.links)
    return is_registered(ids, shown.via, _corridors(relation))


def _advice(  # noqa: PLR0913, PLR0917 - a verdict, and what it speaks of
    relation: _Relation, shows: int, reason: int, previous: Advice | None, kept: Route | None, best: Route | None
) -> Advice:
    """Say what a verdict means."""
    why = REASONS[reason]
    if shows == KEPT and kept is not None:
        return _show(relation, kept, why, previous)
    if shows == BEST and best is not None:
        return _show(relation, best, why, None)
    if why is Reason.NO_ROUTE:
        return replace(_nothing(relation, why, None), state=SignState.FALLBACK, shown=None)
    if why is not Reason.TOO_LITTLE_GAIN:
        return _nothing(relation, why, None)
    asked = 1.0 if kept is None else relation.moment.settings.drop_ratio
    return replace(_nothing(relation, why, kept or best), threshold_share=asked)


def _is_held(relation: _Relation, previous: Advice | None) -> bool:
    """Tell whether what is shown has to stay."""
    if previous is None or previous.since is None:
        return False
    tells_closure = previous.told is not None and previous.told.kind == "closed"
    is_young = is_held(previous.since, relation.moment.now, relation.moment.settings)
    return bool(holds(is_young, tells_closure, relation.is_closed))


def _nothing(relation: _Relation, reason: Reason, candidate: Route | None) -> Advice:
    has_gain = candidate is not None and not relation.is_closed
    return Advice(
        destination_id=relation.destination.destination_id,
        state=SignState.BLANK,
        reason=reason,
        normal=relation.normal,
        usual_s=relation.usual_s,
        shown=relation.normal,
        candidate=candidate,
        gain_s=relation.gain_s(candidate) if candidate and has_gain else None,
        seen_gain_s=relation.seen_gain_s(candidate) if candidate and has_gain else None,
        estimated_s=0.0 if relation.is_closed else relation.normal.travel_time_s - relation.seen_normal_s,
        confidence=_confidence(relation),
        cause=None if reason is Reason.NO_DELAY else relation.cause,
    )


def _show(relation: _Relation, route: Route, reason: Reason, previous: Advice | None) -> Advice:
    """Show a detour: a new one from now on, the `previous` one as long as it has been shown."""
    moment = relation.moment
    since = previous.since if previous and previous.since else moment.now
    return replace(
        _nothing(relation, reason, route),
        state=SignState.DETOUR,
        shown=route,
        since=since,
        told=tell(relation.cause, previous.told if previous else None, moment.now, moment.settings),
        threshold_share=moment.settings.drop_ratio if previous else 1.0,
    )


def _confidence(relation: _Relation) -> float:
    return 1.0 if relation.is_closed else route_confidence(relation.moment.snapshot, relation.way)
