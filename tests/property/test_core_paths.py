"""On random networks the compiled core equals networkx on the turn-expanded graph."""

from itertools import product
from math import cos, inf, pi, sin
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from factories_core import MONDAY_NOON, a_graph, costs_by_id, ids_of
from factories_network import a_link, a_network, place
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Drive, Oracle

from lotse_routing.core.routes import (
    Anchor,
    Path,
    RouteGraph,
    find_path,
    find_path_between,
    is_route,
    tree_over,
    tree_to_junction,
    tree_to_link,
)
from lotse_routing.core.topology import build_topology
from lotse_routing.corridors.resolution import list_faults
from lotse_routing.network.model import BannedTurn, Condition, StreetNetwork, build_network
from lotse_routing.settings import WeightSettings
from lotse_routing.town import build_town
from lotse_shared.vehicle import VehicleClass

NODES = "ABCDEFG"
PLACES = {
    node: place(3 * cos(2 * pi * i / len(NODES)), 3 * sin(2 * pi * i / len(NODES))) for i, node in enumerate(NODES)
}
ACCESS = st.sampled_from(["yes", "yes", "yes", "destination", "no"])
VEHICLES = st.sampled_from(VehicleClass)
DURING = st.sampled_from(["", "", "Mo 10:00-14:00", "Mo 13:00-14:00"])


class Town(NamedTuple):
    network: StreetNetwork
    graph: RouteGraph
    oracle: Oracle
    costs: dict[str, int]


@st.composite
def networks(draw: st.DrawFn) -> StreetNetwork:
    """Up to 20 straight links between 7 junctions, each vehicle class with its access; sequences of links banned."""
    pair = st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda ends: ends[0] != ends[1])
    ends = draw(st.lists(pair, min_size=1, max_size=20, unique=True))
    kinds = ("access", "truck_access", "bus_access", "emergency_access")
    links = [a_link(*pair, PLACES, **{kind: draw(ACCESS) for kind in kinds}) for pair in ends]
    sequences: list[tuple[str, ...]] = [
        (a.link_id, b.link_id) for a in links for b in links if a.to_node == b.from_node
    ]
    for _ in range(2):
        by_id = {link.link_id: link for link in links}
        sequences += [(*s, b.link_id) for s in sequences for b in links if by_id[s[-1]].to_node == b.from_node][:300]
    bans = st.builds(BannedTurn, st.sampled_from(sequences or [()]), st.frozensets(VEHICLES, min_size=1), DURING)
    conditions = st.builds(
        Condition,
        st.sampled_from([link.link_id for link in links]),
        st.frozensets(VEHICLES, min_size=1),
        ACCESS,
        DURING.filter(bool),
    )
    return build_network(
        "a town",
        "a test",
        a_network(PLACES, links).junctions(),
        links,
        draw(st.lists(bans, max_size=8)) if sequences else [],
        conditions=draw(st.lists(conditions, max_size=2, unique_by=lambda condition: condition.link_id)),
    )


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """A network under costs of which many are equal and some infinite, for one vehicle class."""
    network, vehicle = draw(networks()), draw(VEHICLES)
    time_s = st.one_of(st.integers(1, 5).map(float), st.floats(0.1, 50.0), st.just(inf))
    costs_s = draw(st.lists(time_s, min_size=len(network.links()), max_size=len(network.links())))
    graph = a_graph(build_topology(network), costs_s, vehicle)
    oracle = Oracle(network, vehicle, MONDAY_NOON)
    return Town(network, graph, oracle, costs_by_id(graph))


def is_as_the_oracle_says(town: Town, path: Path | None, expected: int | None) -> bool:
    if path is None:
        return expected is None
    cost = town.oracle.cost_of(ids_of(town.graph, path.links), town.costs)
    return cost == expected == round(path.cost_s * 1000)


@settings(max_examples=200, deadline=None)
@given(towns())
def test_a_path_is_a_route_and_none_is_cheaper(town: Town) -> None:
    links = town.graph.topology.links
    for start, link in enumerate(links):
        expected = town.oracle.costs_from(link.link_id, town.costs)
        for end, last in enumerate(links):
            path = find_path(town.graph, start, end)
            assert is_as_the_oracle_says(town, path, expected.get(last.link_id))
            if path is not None:
                assert (path.links[0], path.links[-1]) == (start, end)
                assert is_route(town.graph, path.links)


@settings(max_examples=100, deadline=None)
@given(towns(), st.sampled_from(NODES))
def test_a_reverse_tree_gives_the_best_path_to_any_link_that_ends_there(town: Town, node: str) -> None:
    ends = town.graph.topology.links_to.get(node)
    if ends is None:
        return
    tree = tree_to_junction(town.graph, node)
    for start, link in enumerate(town.graph.topology.links):
        costs = town.oracle.costs_from(link.link_id, town.costs)
        expected = min((costs[end] for end in ids_of(town.graph, ends) if end in costs), default=None)
        path = tree.path_from(start)
        assert is_as_the_oracle_says(town, path, expected)
        assert tree.cost_s(start) == (path.cost_s if path else inf)
        if path is not None:
            assert path.links[0] == start
            assert path.links[-1] in ends


@settings(max_examples=200, deadline=None)
@given(towns(), st.data())
def test_a_tree_over_a_corridor_gives_the_best_route_that_drives_it_exactly(town: Town, data: st.DataObject) -> None:
    graph = town.graph
    via = [data.draw(st.integers(0, len(graph.topology.links) - 1))]
    for _ in range(data.draw(st.integers(0, 3))):
        onward = [
            i for i, link in enumerate(graph.topology.links) if link.from_node == graph.topology.links[via[-1]].to_node
        ]
        via += [data.draw(st.sampled_from(onward))] if onward else []
    end = data.draw(st.integers(0, len(graph.topology.links) - 1))
    tree = tree_over(tuple(via), tree_to_link(graph, end))
    for start in range(len(graph.topology.links)):
        path = tree.path_from(start)
        expected = _cost_over(town, start, via, end)
        assert is_as_the_oracle_says(town, path, expected)
        if path is not None:
            assert any(list(path.links[i : i + len(via)]) == via for i in range(len(path.links)))


def _cost_over(town: Town, start: int, via: list[int], end: int) -> int | None:
    """By the oracle: to the corridor in any way, along it, and on, all as one drive."""
    ids = ids_of(town.graph, [start, *via, end])
    first, corridor, last = ids[0], ids[1:-1], ids[-1]
    if first not in town.costs or town.oracle.access[first] == "no":
        return None
    reached = {town.oracle.start(first): town.costs[first]}
    reached = _spread(town, reached)
    at = {drive: cost for drive, cost in reached.items() if drive.last[-1] == corridor[0]}
    for link in corridor[1:]:
        onward: dict[Drive, int] = {}
        for drive, cost in at.items():
            for after in town.oracle.graph.successors(drive):
                if after.last[-1] == link and link in town.costs:
                    onward[after] = min(onward.get(after, 2**40), cost + town.costs[link])
        at = onward
    return min((cost for drive, cost in _spread(town, at).items() if drive.last[-1] == last), default=None)


def _spread(town: Town, seeds: dict[Drive, int]) -> dict[Drive, int]:
    """Bellman-Ford from drives that cost something already."""
    best, changed = dict(seeds), list(seeds)
    while changed:
        drive = changed.pop()
        for after in town.oracle.graph.successors(drive):
            link = after.last[-1]
            if link in town.costs and best[drive] + town.costs[link] < best.get(after, 2**40):
                best[after] = best[drive] + town.costs[link]
                changed.append(after)
    return best


@settings(max_examples=100, deadline=None)
@given(towns(), st.data())
def test_between_points_only_what_is_driven_counts(town: Town, data: st.DataObject) -> None:
    links = range(len(town.graph.topology.links))
    fractions = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    origin = Anchor(data.draw(st.sampled_from(links)), data.draw(fractions))
    end = Anchor(data.draw(st.sampled_from(links)), data.draw(fractions))
    path = find_path_between(town.graph, origin, [end])
    first, last = ids_of(town.graph, [origin.link, end.link])
    if first == last and end.fraction < origin.fraction:
        assert path is None or (len(path.links) > 1 and path.links[0] == path.links[-1] == end.link)
        return
    whole = town.oracle.costs_from(first, town.costs).get(last)
    assert (path is None) == (whole is None)
    if path is not None and whole is not None:
        driven = whole - origin.fraction * town.costs[first] - (1 - end.fraction) * town.costs[last]
        assert path.cost_s * 1000 == pytest.approx(driven, abs=2)


@settings(max_examples=100, deadline=None)
@given(towns(), st.data())
def test_a_slower_or_closed_link_never_makes_a_path_cheaper(town: Town, data: st.DataObject) -> None:
    graph = town.graph
    slower = graph.costs_s.copy()
    slower[data.draw(st.integers(0, len(slower) - 1))] *= data.draw(st.sampled_from([3, inf]))
    node = graph.topology.links[data.draw(st.integers(0, len(slower) - 1))].to_node
    before = tree_to_junction(graph, node)
    after = tree_to_junction(a_graph(graph.topology, slower, graph.permit.vehicle.vehicle_class), node)
    assert all(after.cost_s(i) >= before.cost_s(i) for i in range(len(slower)))


@settings(max_examples=50, deadline=None)
@given(towns(), st.randoms(use_true_random=False))
def test_ties_do_not_depend_on_the_order_of_what_a_network_is_made_from(town: Town, random: Random) -> None:
    links, junctions = town.network.links(), town.network.junctions()
    bans, conditions = list(town.network.banned_turns), list(town.network.conditions)
    for parts in (links, junctions, bans, conditions):
        random.shuffle(parts)
    shuffled = build_network("a town", "a test", junctions, links, bans, conditions=conditions)
    assert shuffled.version == town.network.version
    again = a_graph(build_topology(shuffled), town.graph.costs_s, town.graph.permit.vehicle.vehicle_class)
    for start, end in product(range(len(links)), repeat=2):
        assert find_path(again, start, end) == find_path(town.graph, start, end)


@settings(max_examples=200, deadline=None)
@given(networks(), st.sets(VEHICLES, min_size=2), st.data())
def test_what_several_classes_share_is_exactly_what_each_of_them_may_drive(
    network: StreetNetwork, classes: set[VehicleClass], data: st.DataObject
) -> None:
    """Also where a street is for destination traffic to one, and where bans reach over several links."""
    town = build_town(build_topology(network), WeightSettings(), ZoneInfo("UTC"))
    shared = town.graphs.at_all_hours(*classes, may_turn_back=True)
    alone = [town.graphs.at_all_hours(each, may_turn_back=True) for each in classes]
    links = town.topology.links
    way = [data.draw(st.sampled_from(range(len(links))))]
    while onward := [i for i, link in enumerate(links) if link.from_node == links[way[-1]].to_node and i not in way]:
        way.append(data.draw(st.sampled_from(onward)))
    for end in range(1, len(way) + 1):
        ids = ids_of(shared, way[:end])
        assert (not list_faults(shared, ids)) == (not any(list_faults(graph, ids) for graph in alone))
