"""Sums along many ways at once: ways that are given, and the quickest ones of a tree.

Sums are added up from the end of a way to its beginning: quickest ways to one place share their ends, and what they
share is added up once. Who adds up the same way alone, in the same order (`total`), gets the same to its last digit.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lotse_routing.core.jit import Costs, Flags, Indices, kernel
from lotse_routing.core.metric import UNREACHABLE, Metric
from lotse_routing.core.tree import Arcs, Ends, arcs_of, step_on

Places = npt.NDArray[np.intp]
"""Indices of links."""
Values = npt.NDArray[np.float64]

NO_LINK = -1


class Ways(NamedTuple):
    """Ways, one behind the other.

    `links` are the links of all of them; the way with a number begins in it at `first[number]` and ends before
    `first[number + 1]`; shape (ways + 1,).
    """

    links: Places
    first: Places


class Quickest(NamedTuple):
    """Quickest ways to some ends: the costs by rank that `costs_to` gave for them, and the link of each rank."""

    metric: Metric
    costs: Costs
    ends: Ends
    link_of: Places


def flat_ways(ways: Sequence[Sequence[int] | Places]) -> Ways:
    """Put ways one behind the other."""
    links = [np.asarray(way, np.intp) for way in ways]
    return Ways(np.concatenate(links) if links else np.empty(0, np.intp), np.cumsum([0, *map(len, links)]))


def total(values: Values) -> float:
    """Add up what stands along a way, as the sums here do; 0 for none."""
    return float(values[::-1].cumsum()[-1]) if len(values) else 0.0


@kernel
def sums_along(ways: Ways, values: Values) -> Values:
    """Add up several values along each way.

    Parameters
    ----------
    values
        Shape (links, kinds).

    Returns
    -------
    Values
        Shape (ways, kinds).
    """
    sums = np.zeros((len(ways.first) - 1, values.shape[1]))
    for way in range(len(sums)):
        for place in range(ways.first[way + 1] - 1, ways.first[way] - 1, -1):
            for kind in range(values.shape[1]):
                sums[way, kind] += values[ways.links[place], kind]
    return sums


@kernel
def left_along(ways: Ways, values: Values) -> Values:
    """Add up what comes after each link of each way, until its end; shape (links of all ways,)."""
    left = np.zeros(len(ways.links))
    for way in range(len(ways.first) - 1):
        for place in range(ways.first[way + 1] - 2, ways.first[way] - 1, -1):
            left[place] = left[place + 1] + values[ways.links[place + 1]]
    return left


@kernel
def weights_beside(ways: Ways, chosen: Places, weights: Values, links: Places, size: int) -> Values:
    """Add up, for each of some links, the weights of the ways that do not lead over it.

    Parameters
    ----------
    chosen, weights
        Numbers of ways, and a weight for each; shape (chosen,).
    links
        No two are equal; there are `size` in all.

    Returns
    -------
    Values
        Shape (links,).
    """
    number_of, sums = np.full(size, NO_LINK, np.intp), np.zeros(len(links))
    for number in range(len(links)):
        number_of[links[number]] = number
    last_seen_by = np.full(len(links), -1, np.intp)
    for each in range(len(chosen)):
        for place in range(ways.first[chosen[each]], ways.first[chosen[each] + 1]):
            number = number_of[ways.links[place]]
            if number != NO_LINK:
                last_seen_by[number] = each
        for number in range(len(links)):
            if last_seen_by[number] != each:
                sums[number] += weights[each]
    return sums


@kernel
def first_along(ways: Ways, flags: Flags) -> Places:
    """Give the first link of each way that has a flag, `NO_LINK` without one."""
    found = np.full(len(ways.first) - 1, NO_LINK, np.intp)
    for way in range(len(found)):
        for place in range(ways.first[way], ways.first[way + 1]):
            if flags[ways.links[place]]:
                found[way] = ways.links[place]
                break
    return found


@kernel
def heaviest_along(ways: Ways, values: Values, group_of: Places, groups: int) -> Places:
    """Give the group of links that has the greatest sum on each way, of equal ones the last; values are 0 or more.

    `NO_LINK` where no link has more than 0.

    Parameters
    ----------
    group_of
        The group of each link, less than `groups`; shape (links,).
    """
    heaviest = np.full(len(ways.first) - 1, NO_LINK, np.intp)
    sums = np.zeros(groups)
    for way in range(len(heaviest)):
        for place in range(ways.first[way], ways.first[way + 1]):
            sums[group_of[ways.links[place]]] += values[ways.links[place]]
        for place in range(ways.first[way], ways.first[way + 1]):
            group, best = group_of[ways.links[place]], heaviest[way]
            is_last = best == NO_LINK or sums[group] > sums[best] or (sums[group] == sums[best] and group > best)
            if sums[group] > 0 and is_last:
                heaviest[way] = group
        for place in range(ways.first[way], ways.first[way + 1]):
            sums[group_of[ways.links[place]]] = 0.0
    return heaviest


@kernel
def has_in_group(ways: Ways, flags: Flags, group_of: Places, wanted: Places) -> Flags:
    """Tell whether a link of each way has a flag and is of the group wanted of that way; shape (ways,)."""
    found = np.zeros(len(ways.first) - 1, np.bool_)
    for way in range(len(found)):
        for place in range(ways.first[way], ways.first[way + 1]):
            link = ways.links[place]
            if flags[link] and group_of[link] == wanted[way]:
                found[way] = True
                break
    return found


@kernel
def sums_beside(
    quickest: Quickest, starts: Indices, asked: Places, beside: tuple[Ways, Ways], values: Values
) -> Values:
    """Add up values along the quickest ways from several starts, where these are others than ways that are known.

    Parameters
    ----------
    starts, asked
        Ranks, and for each one its number in both of `beside`; shape (asked,).
    values
        Shape (links, kinds).

    Returns
    -------
    Values
        Infinite where no way leads to an end, or the quickest is one of both known; shape (asked, kinds).
    """
    nodes, kinds = len(quickest.costs), values.shape[1]
    heads, sums = np.empty(nodes, np.uint32), np.empty((nodes, kinds))
    is_known, chain = np.zeros(nodes, np.bool_), np.empty(nodes, np.uint32)
    found = np.full((len(asked), kinds), np.inf)
    arcs, costs, ends, link_of = arcs_of(quickest.metric), quickest.costs, quickest.ends, quickest.link_of
    for number in range(len(asked)):
        start = starts[number]
        if costs[start] >= UNREACHABLE:
            continue
        size = _unknown_part(arcs, costs, ends, start, heads, is_known, chain)
        for place in range(size - 1, -1, -1):
            v = chain[place]
            for kind in range(kinds):
                onward = 0.0 if heads[v] == v else sums[heads[v], kind]
                sums[v, kind] = onward + values[link_of[v], kind]
            is_known[v] = True
        is_usual = _leads_along(link_of, heads, start, beside[0], asked[number])
        if not is_usual and not _leads_along(link_of, heads, start, beside[1], asked[number]):
            found[number] = sums[start]
    return found


@kernel
def _unknown_part(
    arcs: Arcs, costs: Costs, ends: Ends, start: int, heads: Indices, is_known: Flags, chain: Indices
) -> int:
    """Follow a way until it is known from there on; give how many ranks of `chain` lead to that point."""
    size, v = 0, start
    while not is_known[v]:
        chain[size] = v
        size += 1
        heads[v] = step_on(arcs, costs, ends, v)
        if heads[v] == v:
            break
        v = heads[v]
    return size


@kernel
def _leads_along(link_of: Places, heads: Indices, start: int, ways: Ways, way: int) -> bool:
    """Tell whether the way from a start is this one, link by link."""
    v = start
    for place in range(ways.first[way], ways.first[way + 1]):
        if link_of[v] != ways.links[place]:
            return False
        is_end = heads[v] == v
        if is_end or place == ways.first[way + 1] - 1:
            return bool(is_end and place == ways.first[way + 1] - 1)
        v = heads[v]
    return False
