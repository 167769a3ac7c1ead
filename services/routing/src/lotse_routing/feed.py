"""What routing feels, turn by turn: the newest readings at every hint, or one turn a watermark in data time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

import asyncpg

from lotse_routing.metrics import LATE_WATERMARKS
from lotse_routing.queries import QUERIES, Connection
from lotse_routing.settings import LoopSettings
from lotse_routing.state.estimate import FeltReading
from lotse_routing.steps import Turn
from lotse_routing.world import TABLES, WorldReader
from lotse_shared.clock import DataClock, WallClock
from lotse_shared.hints import Hints
from lotse_shared.settings import DatabaseSettings

WALL_TABLES = TABLES | {"detector_state"}
DATA_TABLES = TABLES | {"watermark"}


class Feed(Protocol):
    """Gives the turns that are due."""

    tables: frozenset[str]

    @property
    def is_up_to_date(self) -> bool:
        """Tell whether, without any turn, the decisions in force are still those of now."""
        ...

    def resume(self, covers_until: datetime | None) -> None:
        """Begin to lead: decisions were computed up to this moment, None if there are none."""
        ...

    def pause(self) -> None:
        """Stand by: another process leads."""
        ...

    def turns(self, hinted: frozenset[str]) -> AsyncIterator[Turn]:
        """Give the turns that are due now, oldest first, given the tables that may have changed."""
        ...


class WallFeed:
    """Wall time: one turn a call, with the newest reading of every detector. A standby feels too, to be warm."""

    tables = WALL_TABLES

    def __init__(self, pool: "asyncpg.Pool[Any]", reader: WorldReader) -> None:
        self._pool = pool
        self._reader = reader
        self._clock = WallClock()

    @property
    def is_up_to_date(self) -> bool:
        """Never: on the wall, time goes on, and every moment takes a turn."""
        return False

    def resume(self, covers_until: datetime | None) -> None:
        """Nothing to catch up on: what counts is what is measured now."""

    def pause(self) -> None:
        """Go on feeling."""

    async def turns(self, hinted: frozenset[str]) -> AsyncIterator[Turn]:
        """Give one turn; its readings are empty if no detector said anything since. None without a network."""
        readings: tuple[FeltReading, ...] = ()
        async with self._pool.acquire() as connection:
            world = await self._reader.read(connection, hinted, self._clock.now())
            if "detector_state" in hinted:
                readings = tuple(FeltReading(*row) for row in await connection.fetch(QUERIES["detector_states"]))
        if world is not None:
            yield Turn(self._clock.now(), world, readings)


class DataFeed:
    """Data time: one turn a watermark, in order, from the readings since the one before. Only the leader has turns.

    Everything that a turn reads, it reads in one snapshot of the database after its watermark was committed, so that
    equal data give equal turns.
    """

    tables = DATA_TABLES

    def __init__(self, pool: "asyncpg.Pool[Any]", reader: WorldReader, settings: LoopSettings) -> None:
        self._pool = pool
        self._reader = reader
        self._read_back = timedelta(seconds=settings.read_back_s)
        self._clock = DataClock()
        self._newest_commit: datetime | None = None
        self._leads = False
        self._has_caught_up = False
        self._has_network = False

    @property
    def is_up_to_date(self) -> bool:
        """Tell whether nothing but the next watermark is missing: data time stands still."""
        return self._leads and self._has_network

    def resume(self, covers_until: datetime | None) -> None:
        """Go on after this moment; the turns of a bounded time before it are taken again, to rebuild the state."""
        self._clock = DataClock(covers_until)
        self._newest_commit = None
        self._leads = True
        self._has_caught_up = covers_until is None
        LATE_WATERMARKS.set(0)

    def pause(self) -> None:
        """Take no turns."""
        self._leads = False

    async def turns(self, hinted: frozenset[str]) -> AsyncIterator[Turn]:
        """Give a turn for every watermark not taken yet."""
        del hinted  # a turn reads all, so that what was committed before its watermark is in it
        if self._leads and not self._has_caught_up:
            async for past in self._taken_before():
                yield past
            self._has_caught_up = True
        while self._leads and (turn := await self._next()) is not None:
            yield turn

    async def _next(self) -> Turn | None:
        before = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            row = await connection.fetchrow(QUERIES["next_watermark"], before)
            world = await self._reader.read(connection, TABLES, row["covers_until"] if row else before)
            self._has_network = world is not None
            if row is None or world is None:
                await self._count_late(connection)
                return None
            covers_until: datetime = row["covers_until"]
            since = before or covers_until - self._read_back
            readings = await readings_between(connection, since, covers_until)
        self._newest_commit = max(self._newest_commit or row["committed_at"], row["committed_at"])
        self._clock.advance(covers_until)
        return Turn(covers_until, world, readings)

    async def _taken_before(self) -> AsyncIterator[Turn]:
        until = self._clock.now()
        if until is None:
            return
        since = until - self._read_back
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(QUERIES["watermarks_between"], since, until)
            world = await self._reader.read(connection, TABLES, until)
        for row in rows:
            self._newest_commit = max(self._newest_commit or row["committed_at"], row["committed_at"])
            async with self._pool.acquire() as connection:
                readings = await readings_between(connection, since, row["covers_until"])
            if world is not None:
                yield Turn(row["covers_until"], world, readings, taken_before=True)
            since = row["covers_until"]

    async def _count_late(self, connection: Connection) -> None:
        if self._clock.covers_until is not None and self._newest_commit is not None:
            late = await connection.fetchval(
                QUERIES["count_late_watermarks"], self._clock.covers_until, self._newest_commit
            )
            LATE_WATERMARKS.set(late)


async def readings_between(connection: Connection, since: datetime, until: datetime) -> tuple[FeltReading, ...]:
    """Read what a step feels of one closed interval of data time."""
    return tuple(FeltReading(*row) for row in await connection.fetch(QUERIES["readings_between"], since, until))


class Listener:
    """Collects hints while a turn is under way, so that none is missed and no turn waits for the next one."""

    def __init__(self, database: DatabaseSettings, tables: frozenset[str], settings: LoopSettings) -> None:
        self._database = database
        self._tables = tables
        self._settings = settings
        self._hinted = set(tables)  # nothing was read yet
        self._wake = asyncio.Event()

    async def listen(self, stop: asyncio.Event) -> None:
        """Collect until `stop` is set."""
        hints = Hints(self._database, "lotse-routing", self._tables, stop, pause_s=self._settings.hint_pause_s)
        async for tables in hints:
            self._hinted |= tables
            self._wake.set()
        self._wake.set()

    async def wait(self) -> frozenset[str]:
        """Wait for a hint, not longer than `step_every_s`; give the tables hinted since the last call, maybe none."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), self._settings.step_every_s)
        self._wake.clear()
        hinted = frozenset(self._hinted)
        self._hinted.clear()
        return hinted

    def repeat(self, tables: frozenset[str]) -> None:
        """Hint again at what a turn that failed did not get to read."""
        self._hinted |= tables
