"""What is asked of routing."""

from datetime import datetime

import httpx

from lotse_gateway.neighbours.internal import InternalService
from lotse_shared.wire import CorridorsAnswer, CorridorsRequest
from lotse_shared.wire_closures import ClosureAnswer, ClosureRequest
from lotse_shared.wire_feeds import ExportAnswer, ExportRequest, FeedFormat, MatchAnswer
from lotse_shared.wire_past import LinkStatesAnswer, LinkStatesRequest
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

    async def link_states(self, at: datetime) -> LinkStatesAnswer:
        """Tell what was known of links at a past moment; a moment of which nothing is known raises InvalidInput."""
        request = LinkStatesRequest(at=at)
        return await self._routing.ask(LinkStatesAnswer, "/internal/link-states", json=request.model_dump(mode="json"))

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
        asked = request.model_dump(mode="json", exclude_unset=True)  # who names no vehicle means those it binds
        return await self._routing.ask(ClosureAnswer, "/internal/closure-checks", json=asked)

    async def match_feed(
        self, content: bytes, feed_format: FeedFormat | None, time_zone: str | None, timeout_s: float
    ) -> MatchAnswer:
        """Read a feed and find the links of its roadworks: a tenth of a second each, so it may take longer than others.

        Raises
        ------
        InvalidInput, TooLarge
            Routing says so: it is none, or has too many roadworks.
        Unavailable
            Routing is away, too slow, has no network yet, or answers what cannot be understood.
        """
        given = {"format": feed_format, "time_zone": time_zone}
        params = {name: value for name, value in given.items() if value is not None}
        return await self._routing.ask(
            MatchAnswer, "/internal/roadworks/match", content=content, params=params, timeout=timeout_s
        )

    async def export_feed(self, request: ExportRequest) -> ExportAnswer:
        """Give our roadworks as a feed. Raises Unavailable as `check_closure` does."""
        path = "/internal/roadworks/export"
        return await self._routing.ask(ExportAnswer, path, json=request.model_dump(mode="json"))
