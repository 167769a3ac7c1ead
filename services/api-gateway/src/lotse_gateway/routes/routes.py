"""Routes on demand, from routing."""

from typing import Any

from fastapi import APIRouter

from lotse_gateway.access import Requires
from lotse_gateway.keys import Scope
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_shared.wire_routes import RouteAnswer, RouteRequest

EXAMPLE: dict[str, Any] = {
    "type": "Feature",
    "geometry": {"type": "LineString", "coordinates": [[7.10813, 54.294], [7.10777, 54.29577], [7.09477, 54.30495]]},
    "properties": {
        "links": ["L2-L3-0", "L3-V6-0", "V6-V3-0", "V3-M3-0", "M3-M4-0", "M4-A08-0", "A08-A01-0", "A01-A02-0"],
        "streets": ["Lindenallee", "Südufer", "Alte Brücke", "Am Brückentor", "Westwall"],
        "length_m": 2202.6,
        "travel_time_s": 221.6,
        "free_flow_time_s": 187.8,
        "avoids": ["Lindenbrücke is jammed (7 of 50 km/h; detectors AB-05)"],
        "network_version": "2ab8302d…",
        "computed_until": "2026-11-23T07:43:28.294024Z",
    },
}
"""While the lorry stands on the Lindenbrücke in the demo; most points of the line are left out."""


def routes_router(resources: Resources) -> APIRouter:
    """Give the query for a route."""
    router = APIRouter(prefix="/v1/routes", tags=["routes"])

    @router.post(
        "",
        summary="Find the quickest route, now or at a past moment",
        responses=errors(404, 409, 422, reads_body=True)
        | {200: {"content": {"application/json": {"example": EXAMPLE}}}},
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="find_routes",
    )
    async def find_routes(request: RouteRequest) -> RouteAnswer:
        """Give the quickest way over the places asked for, past closures and forbidden turns, and say what it avoids.

        404 where there is no such place; 409 where there is no way, with what closes it; 422 where a point is too far
        from any street that the vehicle may use, or nothing is known of the moment.
        """
        return await resources.routing.find_routes(request)

    return router
