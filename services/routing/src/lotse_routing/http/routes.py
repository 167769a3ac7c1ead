"""The internal HTTP of routes: on the snapshot of now, or on that of a past moment."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter

from lotse_routing.core.access import Vehicle
from lotse_routing.core.topology import Topology
from lotse_routing.network.geometry import Coordinate
from lotse_routing.places import Place, Places, TooFarError, UnknownPlaceError
from lotse_routing.records import Records
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.whatif.description import PlaceUsed, Route
from lotse_routing.whatif.past import NotKnownError, snapshot_then
from lotse_routing.whatif.route import AvoidAreaError, NoRouteError, RouteQuestion, SamePlaceError, answer_routes
from lotse_shared.database import AWAY
from lotse_shared.problems import Conflict, InvalidInput, NotFound, Unavailable
from lotse_shared.wire import Place as PlaceAsked
from lotse_shared.wire_routes import LineString, RouteAnswer, RouteFeature, RouteProperties, RouteRequest
from lotse_shared.wire_routes import PlaceUsed as PlaceTold
from lotse_shared.wire_routes import Vehicle as VehicleAsked

CurrentSnapshot = Callable[[], Snapshot]
"""Gives the snapshot of now; raises Unavailable while there is none."""


def routes_router(
    current: CurrentSnapshot, places_of: Callable[[Topology], Places], records: Records, settings: RoutingSettings
) -> APIRouter:
    """Give the route of routes."""
    router = APIRouter(prefix="/internal/routes")

    async def snapshot_at(departure: datetime) -> Snapshot:
        snapshot = current()
        try:
            past = await records.past(snapshot.topology, departure, snapshot.computed_until)
        except NotKnownError as error:
            raise invalid_field(field="body.departure", reason=str(error)) from error
        except AWAY as error:
            raise database_away() from error
        return await asyncio.to_thread(snapshot_then, snapshot, past, settings.estimate)

    @router.post("")
    async def routes(request: RouteRequest) -> RouteAnswer:
        snapshot = current() if request.departure == "now" else await snapshot_at(request.departure)
        return await asyncio.to_thread(_answer, snapshot, places_of, request)

    return router


def database_away() -> Unavailable:
    """Give the problem of who needs the database while it is away."""
    return Unavailable("the database is away at the moment", headers={"Retry-After": "5"})


def invalid_field(*, field: str, reason: str) -> InvalidInput:
    """Give the problem with one field of a request."""
    return InvalidInput(f"{field}: {reason}", errors=[{"field": field, "reason": reason}])


def read_vehicle(asked: VehicleAsked) -> Vehicle:
    """Read what drives."""
    return Vehicle(asked.vehicle_class, asked.height_m, asked.weight_t)


def _answer(snapshot: Snapshot, places_of: Callable[[Topology], Places], request: RouteRequest) -> RouteAnswer:
    question = _question(request)
    try:
        routes = answer_routes(snapshot, places_of(snapshot.topology), question)
    except SamePlaceError as error:
        raise invalid_field(field="body.destination", reason=str(error)) from error
    except UnknownPlaceError as error:
        raise NotFound(str(error)) from error
    except TooFarError as error:
        raise invalid_field(field=_field(question, error.place), reason=str(error)) from error
    except AvoidAreaError as error:
        raise invalid_field(field=f"body.avoid_polygons.{error.position}", reason=str(error)) from error
    except NoRouteError as error:
        raise Conflict(str(error)) from error
    return RouteAnswer(
        features=[_feature(route) for route in routes],
        network_version=snapshot.topology.network_version,
        computed_until=snapshot.computed_until,
        links_with_state=len(snapshot.links),
    )


def _question(request: RouteRequest) -> RouteQuestion:
    return RouteQuestion(
        origin=_place(request.origin),
        destination=_place(request.destination),
        via=tuple(map(_place, request.via)),
        vehicle=read_vehicle(request.vehicle),
        avoid_links=tuple(request.avoid_links),
        avoid_areas=tuple(polygon.coordinates for polygon in request.avoid_polygons),
        alternatives=request.alternatives,
    )


def _field(question: RouteQuestion, place: Place) -> str:
    """Name the field of a request that a point stands in."""
    fields = {"origin": question.origin} | {f"via.{i}": via for i, via in enumerate(question.via)}
    return f"body.{next((name for name, asked in fields.items() if asked == place), 'destination')}.point"


def _place(asked: PlaceAsked) -> Place:
    return Place(asked.point, asked.node, asked.link, asked.heading_deg)


def _feature(route: Route) -> RouteFeature:
    return RouteFeature(
        geometry=LineString(coordinates=[_rounded(point) for point in route.coordinates]),
        properties=RouteProperties(
            links=list(route.links),
            streets=list(route.streets),
            length_m=round(route.length_m, 1),
            travel_time_s=round(route.travel_time_s, 1),
            free_flow_time_s=round(route.free_flow_time_s, 1),
            usual_time_s=round(route.usual_time_s, 1),
            avoids=list(route.avoids),
            places=[_place_told(place) for place in route.places],
        ),
    )


def _rounded(point: Coordinate) -> Coordinate:
    """Give a point to the centimetre."""
    return round(point[0], 7), round(point[1], 7)


def _place_told(place: PlaceUsed) -> PlaceTold:
    off_deg, away_m = place.heading_off_deg, place.distance_m
    return PlaceTold(
        link=place.link,
        point=_rounded(place.point),
        distance_m=None if away_m is None else round(away_m, 1),
        heading_off_deg=None if off_deg is None else round(off_deg, 1),
    )
