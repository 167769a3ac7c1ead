"""Alarms: what a person should know, and who knows it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.health import Alarm, AlarmPage, AlarmState
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, page_size, read_cursor
from lotse_gateway.writes.audit import Event, leave_trace, read_states
from lotse_shared.identifiers import Identifier
from lotse_shared.problems import NotFound

AlarmId = Annotated[int, Path(ge=1, lt=2**63, examples=[1])]


def alarms_router(resources: Resources) -> APIRouter:
    """Give list and acknowledge."""
    router = APIRouter(prefix="/v1/alarms", tags=["alarms"])
    settings, database = resources.settings, resources.database

    @router.get(
        "",
        summary="List alarms",
        response_model=AlarmPage,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_alarms",
    )
    async def list_alarms(
        state: Annotated[AlarmState, Query(description="open: not cleared yet")] = "open",
        kind: Annotated[Identifier | None, Query(description="only those of this kind")] = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Any:  # noqa: ANN401 - AlarmPage
        """Alarms, newest first."""
        (before,) = read_cursor(cursor, int)
        is_open = None if state == "all" else state == "open"
        rows = await database.rows("list_alarms", before, is_open, kind, limit + 1)
        items = [dict(row) for row in rows[:limit]]
        next_cursor = encode_cursor(items[-1]["alarm_id"]) if len(rows) > limit else None
        return {"items": items, "next_cursor": next_cursor}

    @router.post(
        "/{alarm_id}/ack",
        summary="Acknowledge an alarm",
        response_model=Alarm,
        responses=errors(404, 422),
        operation_id="acknowledge_alarm",
    )
    async def acknowledge(alarm_id: AlarmId, key: Annotated[ApiKey, Requires(Scope.OPERATOR)]) -> Any:  # noqa: ANN401 - Alarm
        """Let others know that somebody cares. The alarm stays up until its cause is gone; who was first is kept."""
        async with database.transaction() as session:
            before = await read_states(session, "alarm", [str(alarm_id)])
            if await session.row("acknowledge_alarm", alarm_id, key.key_id) is not None:
                await leave_trace(session, key, "alarm", [Event("acknowledge", str(alarm_id))], before)
            row = await session.row("get_alarm", alarm_id)
            if row is None:
                message = f"there is no alarm {alarm_id}"
                raise NotFound(message)
            return dict(row)

    return router
