"""The street networks that were imported, and which of them is in force."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from lotse_gateway.answers.packing import SMALL, answer_packed, pack
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.database import Database
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.networks import NetworkLinks, NetworkPage, NetworkView
from lotse_gateway.openapi import errors
from lotse_gateway.recall.copies import Copies
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, page_size, read_cursor
from lotse_gateway.routes.spans import read_moment
from lotse_shared.problems import NotFound, Unavailable

IN_FORCE = "active"
Version = Annotated[
    str,
    Path(pattern=rf"^([0-9a-f]{{64}}|{IN_FORCE})$", max_length=64, description=f"or `{IN_FORCE}`", examples=[IN_FORCE]),
]


class Lines:
    """The links of the network that was asked for last, as they are sent: composed once, for they never change."""

    def __init__(self, database: Database, copies: Copies) -> None:
        self._database, self._copies = database, copies
        self._composing = asyncio.Lock()
        self._version, self._packed = "", b""

    async def packed(self, network_version: str) -> bytes:
        """Give the links of a version, or of that in force. Raises NotFound where there is none, Unavailable."""
        try:
            row = await self._database.row("get_network_version", network_version)
        except Unavailable:
            if self._packed and self._is_known(network_version):
                return self._packed
            raise
        if row is None:
            raise _no_network(network_version)
        async with self._composing:  # a hundred pages that open at once wait for one
            if row["network_version"] != self._version:
                composed = await self._database.row("get_network_links", row["network_version"])
                if composed is None:  # deleted meanwhile
                    raise _no_network(network_version)
                self._packed = await pack(composed["links"].encode(), SMALL)
                self._version = row["network_version"]
            return self._packed

    def _is_known(self, network_version: str) -> bool:
        links = self._copies.links
        in_force = None if links is None else links.network_version
        return self._version == (in_force if network_version == IN_FORCE else network_version)


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
            raise _no_network(network_version)
        return dict(row)

    lines = Lines(database, resources.copies)

    @router.get(
        "/{network_version}/links",
        summary="Get the links of a network, without their state",
        response_model=NetworkLinks,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_network_links",
    )
    async def get_network_links(network_version: Version, request: Request) -> Response:
        """All links at once, as columns and without what changes: for a map, which draws their state over it.

        Asked again with the ETag, it costs nothing as long as the network stays. States are in `/v1/link-states`.
        """
        return await answer_packed(request, await lines.packed(network_version))

    return router


def _no_network(network_version: str) -> NotFound:
    return NotFound(f"there is no network {network_version!r}")
