"""Routes beside the best one that a driver would find sensible.

Ways over plateaus come first; where they give too few, the routes found so far are made dearer and the quickest way is
searched again. What is found either way is a candidate, and tested as such. Source of the tests: Abraham, Delling,
Goldberg, Werneck, Alternative routes in road networks (ACM JEA 18, 2013), section 3, for every stretch of a candidate
rather than for some; of the penalties: Bader, Dees, Geisberger, Sanders, Alternative route graphs in road networks
(TAPAS 2011).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from lotse_routing.core.candidate import Candidate, candidate_of
from lotse_routing.core.forward import tree_from
from lotse_routing.core.jit import Indices
from lotse_routing.core.metric import MOST, UNREACHABLE, customize
from lotse_routing.core.plateau import two_trees
from lotse_routing.core.query import find_way
from lotse_routing.core.routes import Anchor, Path, RouteGraph, arrivals, departures, find_path_between
from lotse_routing.core.topology import Seconds

PLATEAUS = 25
"""So many of them are tried, the most promising first."""
PENALTY = 1.3
"""What each link of a route found costs more in the next search."""
SEARCHES = 4
"""So many times in a row the routes found are made dearer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an alternative has to keep to; all of them are shares.

    Attributes
    ----------
    sharing
        Of the best route's cost: what it may have in common with each other route in the answer.
    stretch
        So much dearer than the quickest way any stretch of it may be, the whole included.
    optimality
        Of the best route's cost: each stretch that costs no more than this is a quickest way.
    """

    sharing: float = 0.6
    stretch: float = 0.25
    optimality: float = 0.25


def list_alternatives(
    graph: RouteGraph, origin: Anchor, destinations: Sequence[Anchor], limits: Limits, at_most: int
) -> list[Path]:
    """List the best route and alternatives to it.

    Parameters
    ----------
    at_most
        How many routes, the best included.

    Returns
    -------
    list[Path]
        The best first, as `find_path_between` gives it, then the alternatives, the cheaper first. Empty if there is no
        route; the best alone where it does not leave the link that it begins on.
    """
    best = find_path_between(graph, origin, destinations)
    if best is None or at_most < 1:
        return []
    return [best, *list_beside(graph, best, origin, destinations, limits, at_most - 1)]


def list_beside(
    graph: RouteGraph, best: Path, origin: Anchor, destinations: Sequence[Anchor], limits: Limits, at_most: int
) -> list[Path]:
    """List alternatives to a best route that is known, the cheaper first.

    They are compared with the one that is handed in: of several equally quick routes, each search may find another.
    """
    if len(best.links) == 1:
        return []
    search = _Search(graph, origin, destinations, limits, best)
    found = [best]
    for candidate in search.candidates():
        if len(found) > at_most:
            break
        if search.accepts(candidate, found):
            found.append(candidate.path)
            search.penalise(candidate.path)
    return sorted(found[1:], key=lambda path: (path.cost_s, path.links))


class _Search:
    """Candidates for one question."""

    def __init__(
        self, graph: RouteGraph, origin: Anchor, destinations: Sequence[Anchor], limits: Limits, best: Path
    ) -> None:
        self._graph, self._origin, self._limits = graph, origin, limits
        self._starts = departures(graph, origin)
        self._ends = arrivals(graph, destinations)
        self._best_cost = round(best.cost_s * 1000)
        self._factors: Seconds = np.ones(len(graph.topology.links))
        self.penalise(best)

    def candidates(self) -> Iterator[Candidate]:
        """Give ways that may be alternatives."""
        trees = two_trees(self._graph.metric, tree_from(self._graph.metric, self._starts), self._ends)
        most = int(self._best_cost * (1 + self._limits.stretch))
        for plateau in islice(trees.plateaus(most), PLATEAUS):
            yield self._candidate(trees.ranks_over(plateau))
        for _ in range(SEARCHES):
            ranks = self._way_beside()
            if not len(ranks):
                return
            candidate = self._candidate(ranks)
            yield candidate
            self.penalise(candidate.path)

    def penalise(self, path: Path) -> None:
        """Make the links of a route dearer in the searches to come."""
        self._factors[list(path.links)] *= PENALTY

    def accepts(self, candidate: Candidate, found: Sequence[Path]) -> bool:
        """Tell whether a way keeps to the limits, beside the routes found so far."""
        best_cost, limits = self._best_cost, self._limits
        return (
            candidate.drives_no_link_twice()
            and all(candidate.links != path.links for path in found)
            and candidate.cost <= best_cost * (1 + limits.stretch)
            and all(candidate.shared_cost(path.links) <= best_cost * limits.sharing for path in found)
            and candidate.detours_little(best_cost * limits.optimality, limits.stretch)
        )

    def _candidate(self, ranks: Indices) -> Candidate:
        return candidate_of(self._graph, self._origin, ranks, self._starts, self._ends)

    def _way_beside(self) -> Indices:
        """Search the quickest way where what was found is dearer; no ranks where even that is as dear as no way."""
        topology, costs = self._graph.topology, self._graph.metric.arc_costs
        dearer = np.minimum(costs * self._factors[topology.states.link[topology.states.tail]], MOST).astype(np.int32)
        metric = customize(topology.hierarchy, np.where(costs < UNREACHABLE, dearer, UNREACHABLE).astype(np.int32))
        _, ranks = find_way(metric, self._starts, self._ends)
        return ranks
