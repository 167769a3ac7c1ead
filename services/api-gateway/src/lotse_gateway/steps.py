"""Polls of signs go first: of all other requests one step runs at a time, and before the next what has come in.

A step is what a request does between two moments at which it waits. Where a hundred requests come at once, or a hundred
wait for the same moment to be told that all places are taken, the event loop would run all their steps in a row, and
what a sign asked meanwhile would come after the last of them.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send


class Steps:
    """Whose turn it is: of those who wait, one in each round of the event loop, first come, first served."""

    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    def turn(self) -> Generator[Any, None, None]:
        """Wait until the next step may be run; not at all, if none was in this round."""
        loop = asyncio.get_running_loop()
        if self._is_taken:
            mine = loop.create_future()
            self._waiting.append(mine)
            yield from mine
        else:
            self._take(loop)

    def _take(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take the turn of this round. A timer's moment comes after all that the network has brought in by then."""
        self._is_taken = True
        loop.call_later(0, self._pass_on, loop)

    def _pass_on(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_taken = False
        while self._waiting and not self._is_taken:
            mine = self._waiting.popleft()
            if not mine.done():  # else its request was cancelled
                mine.set_result(None)
                self._take(loop)


class _Stepwise:
    """A coroutine each step of which waits for its turn. What is thrown at it, it is thrown in its turn."""

    def __init__(self, steps: Steps, coroutine: Coroutine[Any, Any, None]) -> None:
        self._steps = steps
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, None]:
        step: Callable[[], Any] = partial(self._coroutine.send, None)
        try:
            while True:
                try:
                    yield from self._steps.turn()
                except asyncio.CancelledError as error:
                    step = partial(self._coroutine.throw, error)
                try:
                    awaited = step()
                except StopIteration:
                    return
                try:
                    step = partial(self._coroutine.send, (yield awaited))
                except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - as it fails, is cancelled, ...
                    step = partial(self._coroutine.throw, error)
        finally:
            self._coroutine.close()
            del step  # it may hold an error, whose traceback holds this frame: a ring for the garbage collector


class OneStepAtATime:
    """Lets requests of the app below take their steps in turns."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._steps = Steps()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answering = self._app(scope, receive, send)
        assert isinstance(answering, Coroutine)  # noqa: S101 - what `async def` gives
        await _Stepwise(self._steps, answering)
