"""The mapping as it is used: places and closures of edges on links, routes of links as edges. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from evaluation.line.mapping import Chain, Link
from evaluation.nouns import Edge

OVERLAP_M = 5.0
"""Edges are shorter than their links by what junctions take: less in common than this is nothing."""


@dataclass(frozen=True)
class LinkMap:
    """Chains by edge, and the links of Lotse by id."""

    chains: Mapping[str, Chain]
    links: Mapping[str, Link]

    def links_of(self, edge_id: str) -> tuple[str, ...]:
        """List the links that an edge runs over, in driving order; none if it has no chain."""
        chain = self.chains.get(edge_id)
        return tuple(link for link, _, _ in self._common(chain)) if chain else ()

    def link_at(self, edge_id: str, share: float) -> str:
        """Give the link at a share of an edge's length, 0 its beginning, 1 its end.

        Raises
        ------
        KeyError
            The edge has no chain.
        """
        chain = self.chains[edge_id]
        place_m = (chain.begin + share * (chain.end - chain.begin)) * self._length_m(chain)
        return next((link for link, _, end_m in self._spans(chain) if place_m <= end_m), chain.links[-1])

    def edges_along(self, links: Iterable[str]) -> list[str]:
        """Give the edges that a route of links leads over. Links inside a junction have none, and are passed over."""
        edges: list[str] = []
        for link in links:
            for edge_id in self.edges_on.get(link, ()):
                if not edges or edges[-1] != edge_id:
                    edges.append(edge_id)
        return edges

    def is_on(self, edge_id: str, street: str) -> bool:
        """Tell whether an edge runs over a link of this street."""
        return any(self.links[link].street == street for link in self.links_of(edge_id))

    @cached_property
    def edges_on(self) -> Mapping[str, tuple[str, ...]]:
        """Give the edges that run over each link, in driving order."""
        found: dict[str, list[tuple[float, str]]] = {}
        for edge_id, chain in self.chains.items():
            for link in self.links_of(edge_id):
                found.setdefault(link, []).append((chain.begin, edge_id))
        return {link: tuple(edge_id for _, edge_id in sorted(rows)) for link, rows in found.items()}

    def _common(self, chain: Chain) -> Iterator[tuple[str, float, float]]:
        whole_m = self._length_m(chain)
        begin_m, end_m = chain.begin * whole_m, chain.end * whole_m
        for link, from_m, to_m in self._spans(chain):
            common_m = min(end_m, to_m) - max(begin_m, from_m)
            if common_m >= min(OVERLAP_M, (to_m - from_m) / 2, (end_m - begin_m) / 2):
                yield link, from_m, to_m

    def _spans(self, chain: Chain) -> Iterator[tuple[str, float, float]]:
        borders_m = accumulate((self.links[link].length_m for link in chain.links), initial=0.0)
        for link, (from_m, to_m) in zip(chain.links, pairwise(borders_m), strict=True):
            yield link, from_m, to_m

    def _length_m(self, chain: Chain) -> float:
        return sum(self.links[link].length_m for link in chain.links)


def first_gap(route: Sequence[str], edges: Mapping[str, Edge]) -> tuple[str, str] | None:
    """Give the first two edges in a row of which one cannot turn from one into the other; None if all can be driven."""
    return next((pair for pair in pairwise(route) if pair[1] not in edges[pair[0]].onward), None)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the two networks cover each other, shares by length.

    `doubled` are links that edges claim without following each other: parallel ways of one loop.
    """

    edges: int
    edges_without_links: tuple[str, ...]
    edge_share: float
    links: int
    links_without_edge: tuple[str, ...]
    link_share: float
    doubled: tuple[str, ...]


def cover(link_map: LinkMap, edges: Mapping[str, Edge]) -> Coverage:
    """Measure how far links and edges cover each other."""
    bare = tuple(edge_id for edge_id in edges if edge_id not in link_map.chains)
    unused = tuple(link for link in link_map.links if link not in link_map.edges_on)
    return Coverage(
        edges=len(edges),
        edges_without_links=bare,
        edge_share=1 - sum(edges[e].length_m for e in bare) / sum(edge.length_m for edge in edges.values()),
        links=len(link_map.links),
        links_without_edge=unused,
        link_share=1 - sum(link_map.links[one].length_m for one in unused) / _whole_m(link_map),
        doubled=tuple(link for link, on_it in link_map.edges_on.items() if first_gap(on_it, edges) is not None),
    )


def _whole_m(link_map: LinkMap) -> float:
    return sum(link.length_m for link in link_map.links.values())
