"""What is wrong on a route: the closure on it, or the street that costs most time.

Only what somebody sees counts: a detector, or who entered a roadwork. An estimate is no cause for a sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from lotse_routing.core.along import Places, Ways, heaviest_along, total
from lotse_routing.core.topology import Seconds, Topology
from lotse_routing.decide.street import number_streets, street_of
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.state.snapshot import Snapshot
from lotse_shared.vehicle import VehicleClass

Kind = Literal["closed", "jam", "slow"]

NOTICEABLE_DELAY_S = 5.0
NOTICEABLE_DELAY_RATIO = 0.05
"""Less than these on a whole route, in seconds or as a share of its usual time, no driver notices: noise, no cause."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A disturbance on a route.

    `delay_s` is what its street costs beyond free flow (infinite where closed); speeds are the means over the jammed
    links of the street, or else its slowed ones, weighted by length; `confidence` is 0..1, 1 for what was entered.
    `since` is known of what somebody entered: when its roadwork began. None where only detectors tell.
    """

    kind: Kind
    street: str
    delay_s: float
    confidence: float
    speed_kmh: float = 0.0
    free_flow_kmh: float = 0.0
    detectors: tuple[str, ...] = ()
    roadwork: str = ""
    until: datetime | None = None
    since: datetime | None = None


def find_cause(snapshot: Snapshot, route: Sequence[int] | Places) -> Cause | None:
    """Find what disturbs a route most: the first closure on it, else the street with the greatest delay.

    None if the delay of the whole route is not noticeable.
    """
    links = np.asarray(route)
    if (closure := _closure(snapshot, links)) is not None:
        return closure
    delays_s = snapshot.delays_s[links]
    if not _is_noticeable(snapshot, links, delays_s):
        return None
    streets = number_streets(snapshot.topology)
    way = Ways(links.astype(np.intp), np.array([0, len(links)]))
    worst = heaviest_along(way, snapshot.delays_s, streets.of_link, len(streets.names))[0]
    slowed = links[(delays_s > 0) & (streets.of_link[links] == worst)]
    return _slow_street(snapshot, streets.names[worst], slowed.tolist())


def cause_of(snapshot: Snapshot, links: Sequence[int]) -> Cause:
    """Tell what is wrong on links of one street that are known to be disturbed, by those of them that are measured."""
    measured = [index for index in links if index in snapshot.links] or links
    street = street_of(snapshot.topology.links[links[0]])
    return _closure(snapshot, np.array(links)) or _slow_street(snapshot, street, measured)


def _closure(snapshot: Snapshot, links: Places) -> Cause | None:
    closures = snapshot.weights.closures
    if not closures or np.isfinite(snapshot.delays_s[links]).all():
        return None
    closed = next(index for index in links.tolist() if index in closures)
    roadwork = closures[closed]
    street = street_of(snapshot.topology.links[closed])
    return Cause(
        kind="closed",
        street=street,
        delay_s=float("inf"),
        confidence=1.0,
        roadwork=roadwork.name,
        until=roadwork.over_at,
        since=roadwork.starts_at,
    )


def seen_times_s(snapshot: Snapshot, route: Sequence[int] | Places) -> float:
    """Tell how long a route takes by what is seen of it: at free flow where nobody measures."""
    return total(snapshot.weights.seen_times_s[np.asarray(route)])


def route_confidence(snapshot: Snapshot, route: Sequence[int] | Places) -> float:
    """Tell how sure the travel time of a route is, 0..1.

    With a noticeable delay, the confidence of the slowed links, weighted by their delay; else that of all links,
    weighted by their free-flow time, where an unmeasured link counts 0: a free road is known by those who see it.
    A closure is certain.
    """
    links = np.asarray(route)
    if _closure(snapshot, links) is not None:
        return 1.0
    weights, confidences = snapshot.delays_s[links], snapshot.confidences[links]
    if _is_noticeable(snapshot, links, weights):
        confidences = np.where(confidences == 0, 1.0, confidences)  # what no detector knows of, a roadwork says
    else:
        weights = snapshot.base.travel_times_s[links]
    return min(1.0, float(weights @ confidences / weights.sum()))


def noticeable_delay_s(usual_s: Seconds | float) -> Seconds | float:
    """Give the delay from which on drivers notice it, for a route that usually takes so long, or for several."""
    return np.maximum(NOTICEABLE_DELAY_S, NOTICEABLE_DELAY_RATIO * usual_s)


def _is_noticeable(snapshot: Snapshot, links: Places, delays_s: Seconds) -> bool:
    return bool(total(delays_s) >= noticeable_delay_s(total(snapshot.base.travel_times_s[links])))


def _slow_street(snapshot: Snapshot, street: str, links: Sequence[int]) -> Cause:
    jammed = [index for index in links if snapshot.jams[index]]
    delay_s = float(snapshot.delays_s[list(links)].sum())
    links = jammed or links
    states = [snapshot.links[index] for index in links if index in snapshot.links]
    length_m = sum(snapshot.topology.links[index].length_m for index in links)
    now_s = seen_times_s(snapshot, links)
    usual_s = sum(float(snapshot.base.travel_times_s[index]) for index in links)
    limiting = _slowing_roadwork(snapshot.topology, snapshot.roadworks, links)
    detectors = tuple(sorted({name for state in states for name in state.detectors}))
    return Cause(
        kind="jam" if jammed else "slow",
        street=street,
        delay_s=delay_s,
        confidence=route_confidence(snapshot, links),
        speed_kmh=length_m / now_s * 3.6,
        free_flow_kmh=length_m / usual_s * 3.6,
        detectors=detectors,
        roadwork=limiting.name if limiting else "",
        until=limiting.over_at if limiting else None,
        since=limiting.starts_at if limiting and not detectors else None,
    )


def _slowing_roadwork(topology: Topology, roadworks: Sequence[Roadwork], links: Sequence[int]) -> Roadwork | None:
    ids = {topology.links[index].link_id for index in links}
    slowing = (r for r in roadworks if r.effect != "closed" and r.binds(VehicleClass.CAR))
    return next((r for r in slowing if not ids.isdisjoint(r.links)), None)
