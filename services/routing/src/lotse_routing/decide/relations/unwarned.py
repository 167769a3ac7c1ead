"""Drivers who come to a barrier unwarned: they turn off or back, and go on by what is usually quickest."""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from lotse_routing.core.along import Places, Ways, flat_ways
from lotse_routing.core.routes import ReverseTree, RouteGraph, tree_to_link
from lotse_routing.decide.relations.crossings import borders
from lotse_routing.decide.relations.usual import Traffic

Way = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unwarned:
    """Where they go; `graph` has the usual times, and closed what is closed."""

    graph: RouteGraph
    _trees: dict[int, ReverseTree] = field(default_factory=dict)
    _known: dict[tuple[Way, int], tuple[int, Way] | None] = field(default_factory=dict)

    def turns_off(self, way: Way, barrier: int) -> tuple[int, Way] | None:
        """Give the place in a way where they leave it, and their way from there to its end; None if there is none.

        Parameters
        ----------
        barrier
            Place of the first closed link. Whoever cannot turn off before it goes back to where that was possible.
        """
        if (way, barrier) not in self._known:
            self._known[way, barrier] = self._turn_off(way, barrier)
        return self._known[way, barrier]

    def _turn_off(self, way: Way, barrier: int) -> tuple[int, Way] | None:
        goal = way[-1]
        if goal not in self._trees:
            self._trees[goal] = tree_to_link(self.graph, goal)
        for place in range(barrier - 1, -1, -1):
            path = self._trees[goal].path_from(way[place])
            if path is not None:
                return place, path.links
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Forced:
    """Trips, by number, that a closure forces off their way, and the links that each then drives on instead."""

    trip: Places
    onto: Ways


def find_forced(unwarned: Unwarned, traffic: Traffic, closed: Collection[int]) -> Forced:
    """Find the trips that come to a barrier if no sign leads them away; those that cannot go on are left out."""
    trips, onto = [], []
    barriers = traffic.crossings.over(sorted(closed))
    at_first = np.lexsort((barriers.place, barriers.way))
    way, place = barriers.way[at_first], barriers.place[at_first]
    first = borders(way)[:-1]
    for number, barrier in zip(way[first].tolist(), place[first].tolist(), strict=True):
        usual = traffic.trips[number].way
        if (off := unwarned.turns_off(usual, barrier)) is not None:
            trips.append(number)
            onto.append(sorted(set(off[1]).difference(usual)))
    return Forced(np.array(trips, np.intp), flat_ways(onto))
