"""Many rows at once, in three forms: a JSON array, a GeoJSON FeatureCollection, CSV."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request

from lotse_gateway.answers.media import CSV, GEOJSON, JSON, media_of
from lotse_gateway.exchange.features import read_features
from lotse_gateway.exchange.tables import read_csv
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.door import UnsupportedMediaType
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.registry import BulkAnswer
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.forms import examples_of, feature_collection_schema
from lotse_gateway.routes.parameters import invalid_field
from lotse_gateway.writes import registry
from lotse_gateway.writes.nouns import Noun


def add_bulk(router: APIRouter, resources: Resources, noun: Noun[Any], complete: registry.Complete) -> None:
    """Add the bulk registration of a noun."""
    most = resources.settings.max_bulk_rows

    @router.post(
        "/bulk",
        summary=f"Register many {noun.plural}",
        description=f"Creates or replaces up to {most} {noun.plural}: all of them, or none. Every bad row is named in "
        "`errors` with its index, field and reason. What the list gives as CSV or GeoJSON is taken here as it is: what "
        "nobody can set (`updated_at`, …) is left out, and the lines of links are made of links.",
        responses=errors(415, 422, reads_body=True),
        openapi_extra=_body(noun, most),
        operation_id=f"put_{noun.plural}",
    )
    async def put_many(request: Request, key: Annotated[ApiKey, Requires(Scope.ADMIN)]) -> BulkAnswer:
        rows = read_rows(noun, media_of(request.headers.get("content-type", JSON)), await request.body())
        if len(rows) > most:
            raise invalid_field(field="body", reason=f"has {len(rows)} rows; allowed: {most}")
        written = await registry.put_rows(resources.database, key, noun, rows, complete)
        return BulkAnswer(created=written.created, replaced=len(written.rows) - written.created)


def _body(noun: Noun[Any], most: int) -> dict[str, Any]:
    row = {"$ref": f"#/components/schemas/{noun.body.__name__}"}
    examples = examples_of(noun)
    content = {
        JSON: {"schema": {"type": "array", "items": row, "maxItems": most}},
        CSV: {"schema": {"type": "string"}, "example": examples[CSV]},
    }
    if noun.has_geometry:
        content[GEOJSON] = {"schema": feature_collection_schema(), "example": examples[GEOJSON]}
    return {"requestBody": {"required": True, "content": content}}


def read_rows(noun: Noun[Any], media: str, body: bytes) -> list[object]:
    """Give the rows of a body; a Fault in place of one that cannot be read.

    Raises
    ------
    UnsupportedMediaType
        It is in another form.
    InvalidInput
        It is no rows at all.
    """
    if media not in (JSON, CSV, *([GEOJSON] if noun.has_geometry else [])):
        geojson = f", {GEOJSON}" if noun.has_geometry else ""
        message = f"the body is {media}: send {JSON}{geojson} or {CSV}"
        raise UnsupportedMediaType(message)
    try:
        text = body.decode()
        if media == CSV:
            return [_as_given(row) for row in read_csv(text, noun.body, noun.view)]
        document = json.loads(text)
    except json.JSONDecodeError as error:
        reason = f"is not JSON: {error.msg}, at character {error.pos + 1}"
        raise invalid_field(field="body", reason=reason) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise invalid_field(field="body", reason="is not UTF-8, or nested too deeply") from error
    if media == GEOJSON:
        return [_as_given(row) for row in read_features(document, noun.id_field, noun.body, noun.view)]
    if not isinstance(document, list):
        raise invalid_field(field="body", reason=f"is not an array of {noun.plural}")
    return document


def _as_given(row: object) -> object:
    """Leave out the links of a corridor that were found from its `via`: they are found again."""
    if isinstance(row, dict) and row.get("via") is not None:
        return {name: value for name, value in row.items() if name != "links"}
    return row
