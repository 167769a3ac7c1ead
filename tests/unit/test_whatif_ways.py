"""The ways among which whoever asks may choose."""

from factories_core import a_graph
from factories_network import both_ways, place
from factories_whatif import a_snapshot_of

from lotse_routing.core.alternatives import Limits
from lotse_routing.core.routes import Anchor
from lotse_routing.whatif.ways import list_ways

SIDE = 5


def test_among_equally_quick_ways_those_beside_the_best_keep_to_the_limits_too() -> None:
    """Blocks of equal length, asked from junction to junction: many ways are equally quick, and hardly differ."""
    places = {f"{x}{y}": place(5 * x, 5 * y) for x in range(SIDE) for y in range(SIDE)}
    east = [(f"{x}{y}", f"{x + 1}{y}") for x in range(SIDE - 1) for y in range(SIDE)]
    north = [(f"{x}{y}", f"{x}{y + 1}") for x in range(SIDE) for y in range(SIDE - 1)]
    topology = a_snapshot_of(places, both_ways(east + north, places, length_m=500.0)).topology
    graph = a_graph(topology)
    origins = [Anchor(i, 0.0) for i, link in enumerate(topology.links) if link.from_node == "03"]
    ends = [Anchor(i, 1.0) for i in topology.links_to["41"]]
    best, *others = list_ways(graph, origins, [ends], 3)
    assert others
    for other in others:
        shared = set(best.links) & set(other.links)
        assert sum(graph.costs_s[list(shared)]) <= best.cost_s * Limits().sharing
