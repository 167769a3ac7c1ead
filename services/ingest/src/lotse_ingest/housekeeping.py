"""Housekeeping: what is too old is dropped, what is old enough compressed, and aggregates follow late readings.

One replica at a time does it, on Lotse's clock (what carries a wall time: on the wall), so that replays and simulations
keep house in their own time.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import asyncpg

from lotse_ingest.metrics import Metrics
from lotse_ingest.settings import IngestSettings
from lotse_shared.database import AWAY, connect, load_queries
from lotse_shared.log import OnChange, get_logger
from lotse_shared.settings import DatabaseSettings

ADVISORY_LOCK_KEY = 0x1075F  # any number that no other program uses on this database
STEP_TIMEOUT_S = 600.0
CLOSE_TIMEOUT_S = 5.0
SLICE_ROWS = 10_000
ACCOUNTS_COMPARED = 100
"""Of the ledger, in a round."""
REFRESH_LAG = timedelta(hours=1)
"""Newer quarters are aggregated when they are asked for: readings still come in."""

AGGREGATES = "reading_15min_kept"
COMPRESSED = ("reading", "link_state_history", AGGREGATES)
DROP_CHUNK = "drop_oldest_chunk"

Outcome = Literal["done", "elsewhere", "waits for data time", "failed"]

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rule:
    """How long the rows of a table are kept, by which query they go, and which clock stamped them."""

    table: str
    days: float
    query: str
    clock: Literal["lotse", "wall"] = "lotse"


def list_rules(settings: IngestSettings) -> list[Rule]:
    """Tell what is dropped, and when."""
    return [
        Rule("reading", settings.retention_days, DROP_CHUNK),
        Rule("reading_correction", settings.retention_days, "drop_corrections"),
        Rule(AGGREGATES, settings.keep_aggregates_days, DROP_CHUNK),
        Rule("link_state_history", settings.keep_link_states_days, DROP_CHUNK),
        Rule("watermark", settings.keep_watermarks_days, "drop_watermarks"),
        Rule("alarm", settings.keep_alarms_days, "drop_alarms"),
        Rule("sign_ack_history", settings.keep_sign_acks_days, "drop_sign_acks", "wall"),
        Rule("ingest_ledger", settings.keep_ledger_days, "drop_accounts", "wall"),
        Rule("rejected_message", settings.keep_dead_letters_days, "drop_dead_letters", "wall"),
    ]


class Housekeeping:
    """Keeps house every `housekeeping_s`, while the database is there and no other replica does.

    Parameters
    ----------
    now
        Lotse's clock; while it gives None (data time has not begun) nothing is done.
    """

    def __init__(
        self, database: DatabaseSettings, settings: IngestSettings, now: Callable[[], datetime | None], metrics: Metrics
    ) -> None:
        self._database = database
        self._settings = settings
        self._now = now
        self._metrics = metrics
        self._sql = load_queries("lotse_ingest", "sql/history.sql")
        self._state = OnChange(log)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep house until `stop` is set. What a failed or shortened round leaves undone, the next one does."""
        while not stop.is_set():
            try:
                outcome = await self.keep_house(stop)
            except AWAY as error:
                outcome = "failed"
                self._state.now(outcome, "housekeeping failed; tried again", error=f"{type(error).__name__}: {error}")
            else:
                self._state.now(outcome, "housekeeping")
            self._metrics.housekeeping_rounds.labels(outcome).inc()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._settings.housekeeping_s)

    async def keep_house(self, stop: asyncio.Event) -> Outcome:
        """Do all that is due now, step by step until `stop` is set. Raises what `AWAY` lists."""
        now = self._now()
        if now is None:
            return "waits for data time"
        connection = await connect(self._database, "lotse-ingest-housekeeping")
        try:
            if not await connection.fetchval(self._sql["try_housekeeping_lock"], ADVISORY_LOCK_KEY):
                return "elsewhere"
            await connection.execute(self._sql["bound_waiting"])
            async with aclosing(self._steps(connection, now)) as steps:
                async for _ in steps:
                    if stop.is_set():
                        break
        finally:
            await connection.close(timeout=CLOSE_TIMEOUT_S)
        return "done"

    async def _steps(self, connection: asyncpg.Connection, now: datetime) -> AsyncGenerator[None, None]:
        """Work through all that is due; every step is a transaction of its own."""
        there = await self._measure(connection)
        await self._compare_ledger(connection, now)
        # A clock that jumps ahead, or a wrong watermark, makes nothing old: age is told by what was measured since.
        newest = await connection.fetchval(self._sql["newest_day"]) or now
        as_of = min(now, newest)
        for rule in list_rules(self._settings):
            if rule.table in there:
                async for _ in self._drop(connection, rule, as_of):
                    yield
        await self._drop_dead_letters_over(connection)
        if AGGREGATES in there:
            dropped_until = as_of - timedelta(days=self._settings.retention_days)
            for span in await connection.fetch(self._sql["list_spans"], now - REFRESH_LAG, dropped_until):
                await connection.execute(self._sql["refresh_aggregates"], *span, timeout=STEP_TIMEOUT_S)
                yield
        for table in (table for table in COMPRESSED if table in there):
            async for _ in self._compress(connection, table, now):
                yield
        await self._measure(connection)

    async def _drop(self, connection: asyncpg.Connection, rule: Rule, as_of: datetime) -> AsyncIterator[None]:
        cutoff = (as_of if rule.clock == "lotse" else datetime.now(UTC)) - timedelta(days=rule.days)
        in_chunks = rule.query == DROP_CHUNK
        arguments = (rule.table, cutoff) if in_chunks else (cutoff, SLICE_ROWS)
        nothing = None if in_chunks else 0  # a chunk may have been empty
        dropped = 0
        while (rows := await connection.fetchval(self._sql[rule.query], *arguments, timeout=STEP_TIMEOUT_S)) != nothing:
            dropped += rows
            self._metrics.dropped_rows.labels(rule.table).inc(rows)
            yield
        if dropped:
            log.info("dropped what is too old", table=rule.table, rows=dropped, before=cutoff.isoformat())

    async def _drop_dead_letters_over(self, connection: asyncpg.Connection) -> None:
        most_bytes = self._settings.keep_dead_letters_bytes
        rows = await connection.fetchval(self._sql["drop_dead_letters_over"], most_bytes, timeout=STEP_TIMEOUT_S)
        if rows:
            self._metrics.dropped_rows.labels("rejected_message").inc(rows)
            log.warning("dropped the oldest dead letters: they take too much room", rows=rows, allowed_bytes=most_bytes)

    async def _compress(self, connection: asyncpg.Connection, table: str, now: datetime) -> AsyncIterator[None]:
        cutoff = now - timedelta(days=self._settings.compress_after_days)
        arguments = (self._sql["compress_oldest_chunk"], table, cutoff)
        last = None
        while chunk := await connection.fetchval(*arguments, timeout=STEP_TIMEOUT_S):
            if chunk == last:  # late rows came into it meanwhile: the next round will have it, too
                return
            last = chunk
            self._metrics.compressed_chunks.labels(table).inc()
            log.info("compressed", table=table, chunk=chunk)
            yield

    async def _compare_ledger(self, connection: asyncpg.Connection, now: datetime) -> None:
        """Hold some accounts of the last full hour against the table; not in data time."""
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
        if abs(now - datetime.now(UTC)) > timedelta(hours=1):
            return
        rows = await connection.fetch(self._sql["compare_ledger"], hour, ACCOUNTS_COMPARED, timeout=STEP_TIMEOUT_S)
        self._metrics.ledger_accounts_checked.inc(len(rows))
        wrong = [row for row in rows if row["stored"] != row["found"]]
        for row in wrong:
            self._metrics.ledger_differences.inc(abs(row["stored"] - row["found"]))
            log.warning("the ledger and the table differ", hour=hour.isoformat(), **row)

    async def _measure(self, connection: asyncpg.Connection) -> set[str]:
        """Tell Prometheus what the tables take on disk, and give the names of those that there are."""
        rows = await connection.fetch(self._sql["list_tables"], [rule.table for rule in list_rules(self._settings)])
        for row in rows:
            self._metrics.kept_bytes.labels(row["name"]).set(row["bytes"])
        return {row["name"] for row in rows}
