"""Drivers who come to a barrier unwarned: they turn off or back, and go on by what is usually quickest."""

from collections.abc import Collection
from dataclasses import dataclass, field

from lotse_routing.core.routes import ReverseTree, RouteGraph, tree_to_link
from lotse_routing.decide.relations.usual import KnownTrip, Traffic


@dataclass(frozen=True, slots=True, eq=False)
class Unwarned:
    """Where they go; `graph` has the usual times, and closed what is closed."""

    graph: RouteGraph
    _trees: dict[int, ReverseTree] = field(default_factory=dict)
    _known: dict[tuple[tuple[int, ...], int], tuple[int, tuple[int, ...]] | None] = field(default_factory=dict)

    def turns_off(self, way: tuple[int, ...], barrier: int) -> tuple[int, tuple[int, ...]] | None:
        """Give the place in a way where they leave it, and their way from there to its end; None if there is none.

        Parameters
        ----------
        barrier
            Place of the first closed link. Whoever cannot turn off before it goes back to where that was possible.
        """
        if (way, barrier) not in self._known:
            self._known[way, barrier] = self._turn_off(way, barrier)
        return self._known[way, barrier]

    def _turn_off(self, way: tuple[int, ...], barrier: int) -> tuple[int, tuple[int, ...]] | None:
        goal = way[-1]
        if goal not in self._trees:
            self._trees[goal] = tree_to_link(self.graph, goal)
        for place in range(barrier - 1, -1, -1):
            path = self._trees[goal].path_from(way[place])
            if path is not None:
                return place, path.links
        return None


@dataclass(frozen=True, slots=True)
class Forced:
    """A trip that a closure forces off its way, and the links that it then drives on instead."""

    trip: KnownTrip
    onto: tuple[int, ...]


def find_forced(unwarned: Unwarned, traffic: Traffic, closed: Collection[int]) -> tuple[Forced, ...]:
    """List the trips that come to a barrier if no sign leads them away; those that cannot go on are left out."""
    found = []
    for trip in traffic.through(closed):
        barrier = min(trip.place[link] for link in closed if link in trip.place)
        if (off := unwarned.turns_off(trip.way, barrier)) is not None:
            found.append(Forced(trip, tuple(beyond(off[1], trip.place))))
    return tuple(found)


def beyond(way: Collection[int], usual: Collection[int]) -> list[int]:
    """List the links of a way, each once, that the usual one does not have."""
    return sorted(set(way) - set(usual))
