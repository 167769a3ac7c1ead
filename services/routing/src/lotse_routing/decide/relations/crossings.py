"""Which ways lead over a link, and where in them it stands. In arrays, for all ways at once."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from lotse_routing.core.along import Places, Ways
from lotse_routing.core.jit import Flags
from lotse_routing.decide.relations.streets import Floats


class Crossing(NamedTuple):
    """Ways by number, and the place in each where a link stands first; `asked` is the number of the link asked for.

    Those of one link after those of the one before, each in the order of their ways; shape (found,).
    """

    asked: Places
    way: Places
    place: Places


def sums(numbers: Places, weights: Floats, size: int) -> Floats:
    """Add up the weights of each number, in their order; shape (size,)."""
    return np.bincount(numbers, weights, size).astype(np.float64)


def spread(first: Places, end: Places) -> Places:
    """Give the places of several stretches, one behind the other: from `first` to before `end` of each."""
    lengths = end - first
    before = np.cumsum(lengths) - lengths
    places: Places = np.arange(lengths.sum(), dtype=np.intp) + np.repeat(first - before, lengths)
    return places


def borders(values: Places) -> Places:
    """Give where each run of equal values begins, and where the last one ends; shape (runs + 1,)."""
    is_border = np.concatenate(([True], values[1:] != values[:-1], [True]))
    return np.flatnonzero(is_border[: len(values) + 1])


class Crossings:
    """Knows where ways lead over links; `links` are so many.

    Attributes
    ----------
    is_first
        For each link of `ways`, whether it stands there for the first time in its way.
    """

    def __init__(self, ways: Ways, links: int) -> None:
        way_of = np.repeat(np.arange(len(ways.first) - 1, dtype=np.intp), np.diff(ways.first))
        by_link = np.argsort(ways.links, kind="stable")
        link, way = ways.links[by_link], way_of[by_link]
        is_again = np.zeros(len(by_link), np.bool_)
        is_again[1:] = (link[1:] == link[:-1]) & (way[1:] == way[:-1])
        once = by_link[~is_again]
        self._link, self._way = ways.links[once], way_of[once]
        self._place: Places = once - ways.first[self._way]
        self._begins: Places = np.searchsorted(self._link, np.arange(links + 1)).astype(np.intp)
        self.is_first: Flags = np.zeros(len(by_link), np.bool_)
        self.is_first[once] = True

    def over(self, links: Iterable[int]) -> Crossing:
        """Find the ways that lead over these links."""
        asked = np.fromiter(links, np.intp)
        begins, ends = self._begins[asked], self._begins[asked + 1]
        found = spread(begins, ends)
        return Crossing(np.repeat(np.arange(len(asked)), ends - begins), self._way[found], self._place[found])

    def flow(self, weights: Floats) -> Floats:
        """Add up the weights of the ways (shape (ways,)) on each link; shape (links,)."""
        return sums(self._link, weights[self._way], len(self._begins) - 1)
