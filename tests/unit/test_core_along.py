"""Sums along many ways at once are those of each way alone, to the last digit."""

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from factories_decide import TOPOLOGY, a_closure, a_snapshot

from lotse_routing.core.along import (
    NO_LINK,
    Values,
    Ways,
    first_along,
    has_in_group,
    heaviest_along,
    left_along,
    sums_along,
    sums_beside,
    total,
    weights_beside,
)
from lotse_routing.core.routes import ReverseTree, tree_to_junction
from lotse_routing.state.snapshot import Snapshot

LINKS = range(len(TOPOLOGY.links))
RANDOM = Random(4711)
VALUES = np.array([[RANDOM.uniform(0.1, 99.0), RANDOM.uniform(0.1, 99.0)] for _ in LINKS])
NOTHING: tuple[int, ...] = ()


def a_list(*ways: Sequence[int]) -> Ways:
    links = [link for way in ways for link in way]
    return Ways(np.array(links, np.intp), np.cumsum([0, *map(len, ways)]))


def alone(way: Sequence[int]) -> list[float]:
    return [total(VALUES[list(way), kind]) for kind in range(VALUES.shape[1])]


def beside(tree: ReverseTree, usual: Sequence[Sequence[int]], shown: Sequence[Sequence[int]]) -> Values:
    starts = np.array([tree.graph.ranks_of(link)[0] for link in LINKS], np.uint32)
    return sums_beside(tree.quickest, starts, np.arange(len(starts)), (a_list(*usual), a_list(*shown)), VALUES)


def test_sums_are_those_of_a_way_alone() -> None:
    ways = [RANDOM.choices(LINKS, k=length) for length in (0, 1, 7, 40, 300)]
    assert sums_along(a_list(*ways), VALUES).tolist() == [alone(way) for way in ways]


def test_what_is_left_is_what_comes_after_a_link() -> None:
    ways = [RANDOM.choices(LINKS, k=length) for length in (1, 7, 0, 40)]
    left = left_along(a_list(*ways), VALUES[:, 0].copy())
    assert left.tolist() == [total(VALUES[way[place + 1 :], 0]) for way in ways for place in range(len(way))]


def test_weights_are_of_the_ways_that_do_not_lead_over_a_link() -> None:
    ways, weights = a_list((0, 1, 2), (3, 1), (0, 0, 4)), np.array([1.0, 10.0, 100.0])
    found = weights_beside(ways, np.array([0, 1, 2]), weights, np.array([1, 0, 5, 4]), len(LINKS))
    assert found.tolist() == [100.0, 10.0, 111.0, 11.0]
    assert weights_beside(ways, np.array([2]), weights[:1], np.array([0, 2]), len(LINKS)).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("snapshot", [a_snapshot({"B-C-0": 5.0}), a_snapshot(roadworks=[a_closure("C-D-0", "H-A-0")])])
def test_quickest_ways_are_summed_as_each_alone_unless_they_are_known(snapshot: Snapshot) -> None:
    tree = tree_to_junction(snapshot.graph, "D")
    paths = [tree.path_from(link) for link in LINKS]
    ways = [path.links if path else NOTHING for path in paths]
    nothing = [NOTHING for _ in LINKS]
    sums = [alone(way) if way else [np.inf, np.inf] for way in ways]
    assert any(len(way) > 2 for way in ways)
    assert beside(tree, nothing, nothing).tolist() == sums
    assert np.isinf(beside(tree, ways, nothing)).all()
    assert np.isinf(beside(tree, nothing, ways)).all()
    longer, shorter = [(*way, 0) for way in ways], [way[:-1] for way in ways]
    assert beside(tree, longer, shorter).tolist() == sums


def test_the_heaviest_group_is_that_of_the_greatest_sum_and_of_equal_ones_the_last() -> None:
    groups, values = np.array([0, 1, 1, 2]), np.array([3.0, 1.0, 2.0, 0.0])
    ways = a_list([0, 1], [0, 1, 2], [3], [])
    assert heaviest_along(ways, values, groups, 3).tolist() == [0, 1, NO_LINK, NO_LINK]


def test_flags_are_found_along_a_way() -> None:
    ways, flags, groups = a_list([0, 1, 2], [2], [0], []), np.array([False, True, True]), np.array([0, 0, 1])
    assert first_along(ways, flags).tolist() == [1, 2, NO_LINK, NO_LINK]
    assert has_in_group(ways, flags, groups, np.array([0, 0, 0, 0])).tolist() == [True, False, False, False]
