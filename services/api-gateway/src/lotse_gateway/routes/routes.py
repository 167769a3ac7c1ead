"""Routes on demand, from routing."""

from typing import Any

from fastapi import APIRouter

from lotse_gateway.access import Requires
from lotse_gateway.keys import Scope
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_shared.wire import RouteAnswer, RouteRequest

EXAMPLE: dict[str, Any] = {
    "type": "Feature",
    "geometry": {"type": "LineString", "coordinates": [[7.7689, 49.4447], [7.7702, 49.4451], [7.7719, 49.4458]]},
    "properties": {
        "links": ["J10-J11-0", "J11-J12-0"],
        "streets": ["Lauterstraße", "Pariser Straße"],
        "length_m": 431.0,
        "travel_time_s": 61.5,
        "free_flow_time_s": 38.0,
        "avoids": ["Barbarossastraße is closed"],
        "network_version": "9f2c41…",
        "computed_until": "2026-11-23T07:10:00Z",
    },
}


def routes_router(resources: Resources) -> APIRouter:
    """Give the query for a route."""
    router = APIRouter(prefix="/v1/routes", tags=["routes"])

    @router.post(
        "",
        summary="Find the quickest route now",
        responses=errors(404, 409, 422, reads_body=True)
        | {200: {"content": {"application/json": {"example": EXAMPLE}}}},
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="find_route",
    )
    async def find_route(request: RouteRequest) -> RouteAnswer:
        """Give the quickest way at this moment, past closures and forbidden turns, and say what it avoids.

        404 where there is no such place, or no way.
        """
        return await resources.routing.find_route(request)

    return router
