"""From a street network to a city's arrays."""

from collections.abc import Iterable
from datetime import datetime
from math import cos, radians

import networkx as nx
import numpy as np

from benchmarks.routing.city import City, Ints, Places, whole_ms
from lotse_routing.core.access import Permits, Vehicle
from lotse_routing.core.topology import build_topology
from lotse_routing.network.geometry import EARTH_RADIUS_M
from lotse_routing.network.model import Junction, StreetNetwork

MOMENT = datetime(2026, 11, 25, 12)  # noqa: DTZ001 - local time, as rules of the road are
"""When we drive: what is forbidden at certain hours only is forbidden then, or not."""


def read_city(network: StreetNetwork) -> City:
    """Make arrays of a street network, with the turns that a car may make in it at `MOMENT`."""
    topology = build_topology(network)
    junctions = network.junctions()
    number = {junction.node_id: i for i, junction in enumerate(junctions)}
    tails = _ints(number[link.from_node] for link in topology.links)
    heads = _ints(number[link.to_node] for link in topology.links)
    is_open = Permits(topology, Vehicle()).at(MOMENT).open_arcs
    turn_tails, turn_heads = (ends[is_open].astype(np.int32) for ends in (topology.states.tail, topology.states.head))
    return City(
        places=_places(junctions),
        link_tails=tails,
        link_heads=heads,
        link_ms=whole_ms(1000 * topology.base_travel_times_s),
        state_links=topology.states.link.astype(np.int32),
        turn_tails=turn_tails,
        turn_heads=turn_heads,
        lively_junctions=_lively(tails, heads),
        lively_states=_lively(turn_tails, turn_heads),
    )


def _lively(tails: Ints, heads: Ints) -> Ints:
    graph: nx.DiGraph[int] = nx.DiGraph(zip(tails.tolist(), heads.tolist(), strict=True))
    parts: list[set[int]] = list(nx.strongly_connected_components(graph))
    sizes = [len(part) for part in parts]
    return _ints(sorted(parts[sizes.index(max(sizes))]))


def _places(junctions: list[Junction]) -> Places:
    degrees = np.array([(junction.lon, junction.lat) for junction in junctions])
    m_per_degree = radians(1) * EARTH_RADIUS_M
    m_per_degrees = np.array([m_per_degree * cos(radians(float(degrees[0, 1]))), m_per_degree])
    places: Places = (degrees - degrees[0]) * m_per_degrees
    return places


def _ints(numbers: Iterable[int]) -> Ints:
    return np.fromiter(numbers, dtype=np.int32)
