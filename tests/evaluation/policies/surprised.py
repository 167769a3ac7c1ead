"""Drivers who come to a barrier unwarned: they turn off or back, and go on by what is usually quickest."""

from collections.abc import Collection
from dataclasses import dataclass, field

from evaluation.policies.relations import KnownTrip, Traffic
from evaluation.streets import Seconds, Streets, Tree, Way, grow_tree


@dataclass(frozen=True, slots=True)
class Surprised:
    """Ways from the barriers to the goals of those who come there, by usual times."""

    streets: Streets
    closed: frozenset[int]
    usual_s: Seconds
    trees: dict[int, Tree] = field(default_factory=dict)

    def find_way(self, barrier: int, goal: int) -> Way | None:
        """Give the way from the last edge before a closure; None if the goal is cut off."""
        if barrier not in self.trees:
            barred = self.streets.mask(self.closed)
            self.trees[barrier] = grow_tree(self.streets.turning, barrier, self.usual_s, barred)
        return self.trees[barrier].find_way(goal)

    def find_way_of(self, trip: KnownTrip) -> Way | None:
        """Give the way of a trip from the barrier on; None if there is none, or it begins behind the barrier."""
        first = min((trip.place[edge] for edge in self.closed if edge in trip.place), default=0)
        return self.find_way(trip.way[first - 1], trip.way[-1]) if first > 0 else None


@dataclass(frozen=True, slots=True)
class Forced:
    """A trip that a closure forces off its way, and the edges that it then drives on instead."""

    trip: KnownTrip
    onto: tuple[int, ...]


def find_forced(surprised: Surprised, traffic: Traffic) -> tuple[Forced, ...]:
    """List the trips that come to a barrier if no sign leads them away; those that cannot go on are left out."""
    ways = ((trip, surprised.find_way_of(trip)) for trip in traffic.through(surprised.closed))
    return tuple(Forced(trip, tuple(beyond(way, trip.place))) for trip, way in ways if way is not None)


def beyond(way: Way, usual: Collection[int]) -> list[int]:
    """List the edges of a way, each once, that the usual one does not have."""
    return sorted(set(way) - set(usual))
