"""What is asked of routing."""

import httpx

from lotse_gateway.internal import InternalService
from lotse_shared.wire import CorridorsAnswer, CorridorsRequest, RouteAnswer, RouteRequest


class RoutingClient:
    """Asks routing for routes, and for the links of corridors."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._routing = InternalService("routing", http)

    async def find_route(self, request: RouteRequest) -> RouteAnswer:
        """Give the quickest way now.

        Raises
        ------
        NotFound, Conflict, InvalidInput
            Routing says so: no way, no such place.
        Unavailable
            Routing is away, too slow, or answers what cannot be understood.
        """
        return await self._routing.ask(RouteAnswer, "/internal/routes", json=request.model_dump(mode="json"))

    async def resolve_corridors(self, request: CorridorsRequest) -> CorridorsAnswer:
        """Give the links of corridors, or what is wrong with them. Raises Unavailable as `find_route` does."""
        path = "/internal/corridors/resolve"
        return await self._routing.ask(CorridorsAnswer, path, json=request.model_dump(mode="json"))
