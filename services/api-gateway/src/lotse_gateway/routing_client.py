"""What is asked of routing."""

import httpx

from lotse_gateway.internal import InternalService
from lotse_shared.wire import CorridorsAnswer, CorridorsRequest
from lotse_shared.wire_closures import ClosureAnswer, ClosureRequest
from lotse_shared.wire_routes import RouteAnswer, RouteRequest
from lotse_shared.wire_texts import (
    FaultsAnswer,
    PreviewAnswer,
    PreviewRequest,
    TemplateRequest,
    TextsAnswer,
    TextsRequest,
)


class RoutingClient:
    """Asks routing what would be."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._routing = InternalService("routing", http)

    async def find_routes(self, request: RouteRequest) -> RouteAnswer:
        """Give the quickest way, and others that were asked for.

        Raises
        ------
        NotFound, Conflict, InvalidInput
            Routing says so: no such place, no way, too far off, a moment that is not known.
        Unavailable
            Routing is away, too slow, or answers what cannot be understood.
        """
        return await self._routing.ask(RouteAnswer, "/internal/routes", json=request.model_dump(mode="json"))

    async def resolve_corridors(self, request: CorridorsRequest) -> CorridorsAnswer:
        """Give the links of corridors, or what is wrong with them. Raises Unavailable as `find_route` does."""
        path = "/internal/corridors/resolve"
        return await self._routing.ask(CorridorsAnswer, path, json=request.model_dump(mode="json"))

    async def check_texts(self, request: TextsRequest) -> TextsAnswer:
        """Tell whether lines may stand on signs, and how they write them. Raises Unavailable as `find_route` does."""
        return await self._routing.ask(TextsAnswer, "/internal/texts/check", json=request.model_dump(mode="json"))

    async def check_template(self, request: TemplateRequest) -> FaultsAnswer:
        """Tell what is wrong with a template. Raises Unavailable as `find_route` does."""
        path = "/internal/texts/check-template"
        return await self._routing.ask(FaultsAnswer, path, json=request.model_dump(mode="json"))

    async def preview(self, request: PreviewRequest) -> PreviewAnswer:
        """Give the lines that a sign would show. Raises Unavailable as `find_route` does."""
        return await self._routing.ask(PreviewAnswer, "/internal/texts/preview", json=request.model_dump(mode="json"))

    async def check_closure(self, request: ClosureRequest) -> ClosureAnswer:
        """Tell what a closure would do.

        Raises
        ------
        NotFound, Conflict, InvalidInput
            Routing says so: no such roadwork or link, nothing that closes, a time that is over.
        Unavailable
            Routing or its database is away, too slow, or answers what cannot be understood.
        """
        return await self._routing.ask(ClosureAnswer, "/internal/closure-checks", json=request.model_dump(mode="json"))
