"""Signs that send each other's drivers round in circles: who obeys them one after the other must arrive."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import networkx as nx

from lotse_routing.decide.advice import SignState
from lotse_routing.decide.decision import Decision


@dataclass(frozen=True, slots=True)
class Telling:
    """What one sign tells the drivers to one destination: a detour, link by link. The first link is the sign's own."""

    sign_id: str
    destination_id: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Contradiction:
    """Signs that lead from each to the next and back again, sorted by id; drivers to this destination never arrive."""

    destination_id: str
    sign_ids: tuple[str, ...]


def tellings(decisions: Iterable[Decision]) -> tuple[Telling, ...]:
    """Give what signs that show a detour tell; a sign that is blank, or shows its fallback, sends nobody anywhere."""
    return tuple(
        Telling(decision.sign_id, detour["destination"], tuple(detour["shown"]["links"]))
        for decision in decisions
        for detour in decision.detours
        if detour["state"] == SignState.DETOUR
    )


def find_contradictions(told: Iterable[Telling]) -> tuple[Contradiction, ...]:
    """List the circles, sorted.

    A driver follows a sign until the next one on the way that tells the same destination's drivers something; from
    there that one. Where the signs so followed come back to one that was followed before, none of them arrives.
    """
    by_destination: dict[str, list[Telling]] = defaultdict(list)
    for telling in told:
        by_destination[telling.destination_id].append(telling)
    found = [
        Contradiction(destination_id, tuple(sorted(signs)))
        for destination_id, of_one in by_destination.items()
        for signs in nx.strongly_connected_components(_next_signs(of_one))
        if len(signs) > 1
    ]
    return tuple(sorted(found))


def _next_signs(told: Iterable[Telling]) -> "nx.DiGraph[str]":
    """Draw an arc from each sign to the next ones on its way; several may stand on one link."""
    told = tuple(told)
    on_link: dict[str, list[str]] = defaultdict(list)
    for telling in told:
        on_link[telling.links[0]].append(telling.sign_id)
    graph: nx.DiGraph[str] = nx.DiGraph()
    for telling in told:
        after = next((link for link in telling.links[1:] if link in on_link), None)
        graph.add_edges_from((telling.sign_id, sign_id) for sign_id in on_link.get(after or "", ()))
    return graph
