"""Errors as RFC 9457 problems."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from lotse_shared.problems import MEDIA_TYPE, Conflict, NotFound, add_problem_handlers


async def _answer(path: str, body: str | None = None) -> httpx.Response:
    app = FastAPI()
    add_problem_handlers(app)

    @app.get("/missing")
    async def missing() -> None:
        message = "there is no sign 'KL-07'"
        raise NotFound(message)

    @app.get("/conflict")
    async def conflict() -> None:
        message = "two rows name 'D1'"
        raise Conflict(message, errors=[{"field": "detectors.1.detector_id", "reason": "stands twice"}])

    @app.get("/number/{value}")
    async def number(value: int) -> int:
        return value

    @app.post("/names")
    async def names(names: list[str]) -> list[str]:
        return names

    @app.get("/broken")
    async def broken() -> None:
        message = "secret internals"
        raise RuntimeError(message)

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        if body is not None:
            return await client.post(path, content=body, headers={"Content-Type": "application/json"})
        return await client.get(path)


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        ("/missing", 404, "not-found"),
        ("/conflict", 409, "conflict"),
        ("/number/x", 422, "invalid-input"),
        ("/nowhere", 404, "http-404"),
        ("/broken", 500, "internal-error"),
    ],
)
async def test_every_error_is_a_problem_with_a_stable_type(path: str, status: int, slug: str) -> None:
    response = await _answer(path)
    body: dict[str, Any] = response.json()
    assert response.status_code == body["status"] == status
    assert response.headers["content-type"] == MEDIA_TYPE
    assert body["type"] == f"/problems/{slug}"
    assert body["title"]
    assert body["detail"]


async def test_a_validation_error_names_the_field() -> None:
    errors = (await _answer("/number/x")).json()["errors"]
    assert errors[0]["field"] == "path.value"
    assert "integer" in errors[0]["reason"]


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("{bad", "Expecting property name enclosed in double quotes, at character 2"),
        ('["a",', "Expecting value, at character 6"),
        ("", "Field required"),
    ],
)
async def test_a_body_that_is_not_json_is_told_in_words(body: str, cause: str) -> None:
    answer = await _answer("/names", body)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, "body")
    assert error["reason"].endswith(cause)
    assert cause in answer.json()["detail"]


async def test_an_unexpected_error_tells_nothing_of_the_inside() -> None:
    assert "secret" not in (await _answer("/broken")).text
