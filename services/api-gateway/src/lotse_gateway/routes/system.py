"""The system as a whole."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response

from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.system import SystemView
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.degraded import MARKED, read_or_recall
from lotse_gateway.version import NAME, VERSION
from lotse_shared.clock import WallClock

SLOT_IS_FRESH = timedelta(seconds=30)
"""Ingest gives a sign of life every few seconds."""
_WALL = WallClock()


def system_router(resources: Resources) -> APIRouter:
    """Give the state of the system."""
    router = APIRouter(prefix="/v1/system", tags=["system"])

    @router.get(
        "",
        summary="Get the state of the system",
        response_model=SystemView,
        responses=errors() | MARKED,
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_system",
    )
    async def get_system(response: Response) -> Any:  # noqa: ANN401 - SystemView
        """Tell what runs on which network and storage, how far decisions reach, and how much of everything there is.

        `away` names what does not answer, and since when. While that is the database, everything else is as it was
        then: this is told however long it lasts.
        """
        copies = resources.copies

        async def read() -> Any:  # noqa: ANN401 - a Record
            return await resources.database.row("get_system", SLOT_IS_FRESH)

        row = await read_or_recall(resources, response.headers, read, lambda: copies.system, however_old=True)
        copies.system = row
        return _view(row, resources)

    return router


def _view(row: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
    memory, now = resources.memory, _WALL.now()
    away = memory.away(now)
    return {
        **row,
        "name": NAME,
        "version": VERSION,
        "clock": resources.clock_name,
        "now": resources.clock.now(),
        "covers_until": memory.covers_until,
        "planner": None
        if memory.heartbeat_at is None
        else {
            "epoch": memory.epoch,
            "heartbeat_at": memory.heartbeat_at,
            "fresh": memory.is_fresh(resources.settings.ttl_s, now),
        },
        "away": [] if away is None else [asdict(away)],
    }
