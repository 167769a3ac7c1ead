"""What `make bench-routing` compares is comparable: the same graph, the same costs, and a referee who notices."""

from importlib.util import find_spec
from itertools import pairwise, product

import networkx as nx
import numpy as np
import pytest
from benchmarks.routing.city import City, Ints, tile
from benchmarks.routing.contestants import CONTESTANTS, ManyAtOnce
from benchmarks.routing.corner import Corner, CornerError
from benchmarks.routing.streets import read_city
from benchmarks.routing.task import (
    Pairs,
    Referee,
    RoadGraph,
    Route,
    draw_costs,
    draw_pairs,
    node_graph,
    sample,
    turn_graph,
)
from factories_network import a_link, a_network, both_ways, place

PACKAGES = {"scipy": "scipy", "networkit": "networkit", "routingkit-cch": "routingkit_cch"}
"""Of the contestants that only the dependency group `bench` installs."""
SIDE = 4

Drawn = tuple[RoadGraph, Pairs, Ints]


def a_city(columns: int = 1, rows: int = 1) -> City:
    """A grid of streets with a one-way street beside one of them, a banned turn and a destination street."""
    places = {f"{column}{row}": place(column, row) for column, row in product(range(SIDE), repeat=2)}
    pairs = [(a, b) for a, b in product(places, repeat=2) if a < b and _are_neighbours(a, b)]
    private = both_ways([("00", "01")], places, access="destination")
    links = [
        *both_ways([pair for pair in pairs if pair != ("00", "01")], places),
        *private,
        a_link("11", "12", places, link_id="11-12-1", length_m=90.0),
    ]
    return tile(read_city(a_network(places, links, [("10-11-0", "11-12-0")])), columns, rows)


def _are_neighbours(a: str, b: str) -> bool:
    return abs(int(a[0]) - int(b[0])) + abs(int(a[1]) - int(b[1])) == 1


def _draw(city: City, kind: str) -> Drawn:
    graph = node_graph(city) if kind == "node" else turn_graph(city)
    pairs = draw_pairs(graph, city.lively_junctions if kind == "node" else city.lively_states)
    return graph, pairs, draw_costs(city, 0)


def _play(name: str, drawn: Drawn) -> list[Route]:
    graph, pairs, costs = drawn
    contestant = CONTESTANTS[name]()
    contestant.prepare(graph)
    contestant.apply(draw_costs(a_city(2, 1), 1))
    contestant.apply(costs)
    routes = [contestant.read(contestant.answer(*pair)) for pair in pairs]
    assert not isinstance(contestant, ManyAtOnce) or routes == list(map(contestant.read, contestant.answer_all(pairs)))
    return routes


@pytest.mark.parametrize("kind", ["node", "turn"])
@pytest.mark.parametrize("name", [name for name in CONTESTANTS if name != "networkx"])
def test_contestants_agree_with_networkx_and_their_paths_cost_what_they_say(name: str, kind: str) -> None:
    package = PACKAGES.get(name)
    if package is not None and find_spec(package) is None:
        pytest.skip(f"ABSENT: {name}: uv sync --group bench")
    drawn = graph, pairs, costs = _draw(a_city(2, 1), kind)
    answers = {one: dict(zip(pairs, _play(one, drawn), strict=True)) for one in ("networkx", name)}
    assert Referee(graph).count_wrong(answers, costs) == {"networkx": 0, name: 0}
    assert [route.cost_ms for route in answers[name].values()] == [
        route.cost_ms for route in answers["networkx"].values()
    ]


def test_a_contestant_plays_in_a_process_of_its_own_as_it_does_here() -> None:
    drawn = graph, pairs, costs = _draw(a_city(), "turn")
    corner = Corner("networkx", graph)
    try:
        corner.prepare(costs, pairs)
        played = corner.play(costs, pairs)
        assert corner.peak_growth_mb() > 0
    finally:
        corner.close()
    assert played.routes == _play("networkx", drawn)
    assert len(played.query_us) == len(pairs)


def test_a_contestant_whose_process_ends_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    graph, pairs, costs = _draw(a_city(), "node")
    corner = Corner("nobody", graph)
    with pytest.raises(CornerError, match="nobody ended with exit code 1 when asked to prepare"):
        corner.prepare(costs, pairs)
    corner.close()
    assert "KeyError: 'nobody'" in capfd.readouterr().err


def test_the_referee_counts_detours_false_costs_and_paths_over_no_arc() -> None:
    graph, pairs, costs = _draw(a_city(), "node")
    right = dict(zip(pairs, _play("networkx", (graph, pairs, costs)), strict=True))
    pair, route = max(right.items(), key=lambda answer: len(answer[1].nodes))
    elsewhere = nx.shortest_simple_paths(nx.DiGraph(zip(graph.tails, graph.heads, strict=True)), *pair)
    dearer = next(
        Route(cost_ms, nodes) for nodes in elsewhere if (cost_ms := _cost_ms(graph, nodes, costs)) > route.cost_ms
    )
    wrong = {
        "a detour": dearer,
        "a false cost": Route(route.cost_ms - 1, route.nodes),
        "no arc": Route(route.cost_ms, [pair[0], pair[1]]),
        "elsewhere": Route(route.cost_ms, route.nodes[:-1]),
        "nothing": Route(route.cost_ms, []),
    }
    counted = Referee(graph).count_wrong({"right": right} | {name: {pair: told} for name, told in wrong.items()}, costs)
    assert counted == {"right": 0} | dict.fromkeys(wrong, 1)


def _cost_ms(graph: RoadGraph, nodes: list[int], costs: Ints) -> int:
    arc = {ends: i for i, ends in enumerate(zip(graph.tails.tolist(), graph.heads.tolist(), strict=True))}
    return sum(int(costs[graph.arc_links[arc[ends]]]) for ends in pairwise(map(int, nodes)))


def test_the_turn_graph_lacks_banned_turns_and_the_node_graph_parallel_links() -> None:
    city = a_city()
    node, turn = node_graph(city), turn_graph(city)
    ends = list(zip(node.tails.tolist(), node.heads.tolist(), strict=True))
    assert len(ends) == len(set(ends)) == len(city.link_ms) - 1
    assert city.link_ms[node.arc_links].min() == 9_000  # the quicker one of the two stays
    turns = set(zip(city.state_links[turn.tails].tolist(), city.state_links[turn.heads].tolist(), strict=True))
    into, slow, quick = (_link(city, *ends) for ends in (("10", "11", 0), ("11", "12", 0), ("11", "12", 1)))
    assert (into, quick) in turns
    assert (into, slow) not in turns


def _link(city: City, tail: str, head: str, ordinal: int) -> int:
    tail_number, head_number = (int(name[0]) * SIDE + int(name[1]) for name in (tail, head))
    found = np.flatnonzero((city.link_tails == tail_number) & (city.link_heads == head_number))
    return int(found[ordinal])


def test_copies_of_a_city_are_one_town_in_which_every_way_leads_there_and_back() -> None:
    one, many = a_city(), a_city(3, 2)
    assert len(many.places) == 6 * len(one.places)
    assert len(np.unique(many.places, axis=0)) == len(many.places)
    for graph, lively in ((node_graph(many), many.lively_junctions), (turn_graph(many), many.lively_states)):
        net = nx.DiGraph(zip(graph.tails.tolist(), graph.heads.tolist(), strict=True))
        assert nx.is_strongly_connected(net.subgraph(lively.tolist()))
        assert len(lively) > 5 * len(one.lively_junctions)


def test_copies_differ_in_time_and_are_the_same_each_time() -> None:
    once, again = a_city(2, 1), a_city(2, 1)
    links = len(a_city().link_ms)
    assert np.array_equal(once.link_ms, again.link_ms)
    assert not np.array_equal(once.link_ms[:links], once.link_ms[links : 2 * links])
    assert np.array_equal(draw_costs(once, 3), draw_costs(again, 3))
    assert not np.array_equal(draw_costs(once, 3), draw_costs(once, 4))


def test_a_sample_has_near_and_far_pairs() -> None:
    pairs = [(i, i + 1) for i in range(200)]
    assert sample(pairs, 4) == [pairs[25], pairs[75], pairs[125], pairs[175]]
    assert sample(pairs, 200) == pairs
