"""How often a route has alternatives, and how long it takes to find them.

Usage: `PYTHONPATH=tests .venv/bin/python -m benchmarks.alternatives FILE.osm.pbf ...`
"""

import json
import sys
import time
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

import numpy as np
from factories_core import MONDAY_NOON
from factories_network import unwatched

from lotse_routing.core.access import Permits, Vehicle
from lotse_routing.core.alternatives import Limits, list_alternatives
from lotse_routing.core.routes import Anchor, RouteGraph, route_graph
from lotse_routing.core.topology import Topology, build_topology
from lotse_routing.network.geometry import EARTH_RADIUS_M
from lotse_routing.network.import_osm import import_osm
from lotse_routing.settings import WeightSettings
from lotse_routing.state.weights import minor_street_factors, turn_costs

APART_M = 2000.0
PAIRS = 200


def an_empty_town(path: Path) -> RouteGraph:
    """A city with nothing on its streets, minor ones dearer, turns costing what they cost."""
    network, _ = import_osm(path, path.name, unwatched)
    topology, settings = build_topology(network), WeightSettings()
    costs_s = topology.base_travel_times_s * minor_street_factors(topology, settings)
    permit = Permits(topology, Vehicle()).at(MONDAY_NOON)
    return route_graph(topology, permit, costs_s, turn_costs(topology, settings))


def pairs_apart(topology: Topology, seed: int = 1) -> list[tuple[int, int]]:
    """Pairs of links, the same ones every time."""
    random, pairs = np.random.default_rng(seed), list[tuple[int, int]]()
    while len(pairs) < PAIRS:
        start, end = random.integers(0, len(topology.links), 2).tolist()
        if _distance_m(topology, start, end) >= APART_M:
            pairs.append((start, end))
    return pairs


def figures_of(graph: RouteGraph, at_most: int = 3) -> dict[str, Any]:
    """Ask for a route and two alternatives between every pair."""
    counts, times_ms = list[int](), list[float]()
    pairs = pairs_apart(graph.topology)
    for start, end in [pairs[0], *pairs]:  # the first one twice: it waits for the compiler
        began = time.perf_counter()
        found = list_alternatives(graph, Anchor(start, 0.5), [Anchor(end, 0.5)], Limits(), at_most)
        times_ms.append(1000 * (time.perf_counter() - began))
        counts.append(len(found))
    found_for, taken_ms = np.array(counts[1:]), np.array(times_ms[1:])
    return {
        "pairs": PAIRS,
        "without_route": int((found_for == 0).sum()),
        "share_with_one": float((found_for >= 2).mean()),
        "share_with_two": float((found_for >= 3).mean()),
        "query_median_ms": round(float(np.median(taken_ms)), 1),
        "query_p90_ms": round(float(np.percentile(taken_ms, 90)), 1),
    }


def _distance_m(topology: Topology, start: int, end: int) -> float:
    (lon, lat), (to_lon, to_lat) = topology.links[start].coordinates[0], topology.links[end].coordinates[-1]
    return hypot((to_lon - lon) * cos(radians(lat)), to_lat - lat) * radians(1) * EARTH_RADIUS_M


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(json.dumps({"network": name, **figures_of(an_empty_town(Path(name)))}))  # noqa: T201 - what it is for
