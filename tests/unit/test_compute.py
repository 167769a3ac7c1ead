"""The planner's thread."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from lotse_routing.compute import ComputeThread


async def test_the_planner_computes_while_requests_hold_every_other_thread() -> None:
    answered = Event()
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    request = asyncio.create_task(asyncio.to_thread(answered.wait, 10))
    await asyncio.sleep(0)  # the request has the only thread now
    try:
        assert await asyncio.wait_for(ComputeThread().run(sum, [1, 2], start=3), timeout=30) == 6
        assert not request.done()
    finally:
        answered.set()
        await request


async def test_what_fails_there_fails_here() -> None:
    with pytest.raises(ZeroDivisionError):
        await ComputeThread().run(lambda: 1 / 0)
