"""Roadworks of others come in as drafts, ours go out; routing reads, matches and writes feeds."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.roadwork_feeds import ImportAnswer
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import id_in_query
from lotse_gateway.writes.roadwork_import import keep_drafts
from lotse_shared.settings import TimeZoneName
from lotse_shared.wire_feeds import ExportRequest, FeedFormat

CITY = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": "k1",
            "geometry": {"type": "LineString", "coordinates": [[7.0788, 54.31429], [7.08671, 54.3156]]},
            "properties": {
                "name": "Kanalbau",
                "strasse": "Nordring",
                "art": "Vollsperrung",
                "richtung": "Beidseitig",
                "beginn": "2026-03-02T06:00:00Z",
            },
        }
    ],
}
A_FEED: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}, "example": CITY}},
    }
}
WZDX: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The feed, in the format asked for",
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "example": {
                    "feed_info": {"publisher": "Lotse", "version": "4.2", "update_date": "2026-11-23T07:42:13Z"},
                    "type": "FeatureCollection",
                    "features": [],
                },
            }
        },
    }
}


def roadwork_feeds_router(resources: Resources) -> APIRouter:
    """Give import and export."""
    router = APIRouter(prefix="/v1/roadworks", tags=["roadworks"])

    @router.post(
        "/import",
        summary="Import the roadworks of a feed as drafts",
        response_model=ImportAnswer,
        responses=errors(413, 422, reads_body=True),
        openapi_extra=A_FEED,
        operation_id="import_roadworks",
    )
    async def import_feed(
        request: Request,
        key: Annotated[ApiKey, Requires(Scope.OPERATOR)],
        source: Annotated[str, id_in_query("what the feed is called here: with its ids, it tells roadworks", "stadt")],
        feed_format: Annotated[
            FeedFormat | None, Query(alias="format", description="left out: it is told from the body")
        ] = None,
        time_zone: Annotated[
            TimeZoneName | None, Query(description="of local times in it that name no zone; left out: as configured")
        ] = None,
    ) -> Any:  # noqa: ANN401 - ImportAnswer
        """Take WZDx 4.2, DATEX II v3 (JSON) or a city's GeoJSON, find the links, and keep a draft of each roadwork.

        Nothing has an effect until somebody approves it; with `doubts`, until somebody has confirmed it. Send the feed
        as often as you like: drafts follow it; what was approved, refused or ended here stays as it is, and is told
        where the feed tells something else. A feed that could be read in part is taken in part: see `complaints`.
        """
        feed = await resources.routing.match_feed(
            await request.body(), feed_format, time_zone, resources.settings.import_timeout_s
        )
        async with resources.database.transaction() as session:
            return await keep_drafts(session, key, source, feed, resources.clock.now())

    @router.get(
        "/export",
        summary="Give our roadworks as a feed",
        responses=WZDX | errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="export_roadworks",
    )
    async def export_feed(
        feed_format: Annotated[Literal["wzdx", "datex2"], Query(alias="format", description="of the feed")] = "wzdx",
    ) -> dict[str, Any]:
        """Give what is approved and not over, as WZDx 4.2 or DATEX II v3 (JSON); a recurring one once an occurrence."""
        answer = await resources.routing.export_feed(ExportRequest(format=feed_format))
        return answer.content

    return router
