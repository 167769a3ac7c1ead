"""Routing's side of registering corridors: what is asked of them becomes links, or a fault with its field."""

import asyncio
from collections.abc import Callable

from fastapi import APIRouter

from lotse_routing.core.routes import RouteGraph
from lotse_routing.core.topology import Topology
from lotse_routing.corridors.resolution import Fault, NotResolvedError, list_faults, resolve
from lotse_routing.places import Place, Places
from lotse_routing.town import Town
from lotse_shared.problems import Unavailable
from lotse_shared.wire import CorridorAnswer, CorridorAsked, CorridorFault, CorridorsAnswer, CorridorsRequest


def corridors_router(town: Callable[[], Town | None], places_of: Callable[[Topology], Places]) -> APIRouter:
    """Give `POST /internal/corridors/resolve`."""
    router = APIRouter()

    @router.post("/internal/corridors/resolve")
    async def resolve_corridors(request: CorridorsRequest) -> CorridorsAnswer:
        current = town()
        if current is None:
            detail = "no corridor can be looked at yet: no network is active, or it is being read"
            raise Unavailable(detail, headers={"Retry-After": "5"})
        return await asyncio.to_thread(_answer, current, places_of, request)

    return router


def _answer(town: Town, places_of: Callable[[Topology], Places], request: CorridorsRequest) -> CorridorsAnswer:
    graphs, places = town.graphs, places_of(town.topology)
    at_any, anew = graphs.at_any_hour(), graphs.at_all_hours(may_turn_back=False)
    answers = [
        _resolved(anew, places, asked) if asked.via is not None else _examined(at_any, asked.links or [])
        for asked in request.corridors
    ]
    return CorridorsAnswer(network_version=town.topology.network_version, corridors=answers)


def _examined(graph: RouteGraph, links: list[str]) -> CorridorAnswer:
    return CorridorAnswer(links=links, faults=[_fault("links", fault) for fault in list_faults(graph, links)])


def _resolved(graph: RouteGraph, places: Places, asked: CorridorAsked) -> CorridorAnswer:
    via = [Place(part.point, part.node, part.link) for part in asked.via or []]
    try:
        return CorridorAnswer(links=list(resolve(graph, places, via)), faults=[])
    except NotResolvedError as error:
        return CorridorAnswer(links=[], faults=[_fault("via", error.fault)])


def _fault(field: str, fault: Fault) -> CorridorFault:
    return CorridorFault(field=f"{field}.{fault.place}", reason=fault.reason)
