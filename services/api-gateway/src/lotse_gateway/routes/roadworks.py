"""Roadworks: planned, in force, ended."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from lotse_gateway.access import Requires
from lotse_gateway.audit import Event, leave_trace
from lotse_gateway.database import Session
from lotse_gateway.keys import ApiKey, Scope
from lotse_gateway.models.roads import Roadwork, RoadworkPage, RoadworkView, Status
from lotse_gateway.openapi import errors
from lotse_gateway.paging import encode_cursor
from lotse_gateway.references import Mention, list_missing
from lotse_gateway.registry import find_known, refuse
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, RoadworkId, invalid_field, page_size, read_cursor
from lotse_shared.problems import Conflict, NotFound

DATA_TIME_NOT_BEGUN = "Lotse's clock has not begun (no watermark has come yet), so there is no `now`: say starts_at"


def roadworks_router(resources: Resources) -> APIRouter:
    """Give list, get, create, end."""
    router = APIRouter(prefix="/v1/roadworks", tags=["roadworks"])
    settings, database, clock = resources.settings, resources.database, resources.clock

    @router.get(
        "",
        summary="List roadworks",
        response_model=RoadworkPage,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_roadworks",
    )
    async def list_roadworks(
        status: Annotated[Status | None, Query(description="those that are this now, on Lotse's clock")] = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Any:  # noqa: ANN401 - RoadworkPage
        """Roadworks by id, each with what it is now on Lotse's clock: planned, active or ended."""
        (after,) = read_cursor(cursor, str)
        rows = await database.rows("list_roadworks", after, clock.now(), status, limit + 1)
        items = [dict(row) for row in rows[:limit]]
        next_cursor = encode_cursor(items[-1]["roadwork_id"]) if len(rows) > limit else None
        return {"items": items, "next_cursor": next_cursor}

    @router.get(
        "/{roadwork_id}",
        summary="Get a roadwork",
        response_model=RoadworkView,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_roadwork",
    )
    async def get_roadwork(roadwork_id: RoadworkId) -> Any:  # noqa: ANN401 - RoadworkView
        """One roadwork with what it is now on Lotse's clock."""
        async with database.transaction() as session:
            return await _get(session, resources, roadwork_id)

    @router.post(
        "",
        status_code=201,
        summary="Create a roadwork",
        response_model=RoadworkView,
        responses=errors(409, 422, reads_body=True),
        operation_id="create_roadwork",
    )
    async def create_roadwork(
        roadwork: Roadwork, key: Annotated[ApiKey, Requires(Scope.OPERATOR)], response: Response
    ) -> Any:  # noqa: ANN401 - RoadworkView
        """Close links, or limit their speed, from `starts_at` (now) until `ends_at` (open end).

        A closed link is in no route from its start on. Only the links named are affected: name both directions to
        close both.
        """
        starts_at = roadwork.starts_at or clock.now()
        if starts_at is None:
            raise Conflict(DATA_TIME_NOT_BEGUN)
        if roadwork.ends_at is not None and roadwork.ends_at <= starts_at:
            raise invalid_field(field="body.ends_at", reason="must be later than starts_at")
        roadwork_id = roadwork.roadwork_id or f"RW-{secrets.token_hex(4)}"
        async with database.transaction() as session:
            await _refuse_unknown_links(session, roadwork)
            added = await session.row(
                "add_roadwork",
                roadwork_id,
                roadwork.name,
                roadwork.effect,
                roadwork.speed_kmh,
                roadwork.links,
                starts_at,
                roadwork.ends_at,
            )
            if added is None:
                message = f"the roadwork {roadwork_id!r} exists"
                raise Conflict(message)
            body = roadwork.model_dump(mode="json") | {"roadwork_id": roadwork_id, "starts_at": starts_at.isoformat()}
            await leave_trace(session, key, "roadwork", [Event("create", roadwork_id, {"after": body})])
            response.headers["Location"] = f"{router.prefix}/{roadwork_id}"
            return await _get(session, resources, roadwork_id)

    @router.post(
        "/{roadwork_id}/end",
        summary="End a roadwork now",
        response_model=RoadworkView,
        responses=errors(404, 409, 422),
        operation_id="end_roadwork",
    )
    async def end_roadwork(roadwork_id: RoadworkId, key: Annotated[ApiKey, Requires(Scope.OPERATOR)]) -> Any:  # noqa: ANN401 - RoadworkView
        """End it before its time, or call off one that is planned. Ending one that is over does nothing."""
        now = clock.now()
        if now is None:
            raise Conflict(DATA_TIME_NOT_BEGUN)
        async with database.transaction() as session:
            if await session.row("end_roadwork", roadwork_id, now) is not None:
                await leave_trace(session, key, "roadwork", [Event("end", roadwork_id, {"ended_at": now.isoformat()})])
            return await _get(session, resources, roadwork_id)

    return router


async def _get(session: Session, resources: Resources, roadwork_id: str) -> dict[str, Any]:
    row = await session.row("get_roadwork", roadwork_id, resources.clock.now())
    if row is None:
        message = f"there is no roadwork {roadwork_id!r}"
        raise NotFound(message)
    return dict(row)


async def _refuse_unknown_links(session: Session, roadwork: Roadwork) -> None:
    mentions = [Mention("link", link_id, f"body.links.{place}") for place, link_id in enumerate(roadwork.links)]
    refuse(list_missing(mentions, await find_known(session, mentions)))
