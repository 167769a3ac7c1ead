"""What all signs were told, and whether they show it: for the centre."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.displays import ConfirmationState, DisplayPage, DisplayView
from lotse_gateway.openapi import errors
from lotse_gateway.recall.memory import Absence, SignMemory
from lotse_gateway.resources import Resources
from lotse_gateway.routes.degraded import MARKED, read_or_recall
from lotse_gateway.routes.display import refuse_absent
from lotse_gateway.routes.parameters import Cursor, SignId, page_size, read_cursor
from lotse_shared.problems import Gone

OF_CONFIRMATION = ("state", "since", "acknowledged_at", "epoch", "seq", "shown")
NEVER_HEARD = {**dict.fromkeys(OF_CONFIRMATION), "state": "unknown", "faults": None}


def displays_router(resources: Resources) -> APIRouter:
    """Give list and get."""
    router = APIRouter(prefix="/v1/displays", tags=["signs"])
    settings, database = resources.settings, resources.database

    async def read(
        after: str | None, confirmation: ConfirmationState | None, sign_id: str | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        moment = resources.clock.now(), settings.confirm_within_polls
        rows = await database.rows("list_displays", after, confirmation, sign_id, *moment, limit)
        return [dict(row) for row in rows]

    @router.get(
        "",
        summary="List what signs were told, and whether they show it",
        response_model=DisplayPage,
        responses=errors(422) | MARKED,
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_displays",
    )
    async def list_displays(
        response: Response,
        confirmation: Annotated[ConfirmationState | None, Query(description="only those that are so")] = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        """Signs in service by id, each with its newest display, and what it says it shows."""
        (after,) = read_cursor(cursor, str)
        asked = after, confirmation, None, limit + 1
        items = await read_or_recall(
            resources, response.headers, partial(read, *asked), partial(_recall, resources, *asked)
        )
        next_cursor = encode_cursor(items[limit - 1]["sign_id"]) if len(items) > limit else None
        return await compose_page(
            DisplayPage, map(view_display, items[:limit]), response.headers, next_cursor=next_cursor
        )

    @router.get(
        "/{sign_id}",
        summary="Get what a sign was told, and whether it shows it",
        response_model=DisplayView,
        responses=errors(404, 410, 422) | MARKED,
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_display_of_sign",
    )
    async def get_display_of_sign(response: Response, sign_id: SignId) -> Any:  # noqa: ANN401 - DisplayView
        """Give the newest display of a sign in service, and what it says it shows."""
        asked = None, None, sign_id, 1
        found = await read_or_recall(
            resources, response.headers, partial(read, *asked), partial(_recall, resources, *asked)
        )
        if not found:
            refuse_absent(resources.memory, sign_id, settings.poll_s)
            message = f"sign {sign_id!r}: {Absence.RETIRED.value}"  # a moment ago
            raise Gone(message)
        return view_display(found[0])

    return router


def _recall(
    resources: Resources, after: str | None, confirmation: ConfirmationState | None, sign_id: str | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Give from memory the rows that `list_displays` gives; what signs confirmed is that of before the outage."""
    found = []
    for name in resources.memory.in_service:
        known = resources.copies.confirmations.get(name, NEVER_HEARD)
        is_wanted = sign_id in {None, name} and confirmation in {None, known["state"]}
        if is_wanted and (after is None or name > after):
            found.append(_remembered(resources.memory, name, known))
    return found[:limit]


def _remembered(memory: SignMemory, sign_id: str, known: Mapping[str, Any]) -> dict[str, Any]:
    display = memory.find_display(sign_id)
    if display is None:
        return {"sign_id": sign_id, "display": None, "decided_at": None, "fresh_until": None, **known}
    told = {"sign_id": sign_id, "display": json.loads(display.body), "decided_at": display.reasons.decided_at}
    return {**told, "fresh_until": memory.fresh_until(display), **known}


def view_display(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give a row of `list_displays` as the API tells it."""
    confirmation = {name: row[name] for name in OF_CONFIRMATION} | {"faults": row["faults"] or []}
    told = {name: row[name] for name in ("sign_id", "display", "decided_at", "fresh_until")}
    return told | {"confirmation": confirmation}
