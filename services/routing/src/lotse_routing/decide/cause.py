"""What is wrong on a route: the closure on it, or the street that costs most time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lotse_routing.core.topology import Topology
from lotse_routing.decide.street import street_of
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.state.snapshot import Snapshot
from lotse_shared.level_of_service import LevelOfService

Kind = Literal["closed", "jam", "slow"]

NOTICEABLE_DELAY_S = 1.0
"""Less than this on a whole route is noise, not a cause."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A disturbance on a route.

    `delay_s` is what its street costs beyond free flow (infinite where closed); speeds are the means over the slowed
    links of the street, weighted by length; `confidence` is 0..1, 1 for what operators entered.
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


def find_cause(snapshot: Snapshot, route: Sequence[int]) -> Cause | None:
    """Find what disturbs a route most: the first closure on it, else the street with the greatest delay."""
    closed = next((index for index in route if index in snapshot.weights.closures), None)
    if closed is not None:
        roadwork = snapshot.weights.closures[closed]
        street = street_of(snapshot.topology.links[closed])
        return Cause("closed", street, float("inf"), 1.0, roadwork=roadwork.name, until=roadwork.over_at)
    delays = {index: _delay_s(snapshot, index) for index in route}
    if sum(delays.values()) < NOTICEABLE_DELAY_S:
        return None
    by_street: dict[str, list[int]] = defaultdict(list)
    for index in route:
        if delays[index] > 0:
            by_street[street_of(snapshot.topology.links[index])].append(index)
    worst = max(by_street, key=lambda street: (sum(delays[index] for index in by_street[street]), street))
    return _slow_street(snapshot, worst, by_street[worst])


def route_confidence(snapshot: Snapshot, route: Sequence[int]) -> float:
    """Confidence in the delay of a route: that of its slowed links, weighted by their delay; 0 without delay."""
    delays = {index: _delay_s(snapshot, index) for index in route if index not in snapshot.weights.closures}
    total_s = sum(delays.values())
    if len(delays) < len(set(route)):
        return 1.0
    if total_s <= 0:
        return 0.0
    return min(1.0, sum(delay_s * _link_confidence(snapshot, index) for index, delay_s in delays.items()) / total_s)


def _delay_s(snapshot: Snapshot, index: int) -> float:
    return max(0.0, float(snapshot.weights.travel_times_s[index] - snapshot.base.travel_times_s[index]))


def _link_confidence(snapshot: Snapshot, index: int) -> float:
    state = snapshot.links.get(index)
    return 1.0 if state is None or state.confidence == 0 else state.confidence


def _slow_street(snapshot: Snapshot, street: str, links: Sequence[int]) -> Cause:
    states = [snapshot.links[index] for index in links if index in snapshot.links]
    length_m = sum(snapshot.topology.links[index].length_m for index in links)
    now_s = sum(float(snapshot.weights.travel_times_s[index]) for index in links)
    usual_s = sum(float(snapshot.base.travel_times_s[index]) for index in links)
    is_jam = any(state.level_of_service is LevelOfService.JAM for state in states)
    limiting = _speed_roadwork(snapshot.topology, snapshot.roadworks, links)
    return Cause(
        kind="jam" if is_jam else "slow",
        street=street,
        delay_s=now_s - usual_s,
        confidence=route_confidence(snapshot, links),
        speed_kmh=length_m / now_s * 3.6,
        free_flow_kmh=length_m / usual_s * 3.6,
        detectors=tuple(sorted({name for state in states for name in state.detectors})),
        roadwork=limiting.name if limiting else "",
        until=limiting.over_at if limiting else None,
    )


def _speed_roadwork(topology: Topology, roadworks: Sequence[Roadwork], links: Sequence[int]) -> Roadwork | None:
    ids = {topology.links[index].link_id for index in links}
    return next((r for r in roadworks if r.effect == "speed" and not ids.isdisjoint(r.links)), None)
