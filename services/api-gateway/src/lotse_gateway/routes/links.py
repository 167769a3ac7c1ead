"""The links of the active network with their state, as GeoJSON."""

import asyncio
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from lotse_gateway.answers.kept import Composed, Kept, compose
from lotse_gateway.answers.media import GEOJSON
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.database import Database
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.roads import LinkCollection
from lotse_gateway.openapi import errors
from lotse_gateway.recall.copies import Links
from lotse_gateway.resources import Resources
from lotse_gateway.routes.boxes import ANYWHERE, Box, read_box, refuse_swapped
from lotse_gateway.routes.degraded import MARKED, read_or_recall
from lotse_gateway.routes.forms import GeoJsonResponse
from lotse_gateway.routes.parameters import At, Cursor, page_size, read_cursor
from lotse_shared.clock import WallClock
from lotse_shared.level_of_service import LevelOfService

_WALL = WallClock()

Levels = Annotated[
    list[LevelOfService] | None, Query(max_length=5, description="in this state only; repeat it for several")
]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which links: after an id, that touch a box, with one of these levels of service (None: any); so many at most."""

    after: str | None
    box: Box | None
    levels: Collection[str] | None
    limit: int


def links_router(resources: Resources) -> APIRouter:
    """Give the list of links."""
    router = APIRouter(prefix="/v1", tags=["links"])
    settings, lists = resources.settings, _Lists(resources)

    @router.get(
        "/links",
        summary="List links with their state, now or at a past moment",
        response_class=GeoJsonResponse,
        response_model=LinkCollection,
        responses=errors(422) | MARKED,
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_links",
    )
    async def list_links(  # noqa: PLR0913 - a parameter each
        *,
        request: Request,
        box: Annotated[Box | None, Depends(read_box)],
        at: At = None,
        level_of_service: Levels = None,
        limit: Annotated[int, page_size(settings.max_link_page_size)] = settings.max_link_page_size,
        cursor: Cursor = None,
    ) -> Response:
        """Links of the active network as a GeoJSON feature collection, each with what is known of it now.

        `level_of_service` is `unknown` where nothing is measured: missing data never means free. A `bbox` outside of
        the network finds none; one that would lie in it with longitude and latitude swapped is refused.

        With `at`, what detectors had told of them by that moment of Lotse's clock, on the network of now: the newest
        state that was written down in the quarter of an hour before. Estimates, and by which detectors a speed was
        measured, are not kept. 422 for a moment ahead, or before the history begins.
        """
        (after,) = read_cursor(cursor, str)
        wanted = _Wanted(after, box, level_of_service, limit)
        headers: dict[str, str] = {}
        if at:
            return Response(await lists.read_past(wanted, at), media_type=GEOJSON)
        found = await read_or_recall(resources, headers, lambda: lists.read_now(wanted), lambda: lists.recall(wanted))
        if isinstance(found, bytes) and not lists.is_whole(wanted):
            return Response(found, media_type=GEOJSON, headers=headers)
        composed = await compose(found) if isinstance(found, bytes) else found
        return await composed.answer(request, GEOJSON, headers)

    return router


class _Lists:
    """Composes lists of links; that of all links, which maps ask for, only when something has changed."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._whole = _Wanted(None, None, None, resources.settings.max_link_page_size)
        self._kept = Kept()

    def is_whole(self, wanted: _Wanted) -> bool:
        """Tell whether this is the list that is kept, and packed for whom takes that."""
        return wanted == self._whole

    async def read_now(self, wanted: _Wanted) -> Composed | bytes:
        """Give links as they are now."""
        if not self.is_whole(wanted):
            return await self._read(wanted)
        version = await get_version_of_links(self._resources.database)
        return await self._kept.get(version, lambda: self._read(wanted))

    async def read_past(self, wanted: _Wanted, moment: datetime) -> bytes:
        """Give links as they were at a moment, in a turn of history."""
        async with self._resources.history.turn():
            past = await self._resources.routing.link_states(moment)
            return await self._read(wanted, past.model_dump(mode="json")["states"])

    def recall(self, wanted: _Wanted) -> bytes | None:
        """Give links as they were copied last; None: that is unknown, or too old."""
        copies, settings = self._resources.copies, self._resources.settings
        if copies.links is None or not copies.are_links_fresh(settings.ttl_s, _WALL.now()):
            return None
        found = copies.links.find(wanted.after, wanted.box, wanted.levels)
        return _collection(Links(copies.links.network_version, list(islice(found, wanted.limit + 1))), wanted.limit)

    async def _read(self, wanted: _Wanted, states: list[Any] | None = None) -> bytes:
        database = self._resources.database
        network = await database.row("get_active_network")
        asked = wanted.after, *(wanted.box or ANYWHERE), wanted.levels, wanted.limit + 1, states
        rows = await database.rows("list_link_features", *asked)
        if not rows:
            await refuse_swapped(database, wanted.box)
        version = None if network is None else network["network_version"]
        found = Links(version, [(row["link_id"], row["feature"]) for row in rows])
        return await asyncio.to_thread(_collection, found, wanted.limit)


async def get_version_of_links(database: Database) -> tuple[object, ...]:
    """Give what is another value whenever links, or their states, may be different."""
    row = await database.row("get_version_of_links")
    assert row is not None  # noqa: S101 - two values are one row
    return tuple(row)


def _collection(links: Links, limit: int) -> bytes:
    """Join so many features that PostgreSQL composed, without reading them."""
    next_cursor = encode_cursor(links.features[limit - 1][0]) if len(links.features) > limit else None
    head = {"type": "FeatureCollection", "network_version": links.network_version, "next_cursor": next_cursor}
    features = ",".join(feature for _, feature in links.features[:limit])
    return f'{json.dumps(head)[:-1]},"features":[{features}]}}'.encode()
