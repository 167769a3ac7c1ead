"""Readings that vendors push over HTTP."""

from copy import deepcopy
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request

from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.door import UnsupportedMediaType
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import invalid_field
from lotse_shared import topics
from lotse_shared.reading import Reading
from lotse_shared.wire import IntakeAnswer

JSON = "application/json"
NATIVE_PREFIX = topics.EVERYTHING.removesuffix("#")
TOPIC_PATTERN = r"^[^\x00-\x1f\x7f+#$][^\x00-\x1f\x7f+#]*$"
MOST_READINGS = 500
MEASURED_AT = "2026-11-24T07:10:00Z"
READING_EXAMPLE = {
    "detector_id": "AB-05",
    "measured_at": MEASURED_AT,
    "interval_s": 60,
    "vehicle_count": 12,
    "heavy_count": 1,
    "mean_speed_kmh": 43.2,
    "occupancy_pct": 17.5,
    "seq": 4711,
}
EXAMPLE = [READING_EXAMPLE, {"detector_id": "AB-06", "measured_at": MEASURED_AT, "interval_s": 60, "vehicle_count": 0}]


def _schema_of_a_reading() -> dict[str, Any]:
    """Give what is decoded as a reading; fields besides are ignored."""
    _, schemas = msgspec.json.schema_components([Reading])
    schema: dict[str, Any] = deepcopy(schemas[Reading.__name__])
    del schema["additionalProperties"]
    return schema


def _body() -> dict[str, Any]:
    reading = _schema_of_a_reading()
    array = {"type": "array", "items": reading, "minItems": 1, "maxItems": MOST_READINGS}
    one = reading | {"title": "OneReading"}  # generators name a type each after the title
    content = {JSON: {"schema": {"anyOf": [one, array]}, "example": EXAMPLE}}
    return {"requestBody": {"required": True, "content": content}}


def publishing_router(resources: Resources) -> APIRouter:
    """Give the intake."""
    router = APIRouter(prefix="/v1/readings", tags=["ingest"])

    @router.post(
        "",
        summary="Publish readings",
        responses=errors(404, 415, 422, reads_body=True),
        openapi_extra=_body(),
        operation_id="publish_readings",
    )
    async def publish_readings(
        request: Request,
        key: Annotated[ApiKey, Requires(Scope.PUBLISHER)],
        topic: Annotated[
            str | None,
            Query(
                pattern=TOPIC_PATTERN,
                max_length=200,
                description="of another dialect: taken as if published there; left out: a reading or an array of them",
            ),
        ] = None,
    ) -> IntakeAnswer:
        """Take a message as over MQTT, and answer once it is committed, with what became of each reading.

        Send it again as often as you like: a reading that is known is not stored twice. 422: nothing of it could be
        used (it is kept among the dead letters all the same). 503: come back after `Retry-After`, and send it again.
        """
        if topic is not None and topic.startswith(NATIVE_PREFIX):
            raise invalid_field(field="query.topic", reason="leave it out for readings in Lotse's own form")
        _refuse_other_media(request, is_json=topic is None)
        station = topics.batch_topic(f"http:{key.key_id}")
        return await resources.ingest.publish(topic or station, await request.body())

    return router


def _refuse_other_media(request: Request, *, is_json: bool) -> None:
    """Refuse what is packed, and in our own dialect what is not JSON.

    Raises
    ------
    UnsupportedMediaType
        Says what is taken.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if is_json and media != JSON and not media.endswith("+json"):
        message = f"the body is {media or 'of no declared type'}: send {JSON}"
        raise UnsupportedMediaType(message)
    packing = request.headers.get("content-encoding", "identity").strip().lower()
    if packing != "identity":
        message = f"the body is packed with {packing}: send it as it is"
        raise UnsupportedMediaType(message)
