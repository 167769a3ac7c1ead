"""The database may be away for minutes: the same thing is tried again until it is back, and that is told once."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import asyncpg

from lotse_ingest.metrics import Metrics
from lotse_shared.database import AWAY
from lotse_shared.log import OnChange, get_logger

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
T = TypeVar("T")
log = get_logger(__name__)


class GaveUpError(Exception):
    """The service is to stop and the database has not come back within the grace."""


class Availability:
    """Knows whether the database is there, and tries again while it is not.

    Parameters
    ----------
    pool
        Its connections are renewed when one fails: what has happened to one has happened to all, and where they were
        cut without a word, each would cost a time-out of its own to find out.
    metrics
        Where presence and retries are counted.
    grace_s
        Seconds on the wall that are left once the service is to stop.
    """

    def __init__(self, pool: "asyncpg.Pool[Any]", metrics: Metrics, grace_s: float) -> None:
        self._pool = pool
        self._metrics = metrics
        self._grace_s = grace_s
        self._hurried = asyncio.Event()
        self._deadline_s = math.inf
        self._state = OnChange(log)
        self.is_there = False

    async def until_done(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Run an operation until it succeeds, with a growing pause between attempts.

        Raises
        ------
        GaveUpError
            The service is to stop, and the grace is over.
        """
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                result = await operation()
            except AWAY as error:
                self.lost(error)
                await self._pool.expire_connections()
            else:
                self.seen()
                return result
            if time.monotonic() >= self._deadline_s:
                raise GaveUpError
            self._metrics.database_retries.inc()
            await self._pause(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def seen(self) -> None:
        """Note that the database answered."""
        self.is_there = True
        self._metrics.database_connected.set(1)
        self._state.now("there", "database is there")

    def lost(self, error: BaseException) -> None:
        """Note that it did not."""
        self.is_there = False
        self._metrics.database_connected.set(0)
        self._state.now("away", "database is away; not acknowledging", error=f"{type(error).__name__}: {error}")

    def hurry(self) -> None:
        """Let waiting operations try once more at once, and give up after the grace."""
        self._deadline_s = time.monotonic() + self._grace_s
        self._hurried.set()

    async def _pause(self, seconds: float) -> None:
        if self._hurried.is_set():
            await asyncio.sleep(FIRST_PAUSE_S)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurried.wait(), seconds)
