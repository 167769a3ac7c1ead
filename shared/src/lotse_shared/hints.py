"""Hints that a table changed: LISTEN on channels named after tables, plus a tick: a lost hint costs a tick only."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

import asyncpg

from lotse_shared.database import AWAY, connect
from lotse_shared.log import OnChange, get_logger
from lotse_shared.settings import DatabaseSettings

RECONNECT_AFTER_S = 1.0

log = get_logger(__name__)


class Hints:
    """Tells which tables may have changed, at most once every `pause_s`, and all of them every `tick_s`.

    `async for tables in hints:` yields a non-empty set of table names. After a reconnect and at every tick it yields
    all of them: what happened in between is unknown. It never raises because the database is away; it logs that once
    and comes back by itself. It ends when `stop` is set.
    """

    def __init__(  # noqa: PLR0913 - a listener's whole description
        self,
        settings: DatabaseSettings,
        application: str,
        tables: Iterable[str],
        stop: asyncio.Event,
        *,
        tick_s: float = 5.0,
        pause_s: float = 0.1,
    ) -> None:
        self._settings = settings
        self._application = application
        self._tables = frozenset(tables)
        self._stop = stop
        self._tick_s = tick_s
        self._pause_s = pause_s
        self._hinted: set[str] = set()
        self._tick_at_s = 0.0
        self._wake = asyncio.Event()
        self._connection: asyncpg.Connection | None = None
        self._state = OnChange(log)

    async def __aiter__(self) -> AsyncIterator[frozenset[str]]:
        """Yield sets of tables until `stop` is set."""
        stopped = asyncio.create_task(self._stop.wait())
        stopped.add_done_callback(lambda _: self._wake.set())
        try:
            while not self._stop.is_set():
                await self._ensure_listening()
                hinted = self._due()
                self._wake.clear()
                if self._stop.is_set():  # while we were connecting: its wake-up is cleared now
                    return
                yield hinted
                await self._sleep(self._pause_s, wake_early=False)
                await self._sleep(max(0.0, self._tick_at_s - time.monotonic()), wake_early=True)
        finally:
            stopped.cancel()
            await self._disconnect()

    def _due(self) -> frozenset[str]:
        """Give what was hinted; all tables when nothing was, or when a tick is due: hints at one do not starve it."""
        hinted = frozenset(self._hinted)
        self._hinted.clear()
        now_s = time.monotonic()
        if hinted and now_s < self._tick_at_s:
            return hinted
        self._tick_at_s = now_s + self._tick_s
        return self._tables

    async def _sleep(self, seconds: float, *, wake_early: bool) -> None:
        event = self._wake if wake_early else self._stop
        with suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)

    async def _ensure_listening(self) -> None:
        if self._connection is not None and not self._connection.is_closed():
            return
        try:
            connection = await connect(self._settings, f"{self._application}-hints")
            for table in sorted(self._tables):
                await connection.add_listener(table, self._note)
        except AWAY as error:
            self._state.now("away", "listening lost, re-reading by tick", error=str(error))
            await self._sleep(RECONNECT_AFTER_S, wake_early=False)
            return
        connection.add_termination_listener(lambda _: self._wake.set())
        self._connection = connection
        self._hinted |= self._tables
        self._state.now("listening", "listening for changes", tables=sorted(self._tables))

    def _note(self, _connection: object, _pid: int, channel: str, _payload: object) -> None:
        self._hinted.add(channel)
        self._wake.set()

    async def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
