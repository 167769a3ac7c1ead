"""On random networks alternatives keep to their limits, as networkx on the turn-expanded graph sees them."""

from itertools import combinations
from math import floor

from factories_core import MONDAY_NOON, a_graph, costs_by_id, ids_of
from factories_network import a_link, a_network, place
from hypothesis import event, given, settings
from hypothesis import strategies as st
from oracle import Drive, Oracle, cheapest_drives

from lotse_routing.core.alternatives import Limits, list_alternatives
from lotse_routing.core.routes import Anchor, Path, RouteGraph, find_path_between
from lotse_routing.core.topology import build_topology

SIDE = 4
PLACES = {f"{column}{row}": place(column, row) for column in range(SIDE) for row in range(SIDE)}
STREETS = [
    (a, b)
    for a in PLACES
    for b in PLACES
    if abs(int(a[0]) - int(b[0])) + abs(int(a[1]) - int(b[1])) == 1  # a grid, both ways
]


class Grid:
    """A town of blocks, with some streets for destination traffic and some turns banned."""

    def __init__(self, costs_s: list[int], private: set[int], banned: set[int]) -> None:
        links = [
            a_link(*pair, PLACES, access="destination" if i in private else "yes") for i, pair in enumerate(STREETS)
        ]
        pairs = [(a, b) for a in links for b in links if a.to_node == b.from_node and a.from_node != b.to_node]
        longer = [(*pair, c) for pair in pairs for c in links if pair[1].to_node == c.from_node]
        sequences = [tuple(link.link_id for link in links) for links in [*pairs, *longer]]
        network = a_network(PLACES, links, [sequences[i % len(sequences)] for i in banned])
        self.graph: RouteGraph = a_graph(build_topology(network), costs_s)
        self.oracle, self.costs = Oracle(network, local=MONDAY_NOON), costs_by_id(self.graph)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    costs_s = draw(st.lists(st.integers(8, 16), min_size=len(STREETS), max_size=len(STREETS)))
    private = draw(st.sets(st.integers(0, len(STREETS) - 1), max_size=6))
    return Grid(costs_s, private, draw(st.sets(st.integers(0, 400), max_size=30)))


STARTS = st.sampled_from([i for i, (a, _) in enumerate(STREETS) if a in ("00", "01")])
ENDS = st.sampled_from([i for i, (_, b) in enumerate(STREETS) if b in ("33", "32", "23")])
LIMITS = st.builds(
    Limits, st.sampled_from([0.3, 0.6, 0.9]), st.sampled_from([0.1, 0.25, 0.8]), st.sampled_from([0.1, 0.25, 0.5])
)


@settings(max_examples=150, deadline=None)
@given(grids(), STARTS, ENDS, LIMITS)
def test_alternatives_keep_to_their_limits(grid: Grid, start: int, end: int, limits: Limits) -> None:
    ask = (grid.graph, Anchor(start, 0.0), [Anchor(end, 1.0)])
    found = list_alternatives(*ask, limits, 4)
    best = find_path_between(*ask)
    assert found[:1] == ([best] if best else [])
    event(f"{len(found)} routes")
    assert len(found) <= 4
    assert [path.cost_s for path in found[1:]] == sorted(path.cost_s for path in found[1:])
    for path in found:
        assert grid.oracle.cost_of(ids_of(grid.graph, path.links), grid.costs) == round(path.cost_s * 1000)
    for path in found[1:]:
        assert len(set(path.links)) == len(path.links)
        assert_no_needless_detour(grid, path, limits, round(found[0].cost_s * 1000))
    for path, other in combinations(found, 2):
        shared = ids_of(grid.graph, sorted(set(path.links) & set(other.links)))
        assert sum(grid.costs[link] for link in shared) <= limits.sharing * found[0].cost_s * 1000
    assert list_alternatives(*ask, limits, 4) == found


def assert_no_needless_detour(grid: Grid, path: Path, limits: Limits, best: int) -> None:
    """Stretches from the end of a link to the beginning of another or to the end, beside all that could replace it."""
    links = ids_of(grid.graph, path.links)
    costs = [grid.costs[link] for link in links]
    drives = list(_drives(grid.oracle, links))
    for i in range(len(links)):
        reached = cheapest_drives(grid.oracle, grid.costs, drives[i])
        for j in range(i + 1, len(links) + 1):
            last = links[min(j, len(links) - 1)]
            least = min(
                cost + (grid.costs[last] if j == len(links) else 0)
                for drive, cost in reached.items()
                if drive.last[-1] == last and _goes_on(grid.oracle, drive, links[j + 1 :])
            )
            entry = costs[i] if i < len(links) - 1 else 0
            driven, least = sum(costs[i:j]) - entry, least - entry
            assert driven <= floor((1 + limits.stretch) * least)
            assert driven == least or driven > limits.optimality * best


def _drives(oracle: Oracle, links: tuple[str, ...]) -> list[Drive]:
    drives = [oracle.start(links[0])]
    for link in links[1:]:
        (drive,) = (after for after in oracle.graph.successors(drives[-1]) if after.last[-1] == link)
        drives.append(drive)
    return drives


def _goes_on(oracle: Oracle, drive: Drive, links: tuple[str, ...]) -> bool:
    drives = {drive}
    for link in links:
        drives = {after for each in drives for after in oracle.graph.successors(each) if after.last[-1] == link}
    return bool(drives)


@settings(max_examples=50, deadline=None)
@given(grids(), st.data())
def test_alternatives_between_points_end_at_the_nearest_of_them(grid: Grid, data: st.DataObject) -> None:
    links, fractions = st.integers(0, len(STREETS) - 1), st.sampled_from([0.0, 0.25, 0.5, 1.0])
    origin = Anchor(data.draw(links), data.draw(fractions))
    ends = data.draw(st.lists(st.builds(Anchor, links, fractions), min_size=1, max_size=3))
    found = list_alternatives(grid.graph, origin, ends, Limits(), 3)
    best = find_path_between(grid.graph, origin, ends)
    assert found[:1] == ([best] if best else [])
    for path in found:
        end = min((anchor for anchor in ends if anchor.link == path.links[-1]), key=lambda anchor: anchor.fraction)
        whole = sum(grid.costs[link] for link in ids_of(grid.graph, path.links))
        driven = whole - origin.fraction * grid.costs[ids_of(grid.graph, [origin.link])[0]]
        if len(path.links) > 1:
            driven -= (1 - end.fraction) * grid.costs[ids_of(grid.graph, [end.link])[0]]
            assert abs(path.cost_s * 1000 - driven) <= 2
        assert path.cost_s <= (1 + Limits().stretch) * found[0].cost_s
