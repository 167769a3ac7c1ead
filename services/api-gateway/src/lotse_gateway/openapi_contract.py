"""What holds for every operation of a kind, in the words of OpenAPI: ETags of reads, idempotency keys of POSTs."""

from collections.abc import Callable
from typing import Any

from lotse_gateway.answers.sparse import PARAMETER
from lotse_gateway.writes.idempotency import NAME, PATTERN

Json = dict[str, Any]
Describe = Callable[[int], Json]
STREAMS = frozenset({"application/x-ndjson", "text/csv", "text/event-stream"})
"""Media types that are sent in pieces, without an ETag."""

_ETAG = {
    "ETag": {"description": "strong; hash of the body", "schema": {"type": "string"}},
    "Cache-Control": {"description": "private, no-cache", "schema": {"type": "string"}},
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "ETag of what you have: 304 if it still is so",
    "schema": {"type": "string"},
}
_IDEMPOTENCY_KEY = {
    "name": NAME,
    "in": "header",
    "required": False,
    "description": "a new one for each request, such as a UUID. Sent again within 24 h, what changed something is not"
    " done again: its answer comes back with `Idempotency-Replayed: true`. 409 while the first is under way, 422 if the"
    " request is another one",
    "schema": {"type": "string", "pattern": PATTERN, "maxLength": 255},
}
_SPARSE = {"type": "object", "description": "with `fields`: the same, each item with these alone"}


def add_contract(method: str, operation: Json, schemas: Json, describe_error: Describe) -> None:
    """Add what every operation with this method has, unless it tells it by itself."""
    if method == "get":
        _add_etag(operation)
        _add_fields(operation, schemas)
    if method == "post":
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
        for status in (409, 422):
            operation["responses"].setdefault(str(status), describe_error(status))


def _add_etag(operation: Json) -> None:
    answers = operation["responses"]
    if "304" in answers or answers["200"].get("content", {}).keys() <= STREAMS:
        return
    answers["200"]["headers"] = answers["200"].get("headers", {}) | _ETAG
    answers["304"] = {
        "description": "Unchanged since the ETag in If-None-Match",
        "headers": answers["200"]["headers"],
    }
    operation.setdefault("parameters", []).append(_IF_NONE_MATCH)


def _add_fields(operation: Json, schemas: Json) -> None:
    names = [
        name
        for content in operation["responses"]["200"].get("content", {}).values()
        for name in _fields(content, schemas)
    ]
    if not names:
        return
    for content in operation["responses"]["200"]["content"].values():
        if _fields(content, schemas):
            content["schema"] = {"anyOf": [content["schema"], _SPARSE]}
    operation.setdefault("parameters", []).append(
        {
            "name": PARAMETER,
            "in": "query",
            "required": False,
            "style": "form",
            "explode": False,
            "description": "of each item only these, separated by commas; of features, of their properties",
            "schema": {"type": "array", "minItems": 1, "items": {"enum": names}},
        }
    )


def _fields(content: Json, schemas: Json) -> list[str]:
    """Give the names of the fields of an item, none where the answer is no list."""
    answer = _resolve(content.get("schema", {}), schemas).get("properties", {})
    item = _resolve(answer.get("items", answer.get("features", {})).get("items", {}), schemas).get("properties", {})
    if "features" in answer:
        item = _resolve(item.get("properties", {}), schemas).get("properties", {})
    return list(item)


def _resolve(schema: Json, schemas: Json) -> Json:
    found: Json = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found
