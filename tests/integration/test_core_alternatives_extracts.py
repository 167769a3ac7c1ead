"""Alternatives on real street networks: there are some, and they keep to their limits."""

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from benchmarks.alternatives import an_empty_town, figures_of, pairs_apart

from lotse_routing.core.alternatives import Limits, list_alternatives
from lotse_routing.core.routes import Anchor, RouteGraph, find_path, is_route

pytestmark = pytest.mark.data

graph_of = cache(an_empty_town)
KAISERSLAUTERN, MONACO = "osm-kaiserslautern/kaiserslautern.osm.pbf", "osm-monaco/monaco.osm.gz"


@pytest.mark.parametrize(("file", "least"), [(KAISERSLAUTERN, 0.6), (MONACO, 0.25)])
def test_many_routes_across_a_town_have_an_alternative(shared_data: Path, file: str, least: float) -> None:
    assert figures_of(graph_of(shared_data / file), at_most=2)["share_with_one"] >= least


@pytest.mark.parametrize("file", [KAISERSLAUTERN, MONACO])
def test_each_stretch_of_an_alternative_is_compared_with_the_quickest_way(shared_data: Path, file: str) -> None:
    graph, limits, found = graph_of(shared_data / file), Limits(), 0
    for start, end in pairs_apart(graph.topology)[:30]:
        routes = list_alternatives(graph, Anchor(start, 0.0), [Anchor(end, 1.0)], limits, 3)
        for path in routes[1:]:
            found += 1
            assert is_route(graph, path.links)
            assert path.cost_s <= (1 + limits.stretch) * routes[0].cost_s
            for i in range(len(path.links)):
                for j in range(i + 1, len(path.links)):
                    assert_no_detour(graph, path.links[i : j + 1], limits, routes[0].cost_s)
    assert found >= 5


def assert_no_detour(graph: RouteGraph, stretch: tuple[int, ...], limits: Limits, best_s: float) -> None:
    """Beside the quickest path, both without their first and last link: from junction to junction."""
    quickest = find_path(graph, stretch[0], stretch[-1])
    first_s, last_s = (float(graph.link_costs[stretch[i]]) / 1000 for i in (0, -1))
    driven_s = sum(_step_s(graph, *pair) for pair in pairwise(stretch)) - first_s
    assert quickest is not None
    least_s = quickest.cost_s - first_s - last_s
    assert driven_s <= (1 + limits.stretch) * least_s + 1e-6
    assert driven_s == pytest.approx(least_s) or driven_s > limits.optimality * best_s


def _step_s(graph: RouteGraph, link: int, then: int) -> float:
    return min(cost for rank in graph.ranks_of(link) for _, head, cost in graph.onward(rank) if head == then) / 1000
