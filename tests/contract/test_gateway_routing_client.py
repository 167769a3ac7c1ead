"""The gateway's side of `POST /internal/routes`, against a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from lotse_gateway.routes.routes import EXAMPLE
from lotse_gateway.routing_client import RoutingClient
from lotse_shared.problems import Conflict, InvalidInput, NotFound, Problem, Unavailable, add_problem_handlers
from lotse_shared.wire import Place
from lotse_shared.wire_routes import RouteAnswer, RouteRequest
from lotse_standalone.machine.ports import free_port

REQUEST = RouteRequest(origin=Place(point=(7.7, 49.4)), destination=Place(node="A02"), avoid_links=["A-B-0"])


@asynccontextmanager
async def _routing(app: FastAPI) -> AsyncIterator[RoutingClient]:
    """Serve `app` as routing would be, and give a client of it."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it by this flag only
            await asyncio.sleep(0.01)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=0.5) as http:
        yield RoutingClient(http)
    server.should_exit = True
    await serving


async def test_a_question_and_its_answer_arrive_whole() -> None:
    app, asked = FastAPI(), list[RouteRequest]()

    @app.post("/internal/routes")
    async def routes(request: RouteRequest) -> RouteAnswer:
        asked.append(request)
        return RouteAnswer.model_validate(EXAMPLE)

    async with _routing(app) as client:
        answer = await client.find_routes(REQUEST)
    assert asked == [REQUEST]
    assert answer == RouteAnswer.model_validate(EXAMPLE)


@pytest.mark.parametrize("problem", [NotFound, Conflict, InvalidInput])
async def test_what_is_the_clients_own_business_is_handed_on(problem: type[Problem]) -> None:
    app = FastAPI()
    add_problem_handlers(app)

    @app.post("/internal/routes")
    async def routes() -> None:
        message = "no way leads there"
        raise problem(message, errors=[{"field": "destination", "reason": "cut off"}])

    async with _routing(app) as client:
        with pytest.raises(problem, match="no way leads there") as caught:
            await client.find_routes(REQUEST)
    assert caught.value.errors == [{"field": "destination", "reason": "cut off"}]


def _garbage() -> Response:
    return Response(b"{", media_type="application/json")


def _another_shape() -> Response:
    return JSONResponse({"type": "Feature"})


def _broken() -> Response:
    return Response(b"boom", status_code=500)


def _not_ready() -> Response:
    return JSONResponse({"detail": "no network"}, status_code=503)


@pytest.mark.parametrize("answer", [_garbage, _another_shape, _broken, _not_ready])
async def test_what_cannot_be_understood_is_a_503(answer: Any) -> None:
    app = FastAPI()

    @app.post("/internal/routes")
    async def routes() -> Response:
        response: Response = answer()
        return response

    async with _routing(app) as client:
        with pytest.raises(Unavailable, match="routing does not answer"):
            await client.find_routes(REQUEST)


async def test_a_routing_that_is_too_slow_is_a_503() -> None:
    app, stop = FastAPI(), asyncio.Event()

    @app.post("/internal/routes")
    async def routes() -> None:
        await stop.wait()

    async with _routing(app) as client:
        with pytest.raises(Unavailable) as caught:
            await client.find_routes(REQUEST)
        stop.set()
    assert int(caught.value.headers["Retry-After"]) > 0


async def test_a_routing_that_is_away_is_a_503() -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port()}") as http:
        with pytest.raises(Unavailable):
            await RoutingClient(http).find_routes(REQUEST)
