"""On random networks the searches equal a plain computation of the definition of a route."""

from collections.abc import Iterator
from itertools import pairwise, product
from math import cos, inf, pi, sin
from random import Random
from typing import NamedTuple

import numpy as np
import pytest
from factories_network import a_link, a_network, banned_links, place
from hypothesis import given, settings
from hypothesis import strategies as st

from lotse_routing.core.query import Path, find_path, link_tree, path_via, reverse_tree
from lotse_routing.core.topology import Topology, TravelTimes, build_topology
from lotse_routing.network.model import StreetNetwork

NODES = "ABCDEFG"
PLACES = {
    node: place(3 * cos(2 * pi * i / len(NODES)), 3 * sin(2 * pi * i / len(NODES))) for i, node in enumerate(NODES)
}


class Town(NamedTuple):
    network: StreetNetwork
    topology: Topology
    travel_times_s: TravelTimes
    may_follow: frozenset[tuple[int, int]]


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """Up to 20 straight links between 7 junctions; some private, some closed, some turns banned, many equal times."""
    pair = st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda ends: ends[0] != ends[1])
    ends = draw(st.lists(pair, min_size=1, max_size=20, unique=True))
    access = st.sampled_from(["yes", "yes", "yes", "destination"])
    links = [a_link(*pair, PLACES, access=draw(access)) for pair in ends]
    turns = [(a.link_id, b.link_id) for a in links for b in links if a.to_node == b.from_node]
    banned = draw(st.sets(st.sampled_from(turns), max_size=6)) if turns else set()
    time_s = st.one_of(st.integers(1, 5).map(float), st.floats(0.1, 50.0), st.just(inf))
    times = draw(st.lists(time_s, min_size=len(links), max_size=len(links)))
    network = a_network(PLACES, links, banned)
    return Town(network, build_topology(network), np.array(times), frozenset(turns_by_definition(network)))


def turns_by_definition(network: StreetNetwork) -> Iterator[tuple[int, int]]:
    """On straight streets: onward, not banned, and back only where nothing else leads on."""
    links = network.links()
    for i, link in enumerate(links):
        onward = [(j, then) for j, then in enumerate(links) if then.from_node == link.to_node]
        is_dead_end = all(then.to_node == link.from_node for _, then in onward)
        for j, then in onward:
            is_banned = (link.link_id, then.link_id) in banned_links(network)
            if not is_banned and (then.to_node != link.from_node or is_dead_end):
                yield i, j


def is_legal(town: Town, path: Path) -> bool:
    links = [town.topology.links[i] for i in path.links]
    private = "".join("p" if link.access == "destination" else "." for link in links)
    is_through = "p" in private.strip("p")
    is_open = all(town.travel_times_s[i] < inf for i in path.links)
    return is_open and not is_through and town.may_follow.issuperset(pairwise(path.links))


def plain_times_s(town: Town, start: int) -> list[float]:
    """Bellman-Ford, forward, over links and the part of the route they stand in: beginning 0, public 1, end 2."""
    times = town.travel_times_s.tolist()
    private = [link.access == "destination" for link in town.topology.links]
    best = {(start, 0 if private[start] else 1): times[start]}
    changed = True
    while changed:
        changed = False
        for (i, part), (a, j) in product(list(best), town.may_follow):
            if a != i or (part == 2 and not private[j]):
                continue
            state = (j, (part if part != 1 else 2) if private[j] else 1)
            arrival = best[i, part] + times[j]
            if arrival < best.get(state, inf):
                best[state] = arrival
                changed = True
    return [min(best.get((j, part), inf) for part in range(3)) for j in range(len(times))]


@settings(max_examples=100, deadline=None)
@given(towns(), st.data())
def test_a_path_is_legal_and_as_quick_as_the_plain_definition_allows(town: Town, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(town.travel_times_s) - 1))
    for end, expected_s in enumerate(plain_times_s(town, start)):
        path = find_path(town.topology, town.travel_times_s, start, end)
        if path is None:
            assert expected_s == inf
            continue
        assert (path.links[0], path.links[-1]) == (start, end)
        assert is_legal(town, path)
        assert path.travel_time_s == pytest.approx(sum(town.travel_times_s[i] for i in path.links))
        assert path.travel_time_s == pytest.approx(expected_s)


@settings(max_examples=100, deadline=None)
@given(towns(), st.sampled_from(NODES))
def test_a_reverse_tree_gives_the_best_path_to_any_link_that_ends_there(town: Town, node: str) -> None:
    ends = town.topology.links_to.get(node)
    if ends is None:
        return
    tree = reverse_tree(town.topology, town.travel_times_s, node)
    for start in range(len(town.topology.links)):
        expected_s = min(plain_times_s(town, start)[end] for end in ends)
        path = tree.path_from(start)
        assert (path is None) == (expected_s == inf) == (tree.travel_time_s(start) == inf)
        if path is not None:
            assert is_legal(town, path)
            assert path.links[0] == start
            assert path.links[-1] in ends
            assert path.travel_time_s == pytest.approx(expected_s)
            assert tree.travel_time_s(start) == pytest.approx(expected_s)


@settings(max_examples=100, deadline=None)
@given(towns(), st.data())
def test_a_path_via_a_corridor_is_legal_and_drives_it_exactly(town: Town, data: st.DataObject) -> None:
    links = range(len(town.topology.links))
    start = data.draw(st.sampled_from(links))
    via = [data.draw(st.sampled_from(links))]
    for _ in range(data.draw(st.integers(0, 3))):
        via += data.draw(st.sampled_from([[j] for j in town.topology.turns.successors(via[-1])] or [[]]))
    tree = reverse_tree(
        town.topology, town.travel_times_s, town.topology.links[data.draw(st.sampled_from(links))].to_node
    )
    path = path_via(start, link_tree(town.topology, town.travel_times_s, via[0]), via, tree)
    if path is not None:
        assert is_legal(town, path)
        assert path.links[0] == start
        assert any(list(path.links[i : i + len(via)]) == via for i in range(len(path.links)))
        quickest = tree.path_from(start)
        assert quickest is not None
        assert quickest.travel_time_s <= path.travel_time_s + 1e-6


@settings(max_examples=100, deadline=None)
@given(towns(), st.data())
def test_a_slower_link_never_makes_a_path_quicker(town: Town, data: st.DataObject) -> None:
    slower = town.travel_times_s.copy()
    slower[data.draw(st.integers(0, len(slower) - 1))] *= 3
    node = town.topology.links[data.draw(st.integers(0, len(slower) - 1))].to_node
    before = reverse_tree(town.topology, town.travel_times_s, node)
    after = reverse_tree(town.topology, slower, node)
    assert all(after.travel_time_s(i) >= before.travel_time_s(i) - 1e-9 for i in range(len(slower)))


@settings(max_examples=50, deadline=None)
@given(towns(), st.randoms(use_true_random=False))
def test_ties_do_not_depend_on_the_order_of_what_a_network_is_made_from(town: Town, random: Random) -> None:
    links, banned = town.network.links(), sorted(banned_links(town.network))
    random.shuffle(links)
    shuffled = build_topology(a_network(dict(random.sample(list(PLACES.items()), len(PLACES))), links, banned))
    assert shuffled.network_version == town.topology.network_version
    for start, end in product(range(len(links)), repeat=2):
        again = find_path(shuffled, town.travel_times_s, start, end)
        assert again == find_path(town.topology, town.travel_times_s, start, end)
