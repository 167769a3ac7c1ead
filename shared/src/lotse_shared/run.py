"""Runs a service: its HTTP server and its loops as sibling tasks, where one that ends takes the others down.

A loop inside a web framework's lifespan can die while /healthz goes on answering 200; here it cannot.
"""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial

import uvicorn
from starlette.applications import Starlette

from lotse_shared.log import get_logger
from lotse_shared.settings import HttpSettings

Loop = Callable[[asyncio.Event], Awaitable[None]]
"""A loop runs until the event it is handed is set, then finishes what it has and returns."""

GRACE_S = 30.0
KEEP_ALIVE_S = 75
"""How long a connection may be idle: longer than a sign waits between two polls (30 s ± 20 %)."""

log = get_logger(__name__)


class LoopEndedError(RuntimeError):
    """A loop returned although nobody had asked the service to stop."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: `run_service` has them."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def run_service(app: Starlette, http: HttpSettings, loops: Mapping[str, Loop]) -> None:
    """Serve `app` and run `loops` until SIGTERM or SIGINT, or until one of them ends.

    Whatever the cause, all others are asked to finish, and are cancelled only after `GRACE_S`.

    Raises
    ------
    ExceptionGroup
        Of what made a loop or the server fail, `LoopEndedError` for one that merely returned.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    siblings: dict[str, Loop] = {"http": partial(_serve, app, http), **loops}
    failures: list[Exception] = []
    tasks = [asyncio.create_task(_supervise(name, loop, stop, failures), name=name) for name, loop in siblings.items()]
    await stop.wait()
    _, late = await asyncio.wait(tasks, timeout=GRACE_S)
    for task in late:
        log.error("did not finish in time, cancelled", task=task.get_name(), grace_s=GRACE_S)
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    if failures:
        message = "the service ended because a part of it did"
        raise ExceptionGroup(message, failures)
    log.info("stopped")


async def _supervise(name: str, loop: Loop, stop: asyncio.Event, failures: list[Exception]) -> None:
    try:
        await loop(stop)
    except Exception as error:  # noqa: BLE001 - collected, and raised once the siblings have finished
        failures.append(error)
    else:
        if not stop.is_set():
            failures.append(LoopEndedError(f"{name!r} ended by itself"))
    finally:
        stop.set()


async def _serve(app: Starlette, http: HttpSettings, stop: asyncio.Event) -> None:
    listener = socket.create_server((http.host, http.port))
    # Connections inherit it. asyncio sets it on none of them: it does so only where a socket tells its protocol, which
    # one from a listener of `socket` does not. Without it, an answer in two writes waits 40 ms for a delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app, log_config=None, lifespan="off", timeout_graceful_shutdown=5, timeout_keep_alive=KEEP_ALIVE_S
    )
    server = _Server(config)

    async def end_with_the_others() -> None:
        await stop.wait()
        server.should_exit = True

    ender = asyncio.create_task(end_with_the_others())
    try:
        await server.serve(sockets=[listener])
    finally:
        ender.cancel()
        listener.close()
