"""The quickest ways of now from signs to goals, for advice that speaks to each driver by themselves."""

from collections.abc import Callable, Mapping, Sequence
from math import inf

from evaluation.nouns import City, Knowledge
from evaluation.policies.usual import UsualTimes
from evaluation.policies.wording import UNNAMED
from evaluation.streets import Seconds, Streets, Tree, Way, cost_s, grow_tree

Advise = Callable[[str, Way], Way | None]
"""Gives the way that a driver at a sign should take instead of their own; None if their own is good."""


class Quickest:
    """One tree a sign, grown when it is first asked for; `closed` edges are in no way."""

    def __init__(
        self, streets: Streets, signs: Mapping[str, int], costs_s: Seconds, closed: frozenset[int] = frozenset()
    ) -> None:
        self._streets, self._signs, self._costs_s, self._closed = streets, signs, costs_s, closed
        self._barred = streets.mask(closed)
        self._trees: dict[str, Tree] = {}

    def find_way(self, sign_id: str, goal: int) -> Way | None:
        """Give the quickest way from a sign's edge; None if there is none."""
        if sign_id not in self._trees:
            origin = self._signs[sign_id]
            self._trees[sign_id] = grow_tree(self._streets.onward, origin, self._costs_s, self._barred)
        return self._trees[sign_id].find_way(goal)

    def cost_s(self, way: Way) -> float:
        """Give what a way takes now, infinitely long if it leads into a closed edge."""
        return cost_s(way, self._costs_s) if self._closed.isdisjoint(way[1:]) else inf


def sign_edges(city: City, streets: Streets) -> Mapping[str, int]:
    """Give the edge of each sign."""
    return {sign.sign_id: streets.number[sign.edge_id] for sign in city.signs}


class Destinations:
    """What advice would say to drivers for the named destinations, on their usual ways."""

    def __init__(self, knowledge: Knowledge, streets: Streets) -> None:
        self._streets = streets
        usual = Quickest(streets, sign_edges(knowledge.city, streets), UsualTimes(knowledge, streets).at(0))
        self._usual = {
            sign.sign_id: {
                name: way
                for name, edge_id in knowledge.city.destinations.items()
                if (way := usual.find_way(sign.sign_id, streets.number[edge_id])) is not None
            }
            for sign in knowledge.city.signs
        }

    def lines(self, sign_id: str, advise: Advise) -> Sequence[str]:
        """Give a line for each destination to which a sign leads another way than usual: the first other street."""
        advised = {name: (usual, advise(sign_id, usual)) for name, usual in self._usual[sign_id].items()}
        return [
            f"{name}: {self._first_street(way, usual)}" for name, (usual, way) in advised.items() if way is not None
        ]

    def _first_street(self, way: Way, usual: Way) -> str:
        left = next((new for new, old in zip(way, usual, strict=False) if new != old), way[-1])
        return self._streets.edges[left].name or UNNAMED
