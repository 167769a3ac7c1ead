"""Signs and disturbances brought together: what each sign says to whom, from a snapshot and the usual traffic."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from lotse_routing.core.jit import Flags
from lotse_routing.core.routes import RouteGraph
from lotse_routing.core.topology import Seconds
from lotse_routing.decide.registry import Registry, Sign
from lotse_routing.decide.relations.affected import Affected
from lotse_routing.decide.relations.board import Before, Message, Pair, Rules, decide_messages
from lotse_routing.decide.relations.disturbance import Disturbance, View, closures, slow_sections
from lotse_routing.decide.relations.loads import Loads
from lotse_routing.decide.relations.passages import NOBODY, PassedSigns, last_vehicles
from lotse_routing.decide.relations.question import Expected, Situation
from lotse_routing.decide.relations.slowness import Reach
from lotse_routing.decide.relations.standing import Standing, corridors_of, find_standing
from lotse_routing.decide.relations.streets import Floats, Streets
from lotse_routing.decide.relations.unwarned import Unwarned, find_forced
from lotse_routing.decide.relations.usual import Traffic
from lotse_routing.settings import PolicySettings
from lotse_routing.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class Relations:
    """What messages to relations are decided from: the streets, what detectors speak for, the trips of this hour."""

    streets: Streets
    reach: Reach
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Found:
    """Disturbances of now; those that are `over` are still told by a sign, for its hold."""

    now: tuple[Disturbance, ...]
    over: tuple[Disturbance, ...]
    closed: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Guided:
    """What signs say to relations: by sign, shown messages first (closures, then the oldest), then those not worth it.

    `times_s` are the travel times that was decided by, infinite where closed; shape (links,).
    """

    messages: Mapping[str, Sequence[Message]]
    times_s: Seconds


def guide(
    relations: Relations,
    snapshot: Snapshot,
    registry: Registry,
    said: Mapping[str, Sequence[Before]],
    settings: PolicySettings,
) -> Guided:
    """Decide what each sign says of every disturbance that its drivers come to.

    Parameters
    ----------
    said
        By sign, the messages in force until now.
    """
    slowness = relations.reach.slowness(relations.streets, snapshot.links, snapshot.typical_times_s)
    times_s = np.maximum(snapshot.weights.travel_times_s, snapshot.typical_times_s * slowness)
    found = _find(relations, snapshot, slowness, said, settings)
    if not found.now and not found.over:
        return Guided({}, times_s)
    index = snapshot.topology.index
    # Nobody passes a sign on a closed link.
    open_signs = (sign for sign in registry.signs if index.get(sign.link_id, -1) not in {-1, *found.closed})
    signs = sorted(open_signs, key=lambda sign: sign.sign_id)
    situation = _situation(relations, snapshot, times_s, found, settings)
    forced = find_forced(situation.unwarned, relations.traffic, found.closed)
    disturbances = (*found.now, *found.over)
    standing = find_standing(said, disturbances, registry, snapshot.topology, situation.barred)
    passed = PassedSigns(relations.traffic, [index[sign.link_id] for sign in signs], found.closed)
    pairs = [
        pair
        for disturbance in disturbances
        for pair in _pairs(situation, passed, registry, disturbance, found, signs, standing, settings)
    ]
    by_sign: dict[str, list[Message]] = defaultdict(list)
    for message in decide_messages(situation, forced, pairs, Rules(snapshot.computed_until, settings)):
        by_sign[message.pair.sign_id].append(message)
    return Guided({sign_id: sorted(messages, key=_weight) for sign_id, messages in by_sign.items()}, times_s)


def _weight(message: Message) -> tuple[bool, bool, datetime | None, int]:
    """Order shown messages first, closures first among them, then the oldest."""
    pair = message.pair
    return not message.is_shown, not pair.is_closure, message.since, min(pair.disturbance.links)


def _find(
    relations: Relations,
    snapshot: Snapshot,
    slowness: Floats,
    said: Mapping[str, Sequence[Before]],
    settings: PolicySettings,
) -> Found:
    streets = relations.streets
    closed = frozenset(snapshot.weights.closures)
    before = [each.disturbance for those in said.values() for each in those]
    warned_of = {link for each in before if each.effect == "slow" for link in each.links}
    view = View(streets, relations.reach, slowness)
    slow = slow_sections(view, closed, warned_of, settings)
    now = (*closures(streets, closed), *slow)
    over = {each for each in before if each.effect == "slow" and not any(other.is_same(each) for other in now)}
    still_seen = [each for each in over if not each.links.isdisjoint(snapshot.measured)]
    return Found(now, tuple(sorted(still_seen, key=lambda each: sorted(each.links))), closed)


def _situation(
    relations: Relations, snapshot: Snapshot, times_s: Seconds, found: Found, settings: PolicySettings
) -> Situation:
    streets = relations.streets
    open_s = np.where(np.isinf(times_s), snapshot.typical_times_s, times_s)
    disturbed = {link for disturbance in found.now for link in disturbance.links}
    barrier_s = np.where(streets.mask(found.closed), np.inf, snapshot.typical_times_s)

    graphs: dict[tuple[Expected, bytes], RouteGraph] = {}

    def under(costs_s: Seconds) -> RouteGraph:
        return snapshot.graphs.under(costs_s, snapshot.computed_until)

    def graph(expected: Expected, is_open: Flags) -> RouteGraph:
        key = expected, is_open.tobytes()
        if key not in graphs:
            graphs[key] = under(np.where(is_open, expected.costs_s, np.inf))
        return graphs[key]

    return Situation(
        streets=streets,
        traffic=relations.traffic,
        loads=Loads(
            now_s=open_s,
            typical_s=snapshot.typical_times_s,
            usual_veh_h=relations.traffic.flow_veh_h,
            capacity_veh_h=streets.capacity_veh_h,
        ),
        barred=streets.mask(disturbed),
        unwarned=Unwarned(under(barrier_s)),
        compliance=settings.compliance,
        graph=graph,
    )


def _pairs(  # noqa: PLR0913, PLR0917 - what brings a sign and a disturbance together
    situation: Situation,
    passed: PassedSigns,
    registry: Registry,
    disturbance: Disturbance,
    found: Found,
    signs: Sequence[Sign],
    standing: Standing,
    settings: PolicySettings,
) -> list[Pair]:
    """List the signs that have something to say of a disturbance, or say it already."""
    passages = passed.before(disturbance.links, is_slow=disturbance.effect == "slow")
    last = last_vehicles(situation.traffic, passages)
    unwarned = situation.unwarned if disturbance.effect == "closed" else None
    goes_on = disturbance in found.now
    say_it = {number for number, sign in enumerate(signs) if (sign.sign_id, disturbance) in standing}
    return [
        Pair(
            sign_id=signs[number].sign_id,
            sign_link=situation.streets.topology.index[signs[number].link_id],
            disturbance=disturbance,
            affected=Affected(situation.traffic, passages.get(number, NOBODY), unwarned),
            last_vehicles=last.get(number, 0.0),
            corridors=corridors_of(signs[number].sign_id, registry),
            is_free=settings.free_detours,
            before=standing.get((signs[number].sign_id, disturbance)),
            goes_on=goes_on,
        )
        for number in sorted(say_it | passages.keys() if goes_on else say_it)
    ]
