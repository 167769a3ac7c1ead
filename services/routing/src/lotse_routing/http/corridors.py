"""Routing's side of registering corridors: what is asked of them becomes links, or a fault with its field."""

import asyncio
from collections.abc import Callable

from fastapi import APIRouter

from lotse_routing.core.topology import Topology
from lotse_routing.corridors.resolution import CorridorGraphs, Fault, NotResolvedError, list_faults, resolve_for
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
    graphs, places = CorridorGraphs(town.graphs), places_of(town.topology)
    answers = [
        _resolved(graphs, places, asked) if asked.via is not None else _examined(graphs, asked)
        for asked in request.corridors
    ]
    return CorridorsAnswer(network_version=town.topology.network_version, corridors=answers)


def _examined(graphs: CorridorGraphs, asked: CorridorAsked) -> CorridorAnswer:
    """Tell what is wrong with links, for each class; what is wrong for all of them stands there once."""
    links = asked.links or []
    found = [fault for each in asked.vehicles for fault in list_faults(graphs.at_any_hour(each), links)]
    return CorridorAnswer(links=links, faults=[_fault("links", fault) for fault in dict.fromkeys(found)])


def _resolved(graphs: CorridorGraphs, places: Places, asked: CorridorAsked) -> CorridorAnswer:
    via = [Place(part.point, part.node, part.link) for part in asked.via or []]
    try:
        return CorridorAnswer(links=list(resolve_for(graphs, places, via, asked.vehicles)), faults=[])
    except NotResolvedError as error:
        return CorridorAnswer(links=[], faults=[_fault("via", error.fault)])


def _fault(field: str, fault: Fault) -> CorridorFault:
    return CorridorFault(field=f"{field}.{fault.place}", reason=fault.reason)
