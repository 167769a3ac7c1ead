"""Routes on demand, from routing."""

from fastapi import APIRouter

from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_shared.wire_routes import RouteAnswer, RouteRequest


def routes_router(resources: Resources) -> APIRouter:
    """Give the query for a route."""
    router = APIRouter(prefix="/v1/routes", tags=["routes"])

    @router.post(
        "",
        summary="Find the quickest route, now or at a past moment",
        responses=errors(404, 409, 422, reads_body=True),
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
