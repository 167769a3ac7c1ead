"""What a step reads: the network with what is derived from it once, the registry, roadworks, places of detectors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from lotse_routing.core.topology import Seconds, Topology
from lotse_routing.decide.modes import Rules
from lotse_routing.decide.registry import Registry
from lotse_routing.decide.relations.knowledge import TrafficKnowledge
from lotse_routing.decide.relations.streets import Streets, read_streets
from lotse_routing.settings import WeightSettings
from lotse_routing.state.estimate import DetectorPlace
from lotse_routing.state.graphs import RouteGraphs
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.state.weights import Weights, base_weights, minor_street_factors


@dataclass(frozen=True, slots=True, eq=False)
class Town:
    """A network version with what is derived from it once: factors, weights of the empty town, its route graphs."""

    topology: Topology
    factors: Seconds
    base: Weights
    graphs: RouteGraphs
    free_flow_kmh: Mapping[str, float]
    streets: Streets


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What the steps read, until a hint says that it changed; `knowledge` of the usual traffic is None without any."""

    town: Town
    registry: Registry
    roadworks: tuple[Roadwork, ...]
    places: tuple[DetectorPlace, ...]
    rules: Rules = field(default_factory=Rules)
    knowledge: TrafficKnowledge | None = None


def build_town(topology: Topology, settings: WeightSettings, zone: ZoneInfo) -> Town:
    """Derive what a network version has once."""
    factors = minor_street_factors(topology, settings)
    base = base_weights(topology, factors)
    speeds = {link.link_id: link.free_flow_kmh for link in topology.links}
    streets = read_streets(topology, settings.minor_street_classes)
    return Town(topology, factors, base, RouteGraphs(topology, base.costs_s, settings, zone), speeds, streets)
