"""Edges of SUMO and links of Lotse, mapped by the chain of links between the nodes of an edge's two ends. Pure.

Both networks come from the same streets, cut differently: an edge merges several links, a junction of SUMO swallows
several nodes and the links between them (such links have no edge), and SUMO cuts links where it adds a lane.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from evaluation.nouns import Edge

Ends = tuple[str, str]
"""Nodes of the source where an edge begins and ends: those before SUMO joined junctions."""
SIDE = "."
"""A node that stops some vehicles stands once a side in Lotse: `{node}.{neighbour}`."""


@dataclass(frozen=True, slots=True)
class Link:
    """What is needed of a link of Lotse; `street` is its name, else its number."""

    link_id: str
    from_node: str
    to_node: str
    length_m: float
    street: str = ""
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """The links that an edge runs over, from one share of their length to another: 0 to 1 if it has them to itself."""

    links: tuple[str, ...]
    begin: float = 0.0
    end: float = 1.0


def map_edges(edges: Mapping[str, Edge], ends: Mapping[str, Ends], links: Sequence[Link]) -> dict[str, Chain]:
    """Give the chain of each edge; edges that have none are left out.

    An edge with the id of a link is that link. Else the chain runs between the nodes of the edge's ends, over its
    `ways` only. Where Lotse has no junction at an end, the edge is taken together with those that go on there alone.
    """
    known = {link.link_id for link in links}
    finder = ChainFinder(links)
    chains = {edge_id: Chain((edge_id,)) for edge_id in edges if edge_id in known}
    rest = [edge_id for edge_id in edges if edge_id not in known]
    for run in (*([edge_id] for edge_id in rest), *_runs(rest, ends, finder)):
        over = frozenset(way for edge_id in run for way in edges[edge_id].ways)
        found = finder.find((ends[run[0]][0], ends[run[-1]][1]), over)
        if found is not None:
            chains |= dict(zip(run, _shares(found, [edges[edge_id].length_m for edge_id in run]), strict=True))
    return chains


def _shares(links: tuple[str, ...], lengths_m: Sequence[float]) -> Iterator[Chain]:
    whole_m = sum(lengths_m)
    for begin_m, end_m in pairwise(accumulate(lengths_m, initial=0.0)):
        yield Chain(links, begin_m / whole_m, 1.0 if end_m == whole_m else end_m / whole_m)


def _runs(edge_ids: Sequence[str], ends: Mapping[str, Ends], finder: "ChainFinder") -> Iterator[list[str]]:
    """Give the edges, head to tail, between two junctions of Lotse that SUMO has cut at nodes that are none."""
    begin_at: dict[str, list[str]] = defaultdict(list)
    for edge_id in edge_ids:
        begin_at[ends[edge_id][0]].append(edge_id)
    for edge_id in edge_ids:
        if ends[edge_id][0] in finder and ends[edge_id][1] not in finder:
            run = [edge_id]
            while ends[run[-1]][1] not in finder and (onward := _only_onward(run[-1], ends, begin_at)):
                if onward in run:
                    break
                run.append(onward)
            if len(run) > 1 and ends[run[-1]][1] in finder:
                yield run


def _only_onward(edge_id: str, ends: Mapping[str, Ends], begin_at: Mapping[str, Sequence[str]]) -> str | None:
    before, node = ends[edge_id]
    onward = [other for other in begin_at.get(node, ()) if ends[other][1] != before]
    return onward[0] if len(onward) == 1 else None


class ChainFinder:
    """Finds the shortest chain of links between two nodes of the source over given ways."""

    def __init__(self, links: Iterable[Link]) -> None:
        self._sides: dict[str, set[str]] = defaultdict(set)
        self._out: dict[str, list[Link]] = defaultdict(list)
        for link in links:
            self._out[link.from_node].append(link)
            for node in (link.from_node, link.to_node):
                self._sides[base(node)].add(node)

    def __contains__(self, node: str) -> bool:
        return node in self._sides

    def find(self, ends: Ends, ways: frozenset[str]) -> tuple[str, ...] | None:
        """Give link ids in driving order, None if there is no chain. Links through gates belong to every way."""
        goals = self._sides.get(ends[1], set())
        queue: list[tuple[float, tuple[str, ...], str]] = [(0.0, (), n) for n in self._sides.get(ends[0], ())]
        done: set[str] = set()
        while queue:
            so_far_m, chain, node = heapq.heappop(queue)
            if chain and node in goals:
                return chain
            if chain and node in done:
                continue
            done |= {node} if chain else set()
            for link in self._out[node]:
                if not ways.isdisjoint(link.ways) or base(link.from_node) == base(link.to_node):
                    heapq.heappush(queue, (so_far_m + link.length_m, (*chain, link.link_id), link.to_node))
        return None


def base(node: str) -> str:
    """Give the node of the source that a node of Lotse stands for."""
    return node.partition(SIDE)[0]
