"""The API's description is valid, complete, and true: a new operation that lacks something fails here."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from factories_gateway import open_gateway
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import SecretStr

from lotse_shared.settings import DatabaseSettings

NOWHERE = DatabaseSettings(dsn=SecretStr("postgresql://nobody:x@127.0.0.1:1/none"))
"""No database is asked here: the description needs none, and refusals must not need one either."""


async def _document() -> dict[str, Any]:
    async with open_gateway(NOWHERE) as gateway, gateway.client(None) as client:
        document: dict[str, Any] = (await client.get("/openapi.json")).json()
        return document


DOCUMENT = asyncio.run(_document())
OPERATIONS = [
    pytest.param(method.upper(), path, operation, id=f"{method.upper()} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
each_operation = pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
Operation = dict[str, Any]


def test_the_description_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids)) > 30


@each_operation
def test_every_operation_says_what_it_is_and_names_its_errors(method: str, path: str, operation: Operation) -> None:
    assert operation["summary"]
    assert len(operation["description"]) > 20, (method, path)
    answers = operation["responses"]
    assert {"401", "403", "503"} <= answers.keys()
    if "{" in path and method in ("GET", "DELETE"):
        assert "404" in answers
    if "requestBody" in operation:
        assert {"400", "413", "422"} <= answers.keys()
    for status, answer in answers.items():
        if int(status) >= 400:
            assert list(answer["content"]) == ["application/problem+json"], (method, path, status)


def _contents(operation: Operation) -> Iterator[dict[str, Any]]:
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from part.get("content", {}).values()


@each_operation
def test_every_body_has_an_example_that_fits_its_schema(method: str, path: str, operation: Operation) -> None:
    contents = list(_contents(operation))
    assert contents, (method, path)
    for content in contents:
        schema = content["schema"] | {"components": DOCUMENT["components"]}  # what its $refs point into
        jsonschema.Draft202012Validator(schema).validate(content["example"])


def _names(schema: Any) -> Iterator[str]:
    """Give the names of all properties that a body of this schema may have."""
    for name, part in schema.items() if isinstance(schema, dict) else ():
        if name == "$ref":
            yield from _names(DOCUMENT["components"]["schemas"][part.rpartition("/")[2]])
        if name == "properties":
            yield from part
        for each in part if isinstance(part, list) else [part]:
            yield from _names(each)


@each_operation
def test_who_explains_in_words_can_be_asked_for_a_language(method: str, path: str, operation: Operation) -> None:
    answers = [answer for status, answer in operation["responses"].items() if status < "300"]
    told = {name for answer in answers for content in answer.get("content", {}).values() for name in _names(content)}
    asked = {(each["in"], each["name"]) for each in operation.get("parameters", ()) if "language" in each["name"]}
    is_explained = bool({"explanation", "suspended"} & told)
    assert (asked == {("query", "language"), ("header", "accept-language")}) == is_explained, (method, path)


@pytest.mark.parametrize("path", ["/v1/detours", "/v1/signs/{sign_id}/decisions"])
def test_the_examples_of_detours_show_a_detour(path: str) -> None:
    answer = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    (item,) = answer["items"]
    for detour in item.get("detours", [item]):
        assert detour["state"] == "detour"
        assert detour["normal"]["links"] != detour["shown"]["links"]
        assert detour["gain_s"] == pytest.approx(detour["normal"]["travel_time_s"] - detour["shown"]["travel_time_s"])
        assert f"it takes {detour['shown']['travel_time_s']:.0f} s" in item["explanation"]


@each_operation
def test_every_operation_names_both_ways_to_send_a_key(method: str, path: str, operation: Operation) -> None:
    assert path.startswith("/v1/"), method
    assert {"bearer": []} in operation["security"]
    assert {"header": []} in operation["security"]


async def test_health_docs_and_problem_pages_are_open_to_everybody() -> None:
    types = {
        content["example"]["type"]
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        if int(status) >= 400
        for content in answer["content"].values()
    }
    assert len(types) > 7
    async with open_gateway(NOWHERE) as gateway, gateway.client(None) as client:
        for path in ("/healthz", "/metrics", "/docs", "/openapi.json", "/problems/internal-error", *types):
            assert (await client.get(path)).status_code == 200, path
        assert (await client.get("/problems/unheard-of")).status_code == 404


async def test_every_answer_carries_the_security_headers() -> None:
    async with open_gateway(NOWHERE) as gateway, gateway.client(None) as client:
        for path in ("/healthz", "/v1/system", "/nowhere"):
            headers = (await client.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in headers["content-security-policy"]


async def test_the_page_at_docs_loads_nothing_from_elsewhere() -> None:
    async with open_gateway(NOWHERE) as gateway, gateway.client(None) as client:
        page = await client.get("/docs")
        assert "default-src 'self'" in page.headers["content-security-policy"]
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert loaded
        for address in loaded:
            assert address.startswith("/docs/assets/")
            assert (await client.get(address)).status_code == 200, address


async def test_an_unexpected_error_tells_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    async with open_gateway(NOWHERE) as gateway:

        @gateway.app.get("/broken")
        async def broken() -> None:
            message = "secret internals"
            raise RuntimeError(message)

        async with gateway.client(None) as client:
            answer: httpx.Response = await client.get("/broken")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-error")
    assert "secret" not in answer.text
    assert caplog is not None
