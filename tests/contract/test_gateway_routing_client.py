"""The gateway's side of `POST /internal/routes`, against a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from lotse_gateway.neighbours.routing_client import RoutingClient
from lotse_shared.problems import Conflict, InvalidInput, NotFound, Problem, Unavailable, add_problem_handlers
from lotse_shared.vehicle import VehicleClass
from lotse_shared.wire import Place
from lotse_shared.wire_closures import ClosureAnswer, ClosureRequest, UnreachableThings
from lotse_shared.wire_routes import LineString, RouteAnswer, RouteFeature, RouteProperties, RouteRequest, Vehicle
from lotse_standalone.machine.ports import free_port

REQUEST = RouteRequest(
    origin=Place(point=(7.7, 49.4), heading_deg=90),
    destination=Place(node="A02"),
    via=[Place(link="A-B-0")],
    vehicle=Vehicle(vehicle_class=VehicleClass.TRUCK, height_m=4),
    departure=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    avoid_links=["A-B-0"],
)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ROUTE = RouteFeature(
    geometry=LineString(coordinates=[(7.7, 49.4), (7.8, 49.4)]),
    properties=RouteProperties(
        links=["A-B-0"],
        streets=["Lauterstraße 500 m"],
        length_m=500,
        travel_time_s=40.5,
        free_flow_time_s=36,
        usual_time_s=38,
        avoids=[],
        places=[],
    ),
)
ANSWER = RouteAnswer(features=[ROUTE], network_version="a" * 64, computed_until=NOON, links_with_state=3)


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
        return ANSWER

    async with _routing(app) as client:
        answer = await client.find_routes(REQUEST)
    assert asked == [REQUEST]
    assert answer == ANSWER


async def test_a_closure_to_check_and_its_report_arrive_whole() -> None:
    app, asked = FastAPI(), list[ClosureRequest]()
    request = ClosureRequest(links=["A-B-0"], starts_at=NOON)
    report = ClosureAnswer(
        findings=["Hof cannot be reached any more."],
        isolates=True,
        isolated=["Hof cannot be reached any more."],
        starts_at=NOON,
        ends_at=None,
        beside=["B7"],
        cut_off=[],
        unreachable=UnreachableThings(destinations=["HOF"], signs=[], detectors=[]),
        corridors=[],
        detours=[],
        stretches=[],
        network_version="a" * 64,
        computed_until=NOON,
    )

    @app.post("/internal/closure-checks")
    async def check(request: ClosureRequest) -> ClosureAnswer:
        asked.append(request)
        return report

    async with _routing(app) as client:
        answer = await client.check_closure(request)
    assert (asked, answer) == ([request], report)


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
