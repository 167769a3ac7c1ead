"""The links of the active network with their state, as GeoJSON."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from lotse_gateway.access import Requires
from lotse_gateway.exchange.media import GEOJSON
from lotse_gateway.keys import Scope
from lotse_gateway.models.roads import LinkCollection, LinkStates
from lotse_gateway.openapi import errors
from lotse_gateway.packing import FAST, answer_packed, pack
from lotse_gateway.paging import encode_cursor
from lotse_gateway.resources import Resources
from lotse_gateway.routes.boxes import ANYWHERE, Box, read_box, refuse_swapped
from lotse_gateway.routes.forms import GeoJsonResponse
from lotse_gateway.routes.parameters import At, Cursor, page_size, read_cursor
from lotse_shared.level_of_service import LevelOfService


def links_router(resources: Resources) -> APIRouter:
    """Give the list of links, and all their states at once."""
    router = APIRouter(prefix="/v1", tags=["links"])
    settings, database = resources.settings, resources.database

    @router.get(
        "/links",
        summary="List links with their state, now or at a past moment",
        response_class=GeoJsonResponse,
        response_model=LinkCollection,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_links",
    )
    async def list_links(
        box: Annotated[Box | None, Depends(read_box)],
        at: At = None,
        level_of_service: Annotated[
            list[LevelOfService] | None, Query(max_length=5, description="in this state only; repeat it for several")
        ] = None,
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
        network = await database.row("get_active_network")
        states = None if at is None else (await resources.routing.link_states(at)).model_dump(mode="json")["states"]
        asked = after, *(box or ANYWHERE), level_of_service, limit + 1, states
        rows = await database.rows("list_link_features", *asked)
        if not rows:
            await refuse_swapped(database, box)
        next_cursor = encode_cursor(rows[limit - 1]["link_id"]) if len(rows) > limit else None
        version = None if network is None else network["network_version"]
        features = ",".join(row["feature"] for row in rows[:limit])
        return Response(_collection(version, next_cursor, features), media_type=GEOJSON)

    @router.get(
        "/link-states",
        summary="Get the state of every link of which anything is known",
        response_model=LinkStates,
        responses=errors(),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_link_states",
    )
    async def get_link_states(request: Request) -> Response:
        """All at once, as columns, without geometry: what events called `link_states` tell the changes of."""
        row = await database.row("get_link_states")
        assert row is not None  # noqa: S101 - an aggregate is one row
        return await answer_packed(request, await pack(row["states"].encode(), FAST))

    return router


def _collection(network_version: str | None, next_cursor: str | None, features: str) -> bytes:
    """Join features that PostgreSQL composed, without reading them."""
    head = {"type": "FeatureCollection", "network_version": network_version, "next_cursor": next_cursor}
    return f'{json.dumps(head)[:-1]},"features":[{features}]}}'.encode()
