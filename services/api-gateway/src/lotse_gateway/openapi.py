"""The API's own description: errors of each operation, and examples composed from the examples of the fields."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from lotse_gateway.answers.preconditions import PreconditionFailed
from lotse_gateway.guards.door import AddressTooLong, UnsupportedMediaType
from lotse_gateway.models.base import ProblemBody
from lotse_gateway.openapi_contract import add_contract
from lotse_shared.problems import (
    MEDIA_TYPE,
    Conflict,
    Gone,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Problem,
    TooLarge,
    TooManyRequests,
    Unavailable,
    problem_body,
)

Responses = dict[int | str, dict[str, Any]]
Json = dict[str, Any]

ALWAYS = (401, 403, 414, 429, 503)
PROBLEM_SCHEMA = "Problem"
DESCRIPTION = """
Lotse turns road-sensor readings into detours that signs can show. This is its only public door.

**Keys.** Everything below `/v1` needs one: `Authorization: Bearer lotse_…` or `X-API-Key: lotse_…`. Scopes:
sign < viewer < operator < admin; publisher apart. A sign's key reads its own display only; a publisher's only
publishes.

**Lists** come in pages: give `next_cursor` back as `cursor` until it is null.

**Writes that meet.** Reads carry an ETag; `If-Match` on PUT and DELETE refuses to write over what was changed since
(412); a POST with an `Idempotency-Key` may be sent again.

**Errors** are problems (RFC 9457, `application/problem+json`): a stable `type` with a page behind it, and each fault by
its field in `errors`.

**Limits.** A key may send so many requests; `RateLimit` and `RateLimit-Policy` tell how many are left, 429 carries
`Retry-After`. Every answer carries `X-Request-ID`: yours, if you send one.

**Reads of history** (readings, aggregates, outages, ledger, dead letters, audit, versions of the registry,
decisions, networks, links at a past moment) take turns and have a time limit: 503 `busy` with `Retry-After`, 422
`too-slow` names the parameter to narrow.

**While a part is away** sign displays, `/v1/displays`, `/v1/detours`, `/v1/links`, `/v1/link-states` and `/v1/system`
answer from memory, for as long as that is fresh, with `Lotse-Degraded: database`; `Lotse-Degraded: routing`: nothing
new is decided.

**Times** are RFC 3339 in UTC; **places** WGS 84, longitude first; GeoJSON where there is geometry.
""".strip()

_EXAMPLES: Mapping[int, Problem] = {
    problem.status: problem
    for problem in (
        NotAuthenticated("no key was presented: send `Authorization: Bearer lotse_…` or `X-API-Key: lotse_…`"),
        NotAllowed("this needs the scope admin; the key 'wall display' has viewer"),
        NotFound("there is no sign 'S99'"),
        Conflict("the detector 'AB-05' exists: replace it with PUT, if that is meant"),
        Gone("sign 'S6': the sign was retired"),
        PreconditionFailed("the detector 'AB-05' exists already; leave out If-None-Match, if you mean to replace it"),
        TooLarge("at most 8388608 bytes are taken in one request"),
        AddressTooLong("at most 16384 bytes are taken in a query"),
        TooManyRequests("the key 'wall display' asks more often than 2000 times in 10 s"),
        UnsupportedMediaType("the body is text/plain: send application/json"),
        InvalidInput(
            "body.link_id: there is no link 'R01-R99-0' in the active network",
            errors=[{"field": "body.link_id", "reason": "there is no link 'R01-R99-0' in the active network"}],
        ),
        Unavailable("the database is away at the moment"),
    )
}


def errors(*statuses: int, reads_body: bool = False) -> Responses:
    """Describe the errors of an operation: those named, and those that any operation has."""
    body = (400, 413) if reads_body else ()
    return {status: _error(status) for status in sorted({*ALWAYS, *body, *statuses})}


def _error(status: int) -> Json:
    phrase = HTTPStatus(status).phrase
    if status in _EXAMPLES:
        problem = _EXAMPLES[status]
        example = problem_body(status, problem.slug, problem.title, problem.detail, problem.errors)
    else:
        example = problem_body(status, f"http-{status}", phrase, phrase, [])
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{PROBLEM_SCHEMA}"}, "example": example}}
    return {"description": phrase, "content": content}


def describe(app: FastAPI) -> Json:
    """Give the OpenAPI document of this app, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes, tags=app.openapi_tags
        )
        schemas = document["components"]["schemas"]
        problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs", {}) | {PROBLEM_SCHEMA: problem}
        for method, operation in list_operations(document):
            _drop_default_validation_error(operation)
            add_contract(method, operation, schemas, _error)
            _add_examples(operation, schemas)
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = document
    return app.openapi_schema


def list_operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Give every operation of an OpenAPI document with its method."""
    return (each for path in document["paths"].values() for each in path.items())


def _drop_default_validation_error(operation: Json) -> None:
    """Take out what FastAPI adds where no 422 is declared: our errors are problems, and the display has none."""
    if "application/json" in operation["responses"].get("422", {}).get("content", {}):
        del operation["responses"]["422"]


def _add_examples(operation: Json, schemas: Json) -> None:
    good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    for part in [operation.get("requestBody", {}), *good]:
        for content in part.get("content", {}).values():
            if not {"example", "examples"} & content.keys() and "schema" in content:
                content["example"] = compose_example(content["schema"], schemas)
    for parameter in operation.get("parameters", []):
        if parameter["required"] and not {"example", "examples"} & parameter.keys():
            parameter["example"] = compose_example(parameter["schema"], schemas)


def compose_example(schema: Json, schemas: Json) -> Any:  # noqa: ANN401, PLR0911 - any JSON; a case a line
    """Compose an example of a JSON schema from the examples and defaults that its parts carry."""
    match schema:
        case {"$ref": reference}:
            return compose_example(schemas[reference.rsplit("/", 1)[-1]], schemas)
        case {"examples": [first, *_]} | {"default": first} | {"const": first} | {"enum": [first, *_]}:
            return first
        case {"anyOf": [{"$ref": _} as part, *_]}:  # shown, though it may be null: it says more
            return compose_example(part, schemas)
        case {"anyOf": [*choices]}:
            return None if {"type": "null"} in choices else compose_example(choices[0], schemas)
        case {"properties": properties}:
            return {name: compose_example(part, schemas) for name, part in properties.items()}
        case {"items": items}:
            return [compose_example(items, schemas)]
        case {"prefixItems": parts}:
            return [compose_example(part, schemas) for part in parts]
        case {"type": "integer" | "number", **rest}:
            return rest.get("minimum", 1)
        case {"type": "boolean"}:
            return True
    return "text"
