"""What may follow what: the network as links and allowed turns, and the graph that routes are searched in.

Streets with access 'destination' may stand at the beginning and at the end of a route, not between: a route is
destination links, then public links, then destination links, each part possibly empty. `route_graph` has that rule
built in, so that a search in it needs none: a destination link stands there twice, as the beginning of a route (its
index) and as the end of one (index + number of links), and no way leads from an end copy back to a public link.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType

import networkx as nx
import numpy as np
import numpy.typing as npt

from lotse_routing.network.geometry import turn_angle_deg
from lotse_routing.network.model import Link, StreetNetwork

U_TURN_DEG = 150.0
"""Back to where one came from, at this angle or sharper, is a U-turn (a loop street returns at a wider one)."""

TravelTimes = npt.NDArray[np.float64]
"""Seconds per link, above 0, in the order of `Topology.links`; inf = closed."""


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """One network version as arrays and turns.

    `links` are sorted by id, `index` finds them, `turns` has an edge i to j where one may drive from link i into j.
    `links_to` gives the links that end at a junction. `base_travel_times_s` are those at free flow.
    """

    network_version: str
    links: tuple[Link, ...]
    index: Mapping[str, int]
    turns: "nx.DiGraph[int]"
    base_travel_times_s: TravelTimes
    links_to: Mapping[str, tuple[int, ...]]
    route_graph: "nx.DiGraph[int]" = field(repr=False)

    def starts(self, link: int) -> tuple[int, ...]:
        """Nodes of `route_graph` at which a route that begins with this link may begin."""
        return (link, link + len(self.links)) if self.is_destination_only(link) else (link,)

    def end(self, link: int) -> int:
        """Node of `route_graph` at which a route that ends with this link ends."""
        return link + len(self.links) if self.is_destination_only(link) else link

    def is_destination_only(self, link: int) -> bool:
        """Tell whether only those may use the link who start or end there."""
        return self.links[link].access == "destination"

    def is_route(self, links: tuple[int, ...]) -> bool:
        """Tell whether every turn is allowed, and destination links stand at the ends only."""
        nodes = set(self.starts(links[0]))
        for link in links[1:]:
            nodes = {n for node in nodes for n in self.route_graph.successors(node) if n % len(self.links) == link}
        return bool(nodes)


def build_topology(network: StreetNetwork) -> Topology:
    """Derive turns and free-flow travel times. No U-turns but at dead ends; banned turns are absent."""
    links = tuple(network.links())
    index = {link.link_id: i for i, link in enumerate(links)}
    turns: nx.DiGraph[int] = nx.DiGraph()
    turns.add_nodes_from(range(len(links)))
    banned = frozenset(turn.links for turn in network.banned_turns)
    for i, link in enumerate(links):
        turns.add_edges_from((i, index[j.link_id]) for j in _allowed_after(link, network, banned))
    base = np.array([link.free_flow_time_s for link in links], dtype=np.float64)
    base.flags.writeable = False
    ends = sorted(range(len(links)), key=lambda i: links[i].to_node)
    links_to = {node: tuple(group) for node, group in groupby(ends, key=lambda i: links[i].to_node)}
    return Topology(
        network.version,
        links,
        MappingProxyType(index),
        turns,
        base,
        MappingProxyType(links_to),
        _route_graph(links, turns),
    )


def is_u_turn(link: Link, then: Link) -> bool:
    """Tell whether the second link leads sharply back to where the first came from."""
    return then.to_node == link.from_node and turn_angle_deg(link.coordinates, then.coordinates) >= U_TURN_DEG


def _allowed_after(link: Link, network: StreetNetwork, banned: frozenset[tuple[str, ...]]) -> Iterator[Link]:
    onward: list[Link] = [data["link"] for _, _, data in network.graph.out_edges(link.to_node, data=True)]
    straight = [then for then in onward if not is_u_turn(link, then)]
    for then in sorted(straight or onward, key=lambda then: then.link_id):
        if (link.link_id, then.link_id) not in banned:
            yield then


def _route_graph(links: tuple[Link, ...], turns: "nx.DiGraph[int]") -> "nx.DiGraph[int]":
    count = len(links)
    is_private = [link.access == "destination" for link in links]
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(count))
    graph.add_nodes_from(i + count for i in range(count) if is_private[i])
    for i, j in turns.edges:
        if not is_private[j]:
            graph.add_edge(i, j)
        elif not is_private[i]:
            graph.add_edge(i, j + count)
        else:
            graph.add_edges_from(((i, j), (i + count, j + count)))
    return graph
