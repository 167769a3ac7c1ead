"""The quickest way over several places in their order, as one drive: no turning on the spot in between.

At each place all the ways in which one can stand there are carried on, in their states: so a banned sequence of links
stays banned across a place, and the next leg begins in the direction in which the one before has arrived. On a street
for destination traffic the place counts as a destination, and the drive begins there anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from lotse_routing.core.metric import UNREACHABLE
from lotse_routing.core.query import find_way
from lotse_routing.core.routes import Anchor, RouteGraph
from lotse_routing.core.tree import Ends


class Leg(NamedTuple):
    """A part of a drive: links (by index) in driving order; it begins on the first of them and ends on the last."""

    links: tuple[int, ...]
    origin: Anchor
    destination: Anchor


class Piece(NamedTuple):
    """What is driven of a link: from one fraction of its length to another."""

    link: int
    start: float
    end: float


class Way(NamedTuple):
    """A drive over all its legs."""

    legs: tuple[Leg, ...]
    cost_s: float

    @property
    def links(self) -> tuple[int, ...]:
        """All its links; one on which a leg ends and the next one begins stands there once."""
        return tuple(piece.link for piece in self.pieces)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What is driven of each link, in driving order."""
        found: list[Piece] = []
        for leg in self.legs:
            new = list(_pieces(leg))
            if found:
                new[0] = Piece(new[0].link, found.pop().start, new[0].end)
            found += new
        return tuple(found)


class _Standing(NamedTuple):
    """A way to stand at a place: a state by rank, where on its link, milliseconds and legs until there."""

    rank: int
    anchor: Anchor
    cost: int
    legs: tuple[Leg, ...]


def find_way_over(graph: RouteGraph, origins: Sequence[Anchor], stops: Sequence[Sequence[Anchor]]) -> Way | None:
    """Give the quickest way from any of some points over one point of each stop; None if there is none.

    Only what is driven of the first and of the last link counts. The last stop is the end. Deterministic: of equally
    quick ways to different ends or states the one whose links come first, to one of them the one that `find_way` gives.
    """
    standings = [_Standing(graph.ranks_of(anchor.link)[0], anchor, 0, ()) for anchor in origins]
    for stop in stops:
        standings = [found for end in stop for rank in graph.ranks_of(end.link)
                     if (found := _arrive(graph, standings, end, rank))]  # fmt: skip
        standings = [standing._replace(rank=_depart_from(graph, standing)) for standing in standings]
    best = min(standings, key=lambda s: (s.cost, [leg.links for leg in s.legs], s.anchor.fraction), default=None)
    return Way(best.legs, best.cost / 1000) if best else None


def _arrive(graph: RouteGraph, standings: Iterable[_Standing], end: Anchor, rank: int) -> _Standing | None:
    """Drive the quickest way to stand on a link in one of its states."""
    link_cost = int(graph.link_costs[end.link])
    if link_cost >= UNREACHABLE:
        return None
    ahead = [s for s in standings if s.rank == rank and s.anchor.fraction <= end.fraction]
    arrivals = [
        _Standing(rank, end, s.cost + round(link_cost * (end.fraction - s.anchor.fraction)),
                  (*s.legs, Leg((end.link,), s.anchor, end)))
        for s in ahead
    ]  # fmt: skip
    driven = _drive(graph, standings, end, rank)
    return min((*arrivals, *driven), key=lambda s: (s.cost, [leg.links for leg in s.legs]), default=None)


def _drive(graph: RouteGraph, standings: Iterable[_Standing], end: Anchor, rank: int) -> Iterator[_Standing]:
    departures = _departures(graph, standings)
    if not departures:
        return
    starts = Ends(np.array(list(departures), np.uint32), np.array([c for c, _ in departures.values()], np.int32))
    cost, ranks = find_way(graph.metric, starts, _one(rank, graph.link_costs[end.link] * end.fraction))
    if cost < UNREACHABLE:
        before = departures[int(ranks[0])][1]
        leg = Leg((before.anchor.link, *graph.links_of(ranks)), before.anchor, end)
        yield _Standing(rank, end, cost, (*before.legs, leg))


def _departures(graph: RouteGraph, standings: Iterable[_Standing]) -> dict[int, tuple[int, _Standing]]:
    """Give the next states by rank, each with the cheapest way to be there: cost, and where one stood."""
    found: dict[int, tuple[int, _Standing]] = {}
    for standing in standings:
        passed = round(graph.link_costs[standing.anchor.link] * standing.anchor.fraction)
        for head, _, cost in graph.onward(standing.rank):
            total = standing.cost + cost - passed
            if head not in found or total < found[head][0]:
                found[head] = total, standing
    return found


def _depart_from(graph: RouteGraph, standing: _Standing) -> int:
    """Give the state in which one drives on: at the end of a route, that of its beginning."""
    state = graph.topology.hierarchy.node[standing.rank]
    return graph.ranks_of(standing.anchor.link)[0] if graph.topology.states.is_end[state] else standing.rank


def _one(rank: int, cost: float) -> Ends:
    return Ends(np.array([rank], np.uint32), np.array([round(cost)], np.int32))


def _pieces(leg: Leg) -> Iterator[Piece]:
    if len(leg.links) == 1:
        yield Piece(leg.links[0], leg.origin.fraction, leg.destination.fraction)
        return
    yield Piece(leg.links[0], leg.origin.fraction, 1.0)
    yield from (Piece(link, 0.0, 1.0) for link in leg.links[1:-1])
    yield Piece(leg.links[-1], 0.0, leg.destination.fraction)
