"""What everybody is given: the same graph, the same costs, the same 200 pairs; and whether the answers hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from benchmarks.routing.city import City, Ints, Places, whole_ms

Kind = Literal["node", "turn"]

DETOURS = 200
SLOWER = (1.0, 5.0)
"""Every round draws each link's time anew, between these factors of its free-flow time."""


@dataclass(frozen=True, slots=True, eq=False)
class RoadGraph:
    """A simple digraph on which everybody searches.

    `tails`, `heads` are the ends of the arcs, `arc_links` the link whose cost an arc has; shape (arcs,). On the node
    graph a node is a junction; on the turn graph it is a street, and an arc costs what the street it leads into does.

    `places` are those of the nodes. `streets` are the ends of what a node of the turn graph stands for, an arc of the
    node graph itself, at `junctions`: for those who order a graph by the map.
    """

    kind: Kind
    tails: Ints
    heads: Ints
    arc_links: Ints
    places: Places
    streets: tuple[Ints, Ints]
    junctions: Places

    @property
    def nodes(self) -> int:
        """How many there are."""
        return len(self.places)


@dataclass(frozen=True, slots=True)
class Route:
    """Milliseconds, and the nodes from the origin to the destination."""

    cost_ms: int
    nodes: Sequence[int]


Pairs = list[tuple[int, int]]
"""Origins and destinations."""


def node_graph(city: City) -> RoadGraph:
    """Make the graph of junctions, which knows no turns. Of parallel links it has the one that is quicker when free."""
    order = np.lexsort((city.link_ms, city.link_heads, city.link_tails))
    ends = np.stack((city.link_tails[order], city.link_heads[order]), axis=1)
    is_first = np.append(True, np.any(ends[1:] != ends[:-1], axis=1))
    kept = np.sort(order[is_first]).astype(np.int32)
    tails, heads = city.link_tails[kept], city.link_heads[kept]
    return RoadGraph("node", tails, heads, kept, city.places, (tails, heads), city.places)


def turn_graph(city: City) -> RoadGraph:
    """Make the graph of streets and allowed turns. A street's place is the middle between its ends."""
    begins, ends = city.link_tails[city.state_links], city.link_heads[city.state_links]
    return RoadGraph(
        "turn",
        city.turn_tails,
        city.turn_heads,
        city.state_links[city.turn_heads],
        (city.places[begins] + city.places[ends]) / 2,
        (begins, ends),
        city.places,
    )


def draw_pairs(graph: RoadGraph, lively: Ints, seed: int = 0) -> Pairs:
    """Draw origins and destinations between which there is a way, the nearest pair first."""
    drawn = np.random.default_rng(seed).choice(lively, (2 * DETOURS, 2))
    pairs = drawn[drawn[:, 0] != drawn[:, 1]][:DETOURS]
    distances = np.linalg.norm(graph.places[pairs[:, 0]] - graph.places[pairs[:, 1]], axis=1)
    return [(int(origin), int(destination)) for origin, destination in pairs[np.argsort(distances, kind="stable")]]


def sample(pairs: Pairs, count: int) -> Pairs:
    """Take some, spread evenly from the nearest to the farthest: slow contestants answer only these."""
    step = len(pairs) / count
    return [pairs[int((i + 0.5) * step)] for i in range(count)]


def draw_costs(city: City, number: int) -> Ints:
    """Draw the milliseconds of all links for one round."""
    factors = np.random.default_rng([number, len(city.link_ms)]).uniform(*SLOWER, len(city.link_ms))
    return whole_ms(city.link_ms * factors)


class Referee:
    """Knows what every path costs."""

    def __init__(self, graph: RoadGraph) -> None:
        keys = self._keys(graph, graph.tails, graph.heads)
        self._graph, self._order = graph, np.argsort(keys)
        self._sorted = keys[self._order]

    def count_wrong(self, answers: dict[str, dict[tuple[int, int], Route]], link_costs: Ints) -> dict[str, int]:
        """Count each contestant's wrong answers.

        A path is wrong that does not lead there, or does not cost what was told, or costs more than another
        contestant's. Costs are whole numbers below 2**53: they are equal or they are not.
        """
        holds = {
            name: {pair: self._holds(pair, route, link_costs) for pair, route in routes.items()}
            for name, routes in answers.items()
        }
        best: dict[tuple[int, int], int] = {}
        for name, routes in answers.items():
            for pair, route in routes.items():
                if holds[name][pair]:
                    best[pair] = min(route.cost_ms, best.get(pair, route.cost_ms))
        return {
            name: sum(not holds[name][pair] or route.cost_ms != best[pair] for pair, route in routes.items())
            for name, routes in answers.items()
        }

    def _holds(self, pair: tuple[int, int], route: Route, link_costs: Ints) -> bool:
        nodes = np.asarray(route.nodes, dtype=np.int32)
        if len(nodes) == 0 or (nodes[0], nodes[-1]) != pair:
            return False
        arcs = self._find_arcs(nodes)
        return arcs is not None and int(link_costs[self._graph.arc_links[arcs]].sum(dtype=np.int64)) == route.cost_ms

    def _find_arcs(self, nodes: Ints) -> Ints | None:
        keys = self._keys(self._graph, nodes[:-1], nodes[1:])
        found = np.minimum(np.searchsorted(self._sorted, keys), len(self._sorted) - 1)
        return self._order[found].astype(np.int32) if np.array_equal(self._sorted[found], keys) else None

    @staticmethod
    def _keys(graph: RoadGraph, tails: Ints, heads: Ints) -> npt.NDArray[np.int64]:
        return tails.astype(np.int64) * graph.nodes + heads
