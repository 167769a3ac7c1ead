"""Routing's internal HTTP: health, metrics, and routes on the current snapshot."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import FastAPI

from lotse_routing.answer import NoRouteError, Route, answer_route
from lotse_routing.core.topology import Topology
from lotse_routing.corridor_http import corridors_router
from lotse_routing.places import Place, Places, TooFarError, UnknownPlaceError
from lotse_routing.settings import LoopSettings
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.world import Town
from lotse_shared.health import Readiness, health_router
from lotse_shared.problems import Conflict, InvalidInput, NotFound, Unavailable, add_problem_handlers
from lotse_shared.wire import LineString, RouteAnswer, RouteProperties, RouteRequest
from lotse_shared.wire import Place as PlaceAsked


@dataclass(frozen=True, slots=True)
class Resources:
    """What the app is handed: the snapshot of now, the town (known before the first snapshot), and what is there."""

    snapshot: Callable[[], Snapshot | None]
    ready: Readiness
    settings: LoopSettings
    town: Callable[[], Town | None]


class _PlacesInForce:
    """Keeps the index of places of the network in force."""

    def __init__(self, max_distance_m: float) -> None:
        self._max_distance_m = max_distance_m
        self._places: Places | None = None

    def of(self, topology: Topology) -> Places:
        if self._places is None or self._places.topology is not topology:
            self._places = Places(topology, self._max_distance_m)
        return self._places


def create_app(resources: Resources) -> FastAPI:
    """Build the app."""
    app = FastAPI(title="Lotse routing (internal)", openapi_url=None)
    app.include_router(health_router(resources.ready))
    add_problem_handlers(app)
    in_force = _PlacesInForce(resources.settings.snap_distance_m)

    @app.post("/internal/routes")
    async def routes(request: RouteRequest) -> RouteAnswer:
        snapshot = resources.snapshot()
        if snapshot is None:
            detail = "no route can be given yet: no network is active, or no step was made"
            raise Unavailable(detail, headers={"Retry-After": "5"})
        return _wire(snapshot, await asyncio.to_thread(_answer, snapshot, in_force, request))

    app.include_router(corridors_router(resources.town, in_force.of))
    return app


def _answer(snapshot: Snapshot, in_force: _PlacesInForce, request: RouteRequest) -> Route:
    places = in_force.of(snapshot.topology)
    ends = _place(request.origin), _place(request.destination)
    try:
        return answer_route(snapshot, places, *ends, avoid=request.avoid_links)
    except UnknownPlaceError as error:
        raise NotFound(str(error)) from error
    except TooFarError as error:
        raise InvalidInput(str(error)) from error
    except NoRouteError as error:
        raise Conflict(str(error)) from error


def _place(asked: PlaceAsked) -> Place:
    return Place(asked.point, asked.node, asked.link)


def _wire(snapshot: Snapshot, route: Route) -> RouteAnswer:
    return RouteAnswer(
        geometry=LineString(coordinates=list(route.coordinates)),
        properties=RouteProperties(
            links=list(route.links),
            streets=list(route.streets),
            length_m=round(route.length_m, 1),
            travel_time_s=round(route.travel_time_s, 1),
            free_flow_time_s=round(route.free_flow_time_s, 1),
            avoids=list(route.avoids),
            network_version=snapshot.topology.network_version,
            computed_until=snapshot.computed_until,
        ),
    )
