"""A way that may be an alternative, and what can be said of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lotse_routing.core.jit import Costs, Indices, kernel
from lotse_routing.core.matrix import Places, costs_between
from lotse_routing.core.metric import Metric
from lotse_routing.core.routes import Anchor, Path, RouteGraph
from lotse_routing.core.tree import Ends

Sums = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A way from the starts of a question to its ends.

    Attributes
    ----------
    ranks
        Those of its links but the first.
    steps
        What each link costs as far as it is driven, with the turn out of it; shape (links,).
    entries
        The same without turns, where a stretch does not begin before the end of the link: 0 for the last, since none
        begins there; shape (links,).
    """

    graph: RouteGraph
    links: tuple[int, ...]
    ranks: Indices
    steps: Costs
    entries: Costs
    starts: Ends
    ends: Ends

    @property
    def cost(self) -> int:
        """Milliseconds from start to end."""
        return int(self.steps.sum(dtype=np.int64))

    @property
    def path(self) -> Path:
        """Give it as a path."""
        return Path(self.links, self.cost / 1000)

    def drives_no_link_twice(self) -> bool:
        """Tell whether it does not, but maybe around the block to an earlier point of its first link."""
        return len(set(self.links[1:])) == len(set(self.links[:-1])) == len(self.links) - 1

    def shared_cost(self, links: Collection[int]) -> int:
        """Sum what it costs on links that another route drives, too."""
        others = frozenset(links)
        return sum(step for link, step in zip(self.links, self.steps.tolist(), strict=True) if link in others)

    def detours_little(self, least: float, stretch: float) -> bool:
        """Tell whether no stretch of it is a needless detour.

        A stretch leads from the start, or from the junction after one of its links, to the junction before another one,
        or to the end. Those that cost `least` or less must be quickest ways (local optimality), all others at most
        1 + `stretch` times as dear (bounded stretch). They are compared with all that could stand in their place.
        """
        places: Sums = np.concatenate(([0], np.cumsum(self.steps, dtype=np.int64)))
        before = self.entries[:, None]
        driven = places[None, 1:] - places[:-1, None] - before
        quickest = costs_between(self.graph.metric, self._starts(), self._ends()) - before
        most = np.where(driven <= least, quickest, quickest * (1 + stretch))
        return bool(np.all((driven <= most)[np.triu_indices(len(self.links))]))

    def _starts(self) -> Places:
        """Give where stretches begin: on the first link, and on each further one."""
        return _places(
            [self.starts, *(Ends(self.ranks[i : i + 1], np.zeros(1, np.int32)) for i in range(len(self.ranks)))]
        )

    def _ends(self) -> Places:
        """Give where stretches end: where each further link begins, in any state to go on from, and at the end."""
        stretches = [
            Ends(alike, np.zeros(len(alike), np.int32)) for alike in map(self._states_alike, range(len(self.ranks)))
        ]
        return _places([*stretches, self.ends])

    def _states_alike(self, place: int) -> Indices:
        ranks = self.graph.ranks_of(self.links[place + 1])
        if len(ranks) == 1:
            return self.ranks[place : place + 1]
        return np.array([rank for rank in ranks if self._goes_on_from(rank, place)], np.uint32)

    def _goes_on_from(self, rank: int, place: int) -> bool:
        """Tell whether the rest of the way may be driven from another state of one of its links."""
        for then, own in zip(self.links[place + 2 :], self.ranks[place + 1 :].tolist(), strict=True):
            heads = [head for head, link, _ in self.graph.onward(rank) if link == then]
            if not heads:
                return False
            if own in heads:
                return True
            rank = heads[0]
        return rank in self.ends.ranks


def candidate_of(graph: RouteGraph, origin: Anchor, ranks: Indices, starts: Ends, ends: Ends) -> Candidate:
    """Describe the way along ranks, from a start to an end, on a link of the origin."""
    between = _arc_costs(graph.metric, ranks)
    first, last = _least(starts, int(ranks[0])), _least(ends, int(ranks[-1]))
    steps = np.concatenate(([first], between, [last])).astype(np.int32)
    links = (origin.link, *graph.links_of(ranks))
    entries = np.concatenate((graph.link_costs[list(links[:-1])], [0])).astype(np.int32)
    entries[0] -= graph.passed(origin)
    return Candidate(graph, links, ranks, steps, entries, starts, ends)


def _least(ends: Ends, rank: int) -> int:
    return int(ends.costs[ends.ranks == rank].min())


def _places(places: Sequence[Ends]) -> Places:
    first = np.cumsum([0, *(len(place.ranks) for place in places)]).astype(np.uint32)
    ranks = np.concatenate([place.ranks for place in places])
    return Places(first, Ends(ranks, np.concatenate([place.costs for place in places])))


@kernel
def _arc_costs(metric: Metric, ranks: Indices) -> Costs:
    """Give the costs of the arcs along a way."""
    h = metric.hierarchy
    costs = np.empty(len(ranks) - 1, np.int32)
    for i in range(len(ranks) - 1):
        for a in range(h.arc_first[ranks[i]], h.arc_first[ranks[i] + 1]):
            if h.arc_head[a] == ranks[i + 1]:
                costs[i] = metric.arc_costs[h.arc_of[a]]
    return costs
