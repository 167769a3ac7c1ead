"""Roadworks: entered, listed, shown."""

import secrets
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.answers.references import Mention, list_missing
from lotse_gateway.database import Session
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.roadworks import STATUS_MEANS, Roadwork, RoadworkPage, RoadworkView, Status
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.boxes import ANYWHERE, Box, read_box, refuse_swapped
from lotse_gateway.routes.forms import VARY, PrefersGeoJson, also_geojson, give_features
from lotse_gateway.routes.parameters import Cursor, RoadworkId, invalid_field, page_size, read_cursor
from lotse_gateway.writes.audit import Event, leave_trace
from lotse_gateway.writes.registry import find_known, refuse
from lotse_gateway.writes.roadwork_life import Approvals, Wish, get_roadwork, list_roadworks
from lotse_shared.moment import Moment
from lotse_shared.problems import Conflict
from lotse_shared.wire_closures import ClosureRequest

EXAMPLE = {
    "type": "FeatureCollection",
    "next_cursor": None,
    "features": [
        {
            "type": "Feature",
            "id": "B1",
            "geometry": {"type": "MultiLineString", "coordinates": [[[7.0835, 54.3151], [7.0862, 54.3163]]]},
            "properties": {"roadwork_id": "B1", "name": "Kanalbau Nordring", "effect": "closed", "status": "active"},
        }
    ],
}
"""A feature has all properties of a roadwork."""


def roadworks_router(resources: Resources, approvals: Approvals) -> APIRouter:
    """Give list, get, create."""
    router = APIRouter(prefix="/v1/roadworks", tags=["roadworks"])
    settings, database = resources.settings, resources.database

    @router.get(
        "",
        summary="List roadworks",
        response_model=RoadworkPage,
        responses=errors(422) | also_geojson(EXAMPLE),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_roadworks",
    )
    async def list_them(  # noqa: PLR0913 - a parameter each
        *,
        response: Response,
        as_geojson: PrefersGeoJson,
        box: Annotated[Box | None, Depends(read_box)],
        status: Annotated[Status | None, Query(description=f"those that are this now: {STATUS_MEANS}")] = None,
        from_: Annotated[Moment | None, Query(alias="from", description="those whose time ends after this")] = None,
        to: Annotated[Moment | None, Query(description="those whose time begins before this")] = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Any:  # noqa: ANN401 - RoadworkPage
        """Roadworks by id, each with what it is now on Lotse's clock; as GeoJSON with the lines of their links."""
        (after,) = read_cursor(cursor, str)
        where = *(box or ANYWHERE), from_, to
        items = await list_roadworks(resources, after, status, limit + 1, where)
        if not items:
            await refuse_swapped(database, box)
        next_cursor = encode_cursor(items[limit - 1]["roadwork_id"]) if len(items) > limit else None
        if as_geojson:
            return await give_features(database, "roadwork_id", items[:limit], next_cursor, RoadworkView)
        response.headers.update(VARY)
        return {"items": items[:limit], "next_cursor": next_cursor}

    @router.get(
        "/{roadwork_id}",
        summary="Get a roadwork",
        response_model=RoadworkView,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_roadwork",
    )
    async def get(roadwork_id: RoadworkId) -> Any:  # noqa: ANN401 - RoadworkView
        """One roadwork with what it is now on Lotse's clock."""
        async with database.transaction() as session:
            return await get_roadwork(session, resources, roadwork_id)

    @router.post(
        "",
        status_code=201,
        summary="Create a roadwork, approved unless told otherwise",
        response_model=RoadworkView,
        responses=errors(409, 422, reads_body=True),
        operation_id="create_roadwork",
    )
    async def create(roadwork: Roadwork, key: Annotated[ApiKey, Requires(Scope.OPERATOR)], response: Response) -> Any:  # noqa: ANN401 - RoadworkView
        """Close links, or slow them, from `starts_at` (now) until `ends_at` (open end), at the hours of `recurrence`.

        A closed link is in no route from its start on. Only the links named are affected: name both directions to
        close both. It is approved at once, as by `POST /v1/roadworks/{roadwork_id}/approve`: 409 where it would isolate
        something and no `override_reason` is given, 503 while routing is away; then nothing is created. With
        `approve` false it is a draft, without effect.
        """
        starts_at = roadwork.starts_at or resources.now("say starts_at")
        if roadwork.ends_at is not None and roadwork.ends_at <= starts_at:
            raise invalid_field(field="body.ends_at", reason="must be later than starts_at")
        roadwork_id = roadwork.roadwork_id or f"RW-{secrets.token_hex(4)}"
        async with approvals.session() if roadwork.approve else database.transaction() as session:
            await _add(session, key, roadwork, roadwork_id, starts_at)
            if roadwork.approve:
                draft = await get_roadwork(session, resources, roadwork_id)
                await approvals.approve(session, key, draft, Wish(roadwork.override_reason), _question(draft))
            response.headers["Location"] = f"{router.prefix}/{roadwork_id}"
            return await get_roadwork(session, resources, roadwork_id)

    async def _add(session: Session, key: ApiKey, roadwork: Roadwork, roadwork_id: str, starts_at: datetime) -> None:
        await _refuse_unknown_links(session, roadwork)
        zone = roadwork.time_zone or (settings.time_zone if roadwork.recurrence else None)
        added = await session.row(
            "add_roadwork",
            roadwork_id,
            roadwork.name,
            roadwork.effect,
            roadwork.speed_kmh,
            roadwork.lanes_closed,
            roadwork.vehicles,
            roadwork.links,
            starts_at,
            roadwork.ends_at,
            roadwork.recurrence,
            zone,
        )
        if added is None:
            message = f"the roadwork {roadwork_id!r} exists"
            raise Conflict(message)
        await leave_trace(session, key, "roadwork", [Event("create", roadwork_id)])

    return router


def _question(draft: dict[str, Any]) -> ClosureRequest:
    """Ask about one that routing cannot see yet, as it is not committed."""
    return ClosureRequest(
        links=draft["links"],
        starts_at=draft["starts_at"],
        ends_at=draft["ends_at"],
        vehicles=draft["vehicles"],
        recurrence=draft["recurrence"],
        time_zone=draft["time_zone"] if draft["recurrence"] else None,
    )


async def _refuse_unknown_links(session: Session, roadwork: Roadwork) -> None:
    mentions = [Mention("link", link_id, f"body.links.{place}") for place, link_id in enumerate(roadwork.links)]
    refuse(list_missing(mentions, await find_known(session, mentions)))
