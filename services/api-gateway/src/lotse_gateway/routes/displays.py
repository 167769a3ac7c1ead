"""What all signs were told, and whether they show it: for the centre."""

from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Query

from lotse_gateway.access import Requires
from lotse_gateway.keys import Scope
from lotse_gateway.memory import Absence
from lotse_gateway.models.displays import ConfirmationState, DisplayPage, DisplayView
from lotse_gateway.openapi import errors
from lotse_gateway.paging import encode_cursor
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, SignId, page_size, read_cursor
from lotse_shared.problems import Gone, NotFound

OF_CONFIRMATION = ("state", "since", "acknowledged_at", "epoch", "seq", "shown")


def displays_router(resources: Resources) -> APIRouter:
    """Give list and get."""
    router = APIRouter(prefix="/v1/displays", tags=["signs"])
    settings, database = resources.settings, resources.database

    @router.get(
        "",
        summary="List what signs were told, and whether they show it",
        response_model=DisplayPage,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_displays",
    )
    async def list_displays(
        confirmation: Annotated[ConfirmationState | None, Query(description="only those that are so")] = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Any:  # noqa: ANN401 - DisplayPage
        """Signs in service by id, each with its newest display, and what it says it shows."""
        (after,) = read_cursor(cursor, str)
        moment = resources.clock.now(), settings.confirm_within_polls
        rows = await database.rows("list_displays", after, confirmation, None, *moment, limit + 1)
        items = [view_display(row) for row in rows[:limit]]
        next_cursor = encode_cursor(items[-1]["sign_id"]) if len(rows) > limit else None
        return {"items": items, "next_cursor": next_cursor}

    @router.get(
        "/{sign_id}",
        summary="Get what a sign was told, and whether it shows it",
        response_model=DisplayView,
        responses=errors(404, 410, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_display_of_sign",
    )
    async def get_display_of_sign(sign_id: SignId) -> Any:  # noqa: ANN401 - DisplayView
        """Give the newest display of a sign in service, and what it says it shows."""
        moment = resources.clock.now(), settings.confirm_within_polls
        row = await database.row("list_displays", None, None, sign_id, *moment, 1)
        if row is None:
            if await database.row("get_sign", sign_id) is None:
                message = f"there is no sign {sign_id!r}"
                raise NotFound(message)
            message = f"sign {sign_id!r}: {Absence.RETIRED.value}"
            raise Gone(message)
        return view_display(row)

    return router


def view_display(row: asyncpg.Record) -> dict[str, Any]:
    """Give a row of `list_displays` as the API tells it."""
    confirmation = {name: row[name] for name in OF_CONFIRMATION} | {"faults": row["faults"] or []}
    told = {name: row[name] for name in ("sign_id", "display", "decided_at", "fresh_until")}
    return told | {"confirmation": confirmation}
