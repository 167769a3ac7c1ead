"""What searches do with what they cannot explain: they say so, for one that never ends holds its thread for good."""

import numpy as np
import pytest

from lotse_routing.core.hierarchy import build_hierarchy
from lotse_routing.core.metric import Metric, customize, milliseconds
from lotse_routing.core.query import find_way
from lotse_routing.core.tree import Ends, costs_to, follow

START, MIDDLE, END = range(3)


def _a_line() -> Metric:
    """0 - 1 - 2, where 1 is contracted first: from 0 to 2 leads a shortcut."""
    tails, heads = np.array([START, MIDDLE], np.uint32), np.array([MIDDLE, END], np.uint32)
    return customize(build_hierarchy(tails, heads, np.array([1, 0, 2], np.uint32)), np.array([5, 7], np.int32))


def _at(metric: Metric, node: int) -> Ends:
    return Ends(metric.hierarchy.rank[node : node + 1], np.zeros(1, np.int32))


def test_costs_to_other_ends_are_not_followed_for_ever() -> None:
    metric = _a_line()
    costs, start = costs_to(metric, _at(metric, END)), int(metric.hierarchy.rank[START])
    assert len(follow(metric, costs, _at(metric, END), start)) == 3
    with pytest.raises(ValueError, match="no arc explains"):
        follow(metric, costs, Ends(np.zeros(0, np.uint32), np.zeros(0, np.int32)), start)


def test_a_shortcut_that_nothing_explains_is_not_left_out_of_a_way() -> None:
    metric = _a_line()
    assert find_way(metric, _at(metric, START), _at(metric, END))[0] == 12
    cheaper = metric._replace(up=np.maximum(metric.up - 1, 1))
    with pytest.raises(ValueError, match="no arc explains"):
        find_way(cheaper, _at(metric, START), _at(metric, END))


def test_seconds_that_are_no_number_are_refused() -> None:
    assert milliseconds(np.array([0.0, 1.5, np.inf])).tolist() == [1, 1500, 2**30 - 1]
    with pytest.raises(ValueError, match="not a number"):
        milliseconds(np.array([1.0, np.nan]))
