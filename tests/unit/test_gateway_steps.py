"""One step at a time: requests that come at once let others in between any two of their steps."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from lotse_gateway.steps import OneStepAtATime

Answering = Callable[[], Awaitable[None]]
STEP, ROUND = "step", "round of the loop"


async def _nothing(*_: Any) -> Any:
    raise AssertionError


def _ask(answering: Answering) -> Callable[[], Awaitable[None]]:
    """Give what asks an app for this answer, again and again, of one door."""

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await answering()

    door = OneStepAtATime(app)
    return lambda: door({"type": "http"}, _nothing, _nothing)


async def _watch_the_loop(seen: list[str]) -> None:
    while True:
        seen.append(ROUND)
        await asyncio.sleep(0)


@pytest.mark.parametrize("wait", [asyncio.sleep, lambda _: asyncio.sleep(0.001)], ids=["yields", "waits together"])
async def test_of_many_that_come_at_once_one_step_runs_in_a_round_of_the_loop(
    wait: Callable[[int], Awaitable[None]],
) -> None:
    seen: list[str] = []

    async def answer() -> None:
        for _ in range(3):
            seen.append(STEP)
            await wait(0)

    ask, watching = _ask(answer), asyncio.create_task(_watch_the_loop(seen))
    await asyncio.gather(*(ask() for _ in range(20)))
    watching.cancel()
    assert seen.count(STEP) == 60
    assert (STEP, STEP) not in set(pairwise(seen))


async def test_what_the_network_brings_comes_before_the_next_step() -> None:
    order: list[str] = []

    async def poll() -> None:
        async with _echo() as (reader, writer):
            writer.write(b"x")
            await reader.readexactly(1)
            order.append("poll")

    async def answer() -> None:
        order.append(STEP)
        await asyncio.sleep(0)
        order.append(STEP)

    ask = _ask(answer)
    await asyncio.gather(poll(), *(ask() for _ in range(100)))
    assert order.index("poll") < 100


@asynccontextmanager
async def _echo() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Give a connection to somebody who says the same."""
    here, there = socket.socketpair()
    mine, others = await asyncio.open_connection(sock=here), await asyncio.open_connection(sock=there)

    async def echo() -> None:
        others[1].write(await others[0].readexactly(1))

    echoing = asyncio.create_task(echo())
    yield mine
    await echoing
    for _, writer in (mine, others):
        writer.close()
        await writer.wait_closed()


async def test_what_fails_fails_as_it_would() -> None:
    failing = asyncio.get_running_loop().create_future()

    async def answer() -> None:
        with pytest.raises(OSError, match="cut"):
            await failing
        raise ValueError

    asking = asyncio.gather(*(_ask(answer)() for _ in range(3)), return_exceptions=True)
    await asyncio.sleep(0)
    failing.set_exception(OSError("cut"))
    assert [type(each) for each in await asking] == [ValueError] * 3


async def test_a_timeout_within_a_request_is_its_own() -> None:
    ended: list[str] = []

    async def answer() -> None:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            ended.append("told to come back")

    ask = _ask(answer)
    await asyncio.gather(*(ask() for _ in range(10)))
    assert ended == ["told to come back"] * 10


@pytest.mark.parametrize("rounds", range(4))
async def test_a_request_that_is_cancelled_ends_and_keeps_nobody_waiting(rounds: int) -> None:
    ended: list[str] = []

    async def answer() -> None:
        try:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        ended.append("answered")

    ask = _ask(answer)
    asking = [asyncio.ensure_future(ask()) for _ in range(5)]
    for _ in range(rounds):
        await asyncio.sleep(0)
    for task in asking[:4]:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    assert all(task.cancelled() for task in asking[:4])
    assert ended[-1] == "answered"
    assert ended.count("answered") == 1
