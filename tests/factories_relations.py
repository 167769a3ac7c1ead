"""A grid of streets with signs, and what is known of its usual traffic.

a0 ── a1 ── a2 ── a3     Row a .. Row d lead east and west, Column 0 .. Column 3 north and south;
│     │     │     │      each link is 500 m at 50 km/h: 36 s. All are main streets.
b0 ── b1 ── b2 ── b3
│     │     │     │
c0 ── c1 ── c2 ── c3
│     │     │     │
d0 ── d1 ── d2 ── d3
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from factories_decide import NOON
from factories_network import a_link, a_network, place

from lotse_routing.core.topology import Topology, build_topology
from lotse_routing.decide.candidates import Trees
from lotse_routing.decide.decision import Decision, Step
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.registry import Corridor, Registry, Sign
from lotse_routing.decide.relations.knowledge import TrafficKnowledge, know_traffic
from lotse_routing.decide.relations.usual import UsualTrip
from lotse_routing.decide.signs import decide_signs
from lotse_routing.settings import DisplaySettings, EstimateSettings, PolicySettings, WeightSettings
from lotse_routing.state.estimate import DetectorPlace, LinkState
from lotse_routing.state.roadwork import Roadwork, active_roadworks
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.state.weights import derive_weights
from lotse_routing.town import Town, build_town
from lotse_shared.level_of_service import LevelOfService

ROWS, COLUMNS = "abcd", "0123"
PLACES = {f"{row}{column}": place(5 * int(column), -5 * ROWS.index(row)) for row in ROWS for column in COLUMNS}
ACROSS = [((f"{r}{a}", f"{r}{b}"), f"Row {r}") for r in ROWS for a, b in pairwise(COLUMNS)]
DOWN = [((f"{a}{c}", f"{b}{c}"), f"Column {c}") for c in COLUMNS for a, b in pairwise(ROWS)]
LINKS = [
    a_link(start, end, PLACES, name=name, road_class="primary", free_flow_kmh=50.0, length_m=500.0)
    for (one, other), name in [*ACROSS, *DOWN]
    for start, end in ((one, other), (other, one))
]
GRID: Topology = build_topology(a_network(PLACES, LINKS))
TOWN: Town = build_town(GRID, WeightSettings(), ZoneInfo("UTC"))
EVERYWHERE = tuple(DetectorPlace(f"at-{link.link_id}", link.link_id) for link in GRID.links)
NOON_S = 12 * 3600.0


def way(*junctions: str) -> tuple[str, ...]:
    """The links between junctions."""
    return tuple(f"{a}-{b}-0" for a, b in pairwise(junctions))


def a_sign(sign_id: str, link_id: str) -> Sign:
    return Sign(sign_id, link_id, 3, 20, ())


def a_trip(*junctions: str, vehicles: float = 200.0, departs_s: float = NOON_S) -> UsualTrip:
    return UsualTrip(departs_s, way(*junctions), vehicles)


ALONG_B = a_trip("b0", "b1", "b2", "b3", "c3", "d3")
"""The trip that the examples turn on: along Row b, then down Column 3."""
AT_B = a_sign("S1", "b0-b1-0")


def a_knowledge(*trips: UsualTrip, places: Sequence[DetectorPlace] = EVERYWHERE) -> TrafficKnowledge:
    """Know these trips. The hour around noon counts as whole: a trip of no weight stands at either end of it."""
    ends = [replace(trips[0], departs_s=NOON_S + at_s, vehicles=1e-9) for at_s in (-1800.0, 1800.0)]
    return know_traffic(TOWN.streets, places, [*trips, *ends])


def a_closure(*links: str, since: datetime = NOON - timedelta(hours=1)) -> Roadwork:
    return Roadwork("R1", "Kanalbau", "closed", None, links, since)


def slowed(speeds_kmh: Mapping[str, float], freshness: float = 1.0) -> dict[str, LinkState]:
    """Measured states of links; the others are measured at free flow."""
    return {
        link.link_id: _state(link.link_id, speeds_kmh.get(link.link_id, link.free_flow_kmh), freshness)
        for link in GRID.links
    }


def _state(link_id: str, speed_kmh: float, freshness: float) -> LinkState:
    ratio = speed_kmh / 50.0
    level = LevelOfService.JAM if ratio < 0.3 else LevelOfService.SLOW if ratio < 0.5 else LevelOfService.FREE
    return LinkState(link_id, speed_kmh, level, freshness, freshness, NOON, "measured", (f"at-{link_id}",))


def a_snapshot(states: Mapping[str, LinkState], roadworks: Sequence[Roadwork] = (), now: datetime = NOON) -> Snapshot:
    active = active_roadworks(roadworks, now)
    free_s = GRID.base_travel_times_s
    weights = derive_weights(GRID, TOWN.factors, tuple(states.values()), free_s, active, EstimateSettings())
    links = {GRID.index[link]: state for link, state in states.items()}
    graphs = TOWN.graphs
    usual, graph = graphs.usual(now), graphs.current(weights.costs_s, now)
    return Snapshot(1, now, GRID, TOWN.base, weights, free_s, lambda _: free_s, links, active, graph, usual, graphs)


def a_step(
    snapshot: Snapshot,
    knowledge: TrafficKnowledge,
    signs: Iterable[Sign] = (AT_B,),
    corridors: Iterable[Corridor] = (),
    settings: PolicySettings | None = None,
) -> Step:
    moment = Moment(
        now=snapshot.computed_until,
        snapshot=snapshot,
        registry=Registry(tuple(signs), {}, tuple(corridors)),
        usual=Trees(snapshot.usual),
        current=Trees(snapshot.graph),
        settings=settings or PolicySettings(),
        relations=knowledge.at(snapshot.computed_until.astimezone(UTC)),
    )
    return Step(moment, DisplaySettings(), 1, NOON)


def lived(steps: Iterable[Step]) -> list[dict[str, Decision]]:
    """Decide step by step, each knowing the one before."""
    decided: list[dict[str, Decision]] = []
    for step in steps:
        decisions, faults = decide_signs(step, decided[-1] if decided else {})
        assert not faults
        decided.append(decisions)
    return decided
