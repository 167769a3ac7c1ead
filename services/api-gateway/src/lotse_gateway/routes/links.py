"""The links of the active network with their state, as GeoJSON."""

import json
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from lotse_gateway.access import Requires
from lotse_gateway.database import Database
from lotse_gateway.keys import Scope
from lotse_gateway.models.roads import LinkCollection
from lotse_gateway.openapi import errors
from lotse_gateway.paging import encode_cursor
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import At, Cursor, invalid_field, page_size, read_cursor
from lotse_shared.level_of_service import LevelOfService

GEOJSON = "application/geo+json"
NUMBER = r"-?\d{1,3}(\.\d{1,12})?"
Bbox = Annotated[
    str | None,
    Query(
        pattern=rf"^{NUMBER}(,{NUMBER}){{3}}$",
        max_length=100,
        description="min longitude, min latitude, max longitude, max latitude: links that touch this box",
        examples=["7.09,54.29,7.12,54.31"],
    ),
]


class Box(NamedTuple):
    """A box in degrees (WGS 84)."""

    west: float
    south: float
    east: float
    north: float

    @property
    def swapped(self) -> "Box":
        """The box with longitude for latitude."""
        return Box(self.south, self.west, self.north, self.east)

    def touches(self, other: "Box") -> bool:
        """Tell whether the two have a point in common."""
        return (
            self.west <= other.east
            and other.west <= self.east
            and self.south <= other.north
            and other.south <= self.north
        )


ANYWHERE = (None,) * 4


class GeoJsonResponse(JSONResponse):
    """JSON under GeoJSON's own media type."""

    media_type = GEOJSON


def links_router(resources: Resources) -> APIRouter:
    """Give the list of links."""
    router = APIRouter(prefix="/v1/links", tags=["links"])
    settings, database = resources.settings, resources.database

    @router.get(
        "",
        summary="List links with their state, now or at a past moment",
        response_class=GeoJsonResponse,
        response_model=LinkCollection,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_links",
    )
    async def list_links(
        bbox: Bbox = None,
        at: At = None,
        level_of_service: Annotated[LevelOfService | None, Query(description="links in this state only")] = None,
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
        box = parse_bbox(bbox)
        network = await database.row("get_active_network")
        states = None if at is None else (await resources.routing.link_states(at)).model_dump(mode="json")["states"]
        asked = after, *(box or ANYWHERE), level_of_service, limit + 1, states
        rows = await database.rows("list_link_features", *asked)
        if box is not None and not rows:
            refuse_swapped(box, await _extent(database))
        next_cursor = encode_cursor(rows[limit - 1]["link_id"]) if len(rows) > limit else None
        version = None if network is None else network["network_version"]
        features = ",".join(row["feature"] for row in rows[:limit])
        return Response(_collection(version, next_cursor, features), media_type=GEOJSON)

    return router


def parse_bbox(text: str | None) -> Box | None:
    """Give the box, None for none.

    Raises
    ------
    InvalidInput
        It is empty.
    """
    if text is None:
        return None
    box = Box(*(float(part) for part in text.split(",")))
    if box.west > box.east or box.south > box.north:
        reason = "min lies above max: give min longitude, min latitude, max longitude, max latitude"
        raise invalid_field(field="query.bbox", reason=reason)
    return box


def refuse_swapped(box: Box, extent: Box | None) -> None:
    """Do nothing, unless the box touches the network only with longitude and latitude swapped.

    Raises
    ------
    InvalidInput
        It does.
    """
    if extent is not None and box.swapped.touches(extent) and not box.touches(extent):
        reason = "lies outside of the network, but not with its coordinates swapped: longitude first, then latitude"
        raise invalid_field(field="query.bbox", reason=reason)


async def _extent(database: Database) -> Box | None:
    row = await database.row("get_network_extent")
    return None if row is None or row["west"] is None else Box(*row)


def _collection(network_version: str | None, next_cursor: str | None, features: str) -> bytes:
    """Join features that PostgreSQL composed, without reading them."""
    head = {"type": "FeatureCollection", "network_version": network_version, "next_cursor": next_cursor}
    return f'{json.dumps(head)[:-1]},"features":[{features}]}}'.encode()
