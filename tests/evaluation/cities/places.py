"""Where stations and signs stand: where the traffic is, by rule, so that it is the same for any city."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import networkx as nx

from evaluation.nouns import Edge, Route, SignPost, Station

STATION_EDGE_M = 60.0
"""A station needs an edge of this length: its loops lie in the middle, off the stop line."""
SIGN_EDGE_M = 80.0
"""A sign needs so much road after it for drivers to change lanes."""


def only_connected(edges: Mapping[str, Edge]) -> Mapping[str, Edge]:
    """Leave out the edges that one cannot come to and leave again, such as a dual carriageway's end at the rim.

    Whoever imports the streets leaves those out too: no route leads there.
    """
    turns = nx.DiGraph([(edge.edge_id, other) for edge in edges.values() for other in edge.onward])
    inside = max(nx.strongly_connected_components(turns), key=len)
    return {
        edge.edge_id: replace(edge, onward=tuple(other for other in edge.onward if other in inside))
        for edge in edges.values()
        if edge.edge_id in inside
    }


def choose_stations(edges: Mapping[str, Edge], vehicles: Mapping[str, float], count: int) -> tuple[Station, ...]:
    """Put stations on the busiest main edges, not on three in a row of one street."""
    fitting = [e for e in edges.values() if e.is_signable and e.length_m >= STATION_EDGE_M and vehicles.get(e.edge_id)]
    chosen: dict[str, Edge] = {}
    for edge in sorted(fitting, key=lambda e: (-vehicles[e.edge_id], e.edge_id)):
        if len(chosen) < count and not _has_neighbours(edge, chosen):
            chosen[edge.edge_id] = edge
    return tuple(Station(f"D{number:03}", e.edge_id, e.length_m / 2) for number, e in enumerate(chosen.values(), 1))


def _has_neighbours(edge: Edge, chosen: Mapping[str, Edge]) -> bool:
    """Tell whether the next edge of the same street, ahead or behind, has a station already."""
    ahead = any(other in chosen and chosen[other].name == edge.name for other in edge.onward)
    behind = any(
        edge.edge_id in other.onward and other.name == edge.name for other in chosen.values() if other is not edge
    )
    return ahead or behind


def choose_signs(edges: Mapping[str, Edge], routes: Sequence[Route], count: int) -> tuple[SignPost, ...]:
    """Put signs before a choice of main streets, one after the other where it helps most.

    A sign helps a driver by the share of their way that is still ahead; half of that who has passed one before, a
    quarter who has passed two.
    """
    ahead = _shares_ahead(edges, routes)
    worth = [1.0] * len(routes)
    chosen: list[str] = []
    while len(chosen) < count and ahead:
        best = max(sorted(ahead), key=lambda e: sum(share * worth[driver] for driver, share in ahead[e].items()))
        for driver in ahead.pop(best):
            worth[driver] /= 2
        chosen.append(best)
    return tuple(SignPost(f"S{number:02}", edge_id) for number, edge_id in enumerate(chosen, 1))


def _shares_ahead(edges: Mapping[str, Edge], routes: Sequence[Route]) -> dict[str, dict[int, float]]:
    """Tell by edge that may have a sign which drivers pass it, and what share of their way is ahead of them then."""
    ahead: dict[str, dict[int, float]] = {}
    for driver, route in enumerate(routes):
        for place, edge_id in enumerate(route[:-1]):
            if edge_id in edges and _is_before_a_choice(edges[edge_id], edges):
                ahead.setdefault(edge_id, {})[driver] = 1 - place / len(route)
    return ahead


def _is_before_a_choice(edge: Edge, edges: Mapping[str, Edge]) -> bool:
    ways: Sequence[str] = [other for other in edge.onward if edges[other].is_signable]
    return edge.is_signable and edge.length_m >= SIGN_EDGE_M and len(ways) > 1
