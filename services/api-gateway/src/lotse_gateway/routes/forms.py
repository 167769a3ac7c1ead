"""The forms in which a list is given, by `Accept`: JSON, GeoJSON, CSV."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse

from lotse_gateway.answers.media import CSV, GEOJSON, JSON, choose_media
from lotse_gateway.database import Database
from lotse_gateway.exchange.features import collection, feature, lines_of, point_of
from lotse_gateway.exchange.tables import write_csv
from lotse_gateway.openapi import Responses
from lotse_gateway.writes.nouns import Noun

VARY = {"Vary": "Accept"}
Json = dict[str, Any]


class GeoJsonResponse(JSONResponse):
    """JSON under GeoJSON's own media type."""

    media_type = GEOJSON


def prefers_geojson(request: Request) -> bool:
    """Tell whether the client prefers GeoJSON to JSON."""
    return choose_media(request.headers.get("accept", ""), (JSON, GEOJSON)) == GEOJSON


PrefersGeoJson = Annotated[bool, Depends(prefers_geojson)]


def feature_collection_schema() -> Json:
    """Describe a FeatureCollection."""
    properties = {"type": {"const": "FeatureCollection"}, "features": {"type": "array", "items": {"type": "object"}}}
    return {"type": "object", "required": ["type", "features"], "properties": properties}


def also_geojson(example: Json) -> Responses:
    """Describe an answer that comes as GeoJSON, too."""
    return {200: {"content": {GEOJSON: {"schema": feature_collection_schema(), "example": example}}}}


def examples_of(noun: Noun[Any]) -> Mapping[str, Any]:
    """Give an example of a row that can be registered, as CSV and as GeoJSON."""
    fields = noun.body.model_fields
    row = {name: field.examples[0] for name, field in fields.items() if field.examples and name != "via"}
    place = point_of(row) if "lon" in row else None
    features = [feature(row[noun.id_field], place, row)]
    return {CSV: write_csv(list(row), [row]), GEOJSON: {"type": "FeatureCollection", "features": features}}


async def give_features(
    database: Database, id_field: str, items: Sequence[Json], next_cursor: str | None, view: type[Any]
) -> GeoJsonResponse:
    """Give a page of things as features: points where they have a place of their own, else the lines of their links."""
    wanted = sorted({link for item in items for link in item.get("links", ())})
    lines = {row["link_id"]: row["coordinates"] for row in await database.rows("list_lines", wanted)} if wanted else {}
    features = []
    for item in items:
        geometry = lines_of(item["links"], lines) if "links" in item else point_of(item)
        values = json.loads(view.model_validate(item).model_dump_json(by_alias=True))
        features.append(feature(item[id_field], geometry, values))
    return GeoJsonResponse(collection(features, next_cursor), headers=VARY)
