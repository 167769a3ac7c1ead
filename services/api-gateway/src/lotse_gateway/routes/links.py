"""The links of the active network with their state, as GeoJSON."""

import json
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from lotse_gateway.answers.media import GEOJSON
from lotse_gateway.answers.packing import FAST, answer_packed, pack
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.roads import LinkCollection, LinkStates
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


def links_router(resources: Resources) -> APIRouter:
    """Give the list of links, and all their states at once."""
    router = APIRouter(prefix="/v1", tags=["links"])
    settings, database, history = resources.settings, resources.database, resources.history

    def are_fresh() -> bool:
        return resources.copies.are_links_fresh(settings.ttl_s, _WALL.now())

    @router.get(
        "/links",
        summary="List links with their state, now or at a past moment",
        response_class=GeoJsonResponse,
        response_model=LinkCollection,
        responses=errors(422) | MARKED,
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
        headers: dict[str, str] = {}

        async def read(states: list[Any] | None = None) -> Links:
            network = await database.row("get_active_network")
            asked = after, *(box or ANYWHERE), level_of_service, limit + 1, states
            rows = await database.rows("list_link_features", *asked)
            if not rows:
                await refuse_swapped(database, box)
            version = None if network is None else network["network_version"]
            return Links(version, [(row["link_id"], row["feature"]) for row in rows])

        def recall() -> Links | None:
            known = resources.copies.links
            if known is None or not are_fresh():
                return None
            found = known.find(after, box, level_of_service)
            return Links(known.network_version, list(islice(found, limit + 1)))

        async def read_past(moment: datetime) -> Links:
            async with history.turn():
                return await read((await resources.routing.link_states(moment)).model_dump(mode="json")["states"])

        found = await (read_past(at) if at else read_or_recall(resources, headers, read, recall))
        return Response(_collection(found, limit), media_type=GEOJSON, headers=headers)

    @router.get(
        "/link-states",
        summary="Get the state of every link of which anything is known",
        response_model=LinkStates,
        responses=errors() | MARKED,
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_link_states",
    )
    async def get_link_states(request: Request) -> Response:
        """All at once, as columns, without geometry: what events called `link_states` tell the changes of."""
        headers: dict[str, str] = {}

        async def read() -> str:
            row = await database.row("get_link_states")
            assert row is not None  # noqa: S101 - an aggregate is one row
            states: str = row["states"]
            return states

        states = await read_or_recall(
            resources, headers, read, lambda: resources.copies.link_states if are_fresh() else None
        )
        return await answer_packed(request, await pack(states.encode(), FAST), **headers)

    return router


def _collection(links: Links, limit: int) -> bytes:
    """Join so many features that PostgreSQL composed, without reading them."""
    next_cursor = encode_cursor(links.features[limit - 1][0]) if len(links.features) > limit else None
    head = {"type": "FeatureCollection", "network_version": links.network_version, "next_cursor": next_cursor}
    features = ",".join(feature for _, feature in links.features[:limit])
    return f'{json.dumps(head)[:-1]},"features":[{features}]}}'.encode()
