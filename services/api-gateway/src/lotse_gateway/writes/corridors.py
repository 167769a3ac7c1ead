"""Corridors become links that all may drive whom they are for: routing, which knows the turns, is asked before."""

from collections.abc import Sequence

from lotse_gateway.answers.references import Fault
from lotse_gateway.models.registry import Corridor
from lotse_gateway.neighbours.routing_client import RoutingClient
from lotse_shared.wire import CorridorAsked, CorridorsRequest

Numbered = tuple[int, Corridor]
"""A row with its place in a bulk request."""


async def resolve_corridors(routing: RoutingClient, rows: Sequence[Numbered]) -> tuple[list[Numbered], list[Fault]]:
    """Give the corridors with their links, and what is wrong with those that have none or illegal ones.

    Raises
    ------
    Unavailable
        Routing is away, or knows no network yet.
    """
    if not rows:
        return [], []
    asked = [CorridorAsked(links=row.links, via=row.via, vehicles=row.vehicles) for _, row in rows]
    answer = await routing.resolve_corridors(CorridorsRequest(corridors=asked))
    good: list[Numbered] = []
    faults: list[Fault] = []
    for (index, row), found in zip(rows, answer.corridors, strict=True):
        faults += [Fault(fault.field, fault.reason, index) for fault in found.faults]
        good.append((index, row.model_copy(update={"links": found.links})))
    return good, faults
