"""Runs a service: its HTTP server and its loops as sibling tasks, where one that ends takes the others down.

A loop inside a web framework's lifespan can die while /healthz goes on answering 200; here it cannot.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from lotse_shared.log import get_logger
from lotse_shared.settings import HttpSettings

Loop = Callable[[asyncio.Event], Awaitable[None]]
"""A loop runs until the event it is handed is set, then finishes what it has and returns."""

log = get_logger(__name__)


class LoopEndedError(RuntimeError):
    """A loop returned although nobody had asked the service to stop."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: `run_service` has them."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def run_service(app: FastAPI, http: HttpSettings, loops: Mapping[str, Loop]) -> None:
    """Serve `app` and run `loops` until SIGTERM or SIGINT, or until one of them fails.

    Raises
    ------
    ExceptionGroup
        Of what made a loop or the server fail.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    config = uvicorn.Config(app, http.host, http.port, log_config=None, lifespan="off", timeout_graceful_shutdown=5)
    async with asyncio.TaskGroup() as group:
        group.create_task(_serve(_Server(config), stop), name="http")
        for name, loop in loops.items():
            group.create_task(_supervise(name, loop, stop), name=name)
    log.info("stopped")


async def _serve(server: uvicorn.Server, stop: asyncio.Event) -> None:
    async def end_with_the_others() -> None:
        await stop.wait()
        server.should_exit = True

    ender = asyncio.create_task(end_with_the_others())
    try:
        await server.serve()
    finally:
        ender.cancel()
    if not stop.is_set():
        message = "the HTTP server ended by itself; is its port in use?"
        raise LoopEndedError(message)


async def _supervise(name: str, loop: Loop, stop: asyncio.Event) -> None:
    await loop(stop)
    if not stop.is_set():
        message = f"the loop {name!r} ended by itself"
        raise LoopEndedError(message)
