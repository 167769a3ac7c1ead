"""The runner: server and loops as sibling tasks."""

import asyncio
import os
import signal
import socket
import time

import httpx
import pytest
from fastapi import FastAPI

from lotse_shared.health import health_router
from lotse_shared.run import LoopEndedError, run_service
from lotse_shared.settings import HttpSettings
from lotse_standalone.machine.ports import free_port

DELAYED_ACK_S = 0.04
"""The least that Linux waits with an acknowledgement that nothing carries."""


def _app(*, ready: bool = True) -> FastAPI:
    app = FastAPI()
    app.include_router(health_router(lambda: {"database": ready}))
    return app


async def _until_stopped(stop: asyncio.Event) -> None:
    await stop.wait()


async def _wait_for(event: asyncio.Event) -> None:
    await event.wait()


async def _get(port: int, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(200):
            try:
                return await client.get(path)
            except httpx.ConnectError:
                await asyncio.sleep(0.02)
        return await client.get(path)


async def test_a_loop_that_ends_takes_the_service_down() -> None:
    async def ends_by_itself(_stop: asyncio.Event) -> None:
        await asyncio.sleep(0.05)

    with pytest.raises(ExceptionGroup) as caught:
        await run_service(_app(), HttpSettings(port=free_port()), {"weak": ends_by_itself, "steady": _until_stopped})
    assert caught.group_contains(LoopEndedError, match="weak")


async def test_a_loop_that_fails_takes_the_service_down() -> None:
    async def fails(_stop: asyncio.Event) -> None:
        message = "the cable was cut"
        raise OSError(message)

    with pytest.raises(ExceptionGroup) as caught:
        await run_service(_app(), HttpSettings(port=free_port()), {"weak": fails})
    assert caught.group_contains(OSError, match="cable")


async def test_a_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ExceptionGroup) as caught:
        await run_service(_app(), HttpSettings(port=taken.getsockname()[1]), {"steady": _until_stopped})
    assert caught.group_contains(OSError, match="in use")


async def test_sigterm_lets_every_loop_finish() -> None:
    finished: list[str] = []

    async def finishes_what_it_has(stop: asyncio.Event) -> None:
        await stop.wait()
        finished.append("done")

    port = free_port()
    service = asyncio.create_task(run_service(_app(), HttpSettings(port=port), {"loop": finishes_what_it_has}))
    assert (await _get(port, "/healthz")).json() == {"status": "ok"}
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(service, 10)
    assert finished == ["done"]


async def test_a_service_that_drains_serves_on_and_ends_connections() -> None:
    drained = asyncio.Event()
    port = free_port()
    service = asyncio.create_task(
        run_service(_app(), HttpSettings(port=port), {"steady": _until_stopped}, lambda: _wait_for(drained))
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as kept:
        await _get(port, "/healthz")
        assert "connection" not in (await kept.get("/healthz")).headers
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0)
        last = await kept.get("/healthz")
        assert (last.status_code, last.headers["connection"]) == (200, "close")
        assert (await _get(port, "/healthz")).status_code == 200, "a new connection"
        assert not service.done()
    drained.set()
    await asyncio.wait_for(service, 10)


async def test_a_second_signal_ends_the_draining() -> None:
    port = free_port()
    never = asyncio.Event()
    service = asyncio.create_task(
        run_service(_app(), HttpSettings(port=port), {"steady": _until_stopped}, lambda: _wait_for(never))
    )
    await _get(port, "/healthz")
    os.kill(os.getpid(), signal.SIGTERM)
    await _get(port, "/healthz")  # the first was heard, and changed nothing
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(service, 10)


async def test_a_service_that_fails_does_not_drain() -> None:
    async def fails(_stop: asyncio.Event) -> None:
        message = "the cable was cut"
        raise OSError(message)

    with pytest.raises(ExceptionGroup):
        await run_service(_app(), HttpSettings(port=free_port()), {"weak": fails}, lambda: _wait_for(asyncio.Event()))


async def test_readiness_names_what_is_missing() -> None:
    transport = httpx.ASGITransport(_app(ready=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.get("/readyz")
        metrics = await client.get("/metrics")
    assert response.status_code == 503
    assert response.json()["dependencies"] == {"database": False}
    assert "python_info" in metrics.text


async def test_an_answer_on_an_open_connection_does_not_wait_for_an_acknowledgement() -> None:
    """Head and body are two writes; with Nagle's algorithm the second waits for the client's delayed ACK, 40 ms."""
    port = free_port()
    service = asyncio.create_task(run_service(_app(), HttpSettings(port=port), {"steady": _until_stopped}))
    await _get(port, "/healthz")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        taken_s = []
        for _ in range(20):
            began_s = time.perf_counter()
            await client.get("/healthz")
            taken_s.append(time.perf_counter() - began_s)
    os.kill(os.getpid(), signal.SIGTERM)
    await service
    assert sorted(taken_s)[len(taken_s) // 2] < DELAYED_ACK_S
