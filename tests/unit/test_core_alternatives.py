import pytest
from factories_core import a_graph
from factories_network import a_link, a_network, both_ways, place

from lotse_routing.core import alternatives
from lotse_routing.core.alternatives import Limits, list_alternatives
from lotse_routing.core.routes import Anchor, Path
from lotse_routing.core.topology import Topology, build_topology
from lotse_routing.network.model import Link

# A - B - C - D - E, with F beside B - D above and G below; H is a small way round between C and D
PLACES = {
    "A": place(0, 0),
    "B": place(1, 0),
    "C": place(3, 0),
    "D": place(5, 0),
    "E": place(6, 0),
    "F": place(3, 3),
    "G": place(3, -3),
    "H": place(4, 1),
}


def streets(pairs: str, length_m: float, **fields: object) -> list[Link]:
    return both_ways([(pair[0], pair[1]) for pair in pairs.split()], PLACES, length_m=length_m, **fields)


MAIN = [*streets("AB DE", 100.0), *streets("BC CD", 200.0)]
ABOVE, BELOW, SMALL = streets("BF FD", 220.0), streets("BG GD", 230.0), streets("CH HD", 105.0)


def names(topology: Topology, path: Path) -> str:
    return "".join(topology.links[i].from_node for i in path.links) + topology.links[path.links[-1]].to_node


def listed(links: list[Link], at_most: int = 4, limits: Limits | None = None) -> list[str]:
    topology = build_topology(a_network(PLACES, links))
    origin, destination = Anchor(topology.index["A-B-0"], 0.0), Anchor(topology.index["D-E-0"], 1.0)
    found = list_alternatives(a_graph(topology), origin, [destination], limits or Limits(), at_most)
    return [names(topology, path) for path in found]


def test_the_best_comes_first_then_the_alternatives_by_their_cost() -> None:
    assert listed(MAIN + BELOW + ABOVE) == ["ABCDE", "ABFDE", "ABGDE"]
    assert listed(MAIN + BELOW + ABOVE, at_most=2) == ["ABCDE", "ABFDE"]
    assert listed(MAIN + BELOW + ABOVE, at_most=1) == ["ABCDE"]


def test_the_searches_with_penalties_find_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alternatives, "PLATEAUS", 0)
    assert listed(MAIN + BELOW + ABOVE) == ["ABCDE", "ABFDE", "ABGDE"]


def test_a_small_way_round_on_an_otherwise_equal_route_is_no_alternative() -> None:
    assert listed(MAIN + SMALL) == ["ABCDE"]
    assert listed(MAIN + SMALL, limits=Limits(sharing=1.0, optimality=0.4)) == ["ABCDE"]
    assert listed(MAIN + SMALL, limits=Limits(sharing=1.0, optimality=0.3)) == ["ABCDE", "ABCHDE"]


def test_what_is_too_long_or_a_destination_street_is_no_alternative() -> None:
    assert listed(MAIN + streets("BF FD", 300.0)) == ["ABCDE"]
    assert listed(MAIN + streets("BF FD", 300.0), limits=Limits(stretch=0.6)) == ["ABCDE", "ABFDE"]
    assert listed(MAIN + streets("BF FD", 220.0, access="destination")) == ["ABCDE"]


def test_where_no_way_leads_there_is_none_and_on_one_link_only_the_way_along_it() -> None:
    topology = build_topology(a_network(PLACES, MAIN + ABOVE + BELOW))
    link = topology.index["A-B-0"]
    times = topology.base_travel_times_s.copy()
    ahead = list_alternatives(a_graph(topology), Anchor(link, 0.2), [Anchor(link, 0.7)], Limits(), 3)
    assert [path.links for path in ahead] == [(link,)]
    assert ahead[0].cost_s == pytest.approx(5.0)
    times[topology.index["D-E-0"]] = float("inf")
    end = Anchor(topology.index["D-E-0"], 1.0)
    assert list_alternatives(a_graph(topology, times), Anchor(link, 0.0), [end], Limits(), 3) == []


def test_where_even_the_best_route_is_too_dear_once_penalised_it_stands_alone() -> None:
    """30 links of 8 hours each: a bit more, and the sum counts as no way at all."""
    row = {f"{i:02}": place(i, 0) for i in range(31)}
    topology = build_topology(a_network(row, [a_link(f"{i:02}", f"{i + 1:02}", row) for i in range(30)]))
    graph = a_graph(topology, [30_000.0] * 30)
    found = list_alternatives(graph, Anchor(0, 0.0), [Anchor(29, 1.0)], Limits(), 3)
    assert [path.cost_s for path in found] == [900_000.0]
