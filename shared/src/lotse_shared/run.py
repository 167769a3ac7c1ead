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
from lotse_shared.renewal import Renewal
from lotse_shared.settings import HttpSettings
from lotse_shared.tls import show

Loop = Callable[[asyncio.Event], Awaitable[None]]
"""A loop runs until the event it is handed is set, then finishes what it has and returns."""

GRACE_S = 30.0
UNDER_WAY_S = 20
"""So long requests may go on that are under way when the server stops."""
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


async def run_service(
    app: Starlette, http: HttpSettings, loops: Mapping[str, Loop], drain: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Serve `app` and run `loops` until SIGTERM or SIGINT, or until one of them ends.

    Whatever the cause, all others are asked to finish, and are cancelled only after `GRACE_S`. Before that, after the
    first signal, everything runs on for as long as `drain` takes; each answer then ends its connection, so that clients
    go elsewhere. A second signal ends that at once.

    Raises
    ------
    ExceptionGroup
        Of what made a loop or the server fail, `LoopEndedError` for one that merely returned.
    """
    stop, told = asyncio.Event(), asyncio.Event()

    def heed_signal() -> None:
        (stop if told.is_set() or drain is None else told).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, heed_signal)
    siblings: dict[str, Loop] = {"http": partial(_serve, app, http, told), **loops}
    failures: list[Exception] = []
    tasks = [asyncio.create_task(_supervise(name, loop, stop, failures), name=name) for name, loop in siblings.items()]
    await _wait_and_drain(stop, told, drain)
    _, late = await asyncio.wait(tasks, timeout=GRACE_S)
    for task in late:
        log.error("did not finish in time, cancelled", task=task.get_name(), grace_s=GRACE_S)
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    if failures:
        message = "the service ended because a part of it did"
        raise ExceptionGroup(message, failures)
    log.info("stopped")


async def _wait_and_drain(
    stop: asyncio.Event, told: asyncio.Event, drain: Callable[[], Awaitable[None]] | None
) -> None:
    """Wait until `stop` is set; once `told` is, set it when `drain` has ended."""

    async def drain_when_told() -> None:
        await told.wait()
        try:
            if drain is not None:
                await drain()
        finally:
            stop.set()

    draining = asyncio.create_task(drain_when_told())
    await stop.wait()
    draining.cancel()


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


async def _serve(app: Starlette, http: HttpSettings, told: asyncio.Event, stop: asyncio.Event) -> None:
    listener = socket.create_server((http.host, http.port))
    # Connections inherit it. asyncio sets it on none of them: it does so only where a socket tells its protocol, which
    # one from a listener of `socket` does not. Without it, an answer in two writes waits 40 ms for a delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=UNDER_WAY_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        date_header=False,  # the doors add one that is not of a second ago
    )
    helpers: list[asyncio.Task[None]] = []
    if http.tls_cert is not None and http.tls_key is not None:
        context = show(http.tls_cert, http.tls_key)
        config.ssl_context_factory = lambda _config, _default: context
        helpers.append(asyncio.create_task(Renewal(context, http.tls_cert, http.tls_key).run(stop)))
    server = _Server(config)

    async def end_connections_when_told() -> None:
        await told.wait()
        config.encoded_headers.append((b"connection", b"close"))
        server.server_state.default_headers = [*server.server_state.default_headers, (b"connection", b"close")]

    async def end_with_the_others() -> None:
        await stop.wait()
        server.should_exit = True

    helpers += [asyncio.create_task(end_with_the_others()), asyncio.create_task(end_connections_when_told())]
    try:
        await server.serve(sockets=[listener])
    finally:
        for helper in helpers:
            helper.cancel()
        listener.close()
