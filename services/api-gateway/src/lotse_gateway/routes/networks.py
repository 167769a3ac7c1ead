"""The street networks that were imported, and which of them is in force."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from lotse_gateway.access import Requires
from lotse_gateway.keys import Scope
from lotse_gateway.models.networks import NetworkPage, NetworkView
from lotse_gateway.openapi import errors
from lotse_gateway.paging import encode_cursor
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, page_size, read_cursor
from lotse_gateway.routes.spans import read_moment
from lotse_shared.problems import NotFound

IN_FORCE = "active"
Version = Annotated[
    str,
    Path(pattern=rf"^([0-9a-f]{{64}}|{IN_FORCE})$", max_length=64, description=f"or `{IN_FORCE}`", examples=[IN_FORCE]),
]


def networks_router(resources: Resources) -> APIRouter:
    """Give list and get of networks."""
    router = APIRouter(prefix="/v1/networks", tags=["networks"])
    settings, database = resources.settings, resources.database
    history = resources.history.advising("query.limit", "ask for smaller pages")

    @router.get(
        "",
        summary="List networks",
        response_model=NetworkPage,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_networks",
    )
    async def list_networks(
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size, cursor: Cursor = None
    ) -> Any:  # noqa: ANN401 - NetworkPage
        """All versions that were imported, newest first, with size and box; `is_active` marks the one in force."""
        moment, version = read_cursor(cursor, str, str)
        rows = await history.rows("list_networks", read_moment(moment), version, None, limit + 1)
        items = [dict(row) for row in rows[:limit]]
        last = items[-1] if len(rows) > limit else None
        next_cursor = last and encode_cursor(last["imported_at"].isoformat(), last["network_version"])
        return {"items": items, "next_cursor": next_cursor}

    @router.get(
        "/{network_version}",
        summary="Get a network",
        response_model=NetworkView,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_network",
    )
    async def get_network(network_version: Version) -> Any:  # noqa: ANN401 - NetworkView
        """One version, or that in force now (`active`)."""
        row = await database.row("list_networks", None, None, network_version, 1)
        if row is None:
            message = f"there is no network {network_version!r}"
            raise NotFound(message)
        return dict(row)

    return router
