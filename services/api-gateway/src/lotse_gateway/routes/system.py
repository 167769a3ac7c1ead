"""The system as a whole."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter

from lotse_gateway.access import Requires
from lotse_gateway.keys import Scope
from lotse_gateway.models.system import SystemView
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.version import NAME, VERSION
from lotse_shared.clock import WallClock
from lotse_shared.problems import Unavailable

SLOT_IS_FRESH = timedelta(seconds=30)
"""Ingest gives a sign of life every few seconds."""


def system_router(resources: Resources) -> APIRouter:
    """Give the state of the system."""
    router = APIRouter(prefix="/v1/system", tags=["system"])

    @router.get(
        "",
        summary="Get the state of the system",
        response_model=SystemView,
        responses=errors(),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_system",
    )
    async def get_system() -> Any:  # noqa: ANN401 - SystemView
        """Tell what runs on which network and storage, how far decisions reach, and how much of everything there is."""
        row = await resources.database.row("get_system", SLOT_IS_FRESH)
        if row is None:
            message = "the database gave no answer"
            raise Unavailable(message)
        return {
            **row,
            "name": NAME,
            "version": VERSION,
            "clock": resources.clock_name,
            "now": resources.clock.now(),
            "planner": None if row["heartbeat_at"] is None else _planner(row, resources.settings.ttl_s),
        }

    return router


def _planner(row: Any, ttl_s: float) -> dict[str, Any]:  # noqa: ANN401 - a Record
    is_fresh = WallClock().now() < row["heartbeat_at"] + timedelta(seconds=ttl_s)
    return {"epoch": row["epoch"], "heartbeat_at": row["heartbeat_at"], "fresh": is_fresh}
