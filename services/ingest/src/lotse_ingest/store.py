"""Storing: a batch in one transaction, idempotent, so that a redelivered message changes nothing but the count."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import asyncpg

from lotse_ingest import keep, ledger
from lotse_ingest.batch import Batch, BatchReading, first_of_each, newest_felt
from lotse_ingest.dead_letters import DeadLetter
from lotse_ingest.messages import Fate, Outcome, Watermark
from lotse_ingest.rows import READING_COLUMNS, columns, insert_row, reading_row, state_row
from lotse_ingest.settle import Cut, settle_come_true, settle_replayed
from lotse_shared.database import hanging_up, load_queries

ACQUIRE_TIMEOUT_S = 10.0
DATA_ERROR_CLASSES = frozenset({"22", "23", "54"})
"""SQLSTATE classes that blame the row: data exception, constraint violation, limit exceeded. All others pass."""


NOT_BY_COPY = (asyncpg.UniqueViolationError, asyncpg.ConfigurationLimitExceededError)
"""A row is known already; or so many are late that COPY would open more compressed rows than TimescaleDB allows."""


@dataclass(frozen=True, slots=True)
class News:
    """Which tables expect nothing but new rows: COPY writes them best, and fails at one that is known."""

    in_readings: bool = True
    in_dead_letters: bool = True

    def without(self, error: Exception) -> "News":
        """Expect none where COPY has failed; readings may lie in a partition, under its name."""
        if getattr(error, "table_name", None) == keep.TABLE:
            return replace(self, in_dead_letters=False)
        return replace(self, in_readings=False)

    def after(self, *, known_readings: bool | None, known_dead_letters: bool | None) -> "News":
        """Expect what the newest batch had; None: it had nothing for that table."""
        return News(
            in_readings=self.in_readings if known_readings is None else not known_readings,
            in_dead_letters=self.in_dead_letters if known_dead_letters is None else not known_dead_letters,
        )


NO_NEWS = News(in_readings=False, in_dead_letters=False)


class RefusedError(Exception):
    """The database refuses these rows, now and whenever they are tried again."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A committed batch, and what became of each of its items."""

    batch: Batch
    outcomes: Sequence[Outcome | None]

    def fates(self) -> Iterator[Fate]:
        """Tell what became of every reading of it."""
        for item, outcome in zip(self.batch.items, self.outcomes, strict=True):
            if outcome is None or isinstance(item, Watermark):
                continue
            code, reason = (item.reason_code, item.reason) if isinstance(item, DeadLetter) else (None, None)
            yield Fate(item.message, item.index, outcome, code, reason)


class Store:
    """Writes batches through a pool."""

    def __init__(self, pool: "asyncpg.Pool[Any]", cut: Cut) -> None:
        self._pool = pool
        self._cut = cut
        self._sql = {
            **load_queries("lotse_ingest", "sql/readings.sql"),
            **load_queries("lotse_ingest", "sql/dead_letters.sql"),
        }
        self._days: set[date] = set()
        self._news = News()

    async def newest_watermark(self) -> datetime | None:
        """Tell where data time stands, None if it has not begun."""
        async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            newest: datetime | None = await connection.fetchval(self._sql["newest_watermark"])
            return newest

    async def write(self, batch: Batch, settle: Sequence[bytes] = ()) -> Stored:
        """Store a batch. When this returns, it is committed.

        Parameters
        ----------
        batch
            What is stored.
        settle
            Digests of the dead letters that it replays: they are taken out, and out of the ledger, with it.

        Raises
        ------
        RefusedError
            Some row of it is not acceptable to the database. Nothing was stored.
        SettledMeanwhileError
            Some of the dead letters are gone. Nothing was stored.
        lotse_shared.database.AWAY
            The database is away or not able just now; the same batch may be tried again.
        """
        return await self._told(lambda: self._attempt(batch, settle))

    async def rehearse(self, batch: Batch, settle: Sequence[bytes]) -> Stored:
        """Find out what `write` would do, and undo it; raises as it does."""
        return await self._told(lambda: self._attempt_in_vain(batch, settle))

    async def _told(self, attempt: Callable[[], Awaitable[Stored]]) -> Stored:
        """Attempt it, and say whom an error blames."""
        try:
            return await attempt()
        except asyncpg.CheckViolationError as error:
            if error.constraint_name is not None:
                raise RefusedError(str(error)) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if _blames_the_data(error):
                raise RefusedError(str(error)) from error
            raise
        self._days.clear()  # no constraint's name: a partition was dropped behind our back
        return await attempt()

    async def _attempt(self, batch: Batch, settle: Sequence[bytes]) -> Stored:
        """Write as if every row were new, which COPY does best; only where one is not, by its slower sibling.

        After that the slower one goes first until a batch was all new again: a vendor who sends everything twice must
        not make us write everything twice.
        """
        async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            with hanging_up(connection):
                await self._ensure_partitions(connection, batch)
                return await self._attempt_on(connection, batch, settle)

    async def _attempt_on(self, connection: Any, batch: Batch, settle: Sequence[bytes]) -> Stored:  # noqa: ANN401
        news = self._news
        while True:
            try:
                async with connection.transaction():
                    with hanging_up(connection):  # here as well: before its ROLLBACK
                        return await self._write(connection, batch, settle, news)
            except NOT_BY_COPY as error:
                fewer = news.without(error)
                if fewer == news:
                    raise
                news = fewer

    async def _attempt_in_vain(self, batch: Batch, settle: Sequence[bytes]) -> Stored:
        async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            await self._ensure_partitions(connection, batch)
            transaction = connection.transaction()
            await transaction.start()
            try:
                return await self._write(connection, batch, settle, NO_NEWS)
            finally:
                await transaction.rollback()

    async def _ensure_partitions(self, connection: Any, batch: Batch) -> None:  # noqa: ANN401 - asyncpg's pool proxy
        """Before the transaction: making a partition locks the whole table, and must not hold that until a commit."""
        days = {item.judged.reading.measured_at.date() for item in batch.readings}
        for day in sorted(days - self._days):
            await connection.execute(self._sql["ensure_partition"], day)
            self._days.add(day)

    async def _write(
        self,
        connection: Any,  # noqa: ANN401 - asyncpg's pool proxy
        batch: Batch,
        settle: Sequence[bytes],
        news: News,
    ) -> Stored:
        readings, letters = batch.readings, batch.dead_letters
        write_readings = self._copy if news.in_readings else self._insert
        resent = await write_readings(connection, readings) if readings else ()
        if newest := newest_felt(readings, resent):
            await connection.execute(self._sql["upsert_detector_state"], *columns(map(state_row, newest)))
        settled = await settle_replayed(connection, self._sql, settle)
        upsert = self._sql["upsert_dead_letters"]
        new_digests = await keep.keep_dead_letters(connection, upsert, letters, settled, are_new=news.in_dead_letters)
        settled += await settle_come_true(connection, self._sql, readings, self._cut)
        outcomes = ledger.tell_outcomes(batch.items, resent, new_digests)
        await self._write_ledger(connection, ledger.settle(ledger.add_up(batch.items, outcomes), settled))
        if batch.watermarks:
            moments = [watermark.covers_until for watermark in batch.watermarks]
            await connection.execute(self._sql["insert_watermarks"], moments)
        self._news = self._news.after(
            known_readings=bool(resent) if readings else None,
            known_dead_letters=any(letter.digest not in new_digests for letter in letters) if letters else None,
        )
        return Stored(batch, outcomes)

    async def _copy(self, connection: Any, readings: Sequence[BatchReading]) -> Sequence[BatchReading]:  # noqa: ANN401
        """Write readings that are all new, or none of them (asyncpg.UniqueViolationError)."""
        await connection.copy_records_to_table("reading", records=map(reading_row, readings), columns=READING_COLUMNS)
        return ()

    async def _insert(self, connection: Any, readings: Sequence[BatchReading]) -> Sequence[BatchReading]:  # noqa: ANN401
        """Write readings of which some may be known, and give those: the table's first value wins."""
        firsts = first_of_each(readings)
        rows = await connection.fetch(self._sql["insert_readings"], *columns(map(insert_row, firsts.values())))
        new_ids = {id(firsts[row["detector_id"], row["measured_at"]]) for row in rows}
        resent = [reading for reading in readings if id(reading) not in new_ids]
        if resent:
            await self._write_corrections(connection, resent)
        return resent

    async def _write_corrections(self, connection: Any, resent: Sequence[BatchReading]) -> None:  # noqa: ANN401
        moments = [item.key[1] for item in resent]
        await connection.execute(self._sql["allow_decompression"])
        await connection.execute(
            self._sql["insert_corrections"], *columns(map(insert_row, resent)), min(moments), max(moments)
        )

    async def _write_ledger(self, connection: Any, accounts: Mapping[ledger.Account, ledger.Counts]) -> None:  # noqa: ANN401
        if accounts:
            rows = [
                (hour, detector_id, c.received, c.stored, c.duplicate, c.quarantined, c.rejected)
                for (hour, detector_id), c in accounts.items()
            ]
            await connection.execute(self._sql["add_to_ledger"], *columns(rows))


def _blames_the_data(error: Exception) -> bool:
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "")[:2] in DATA_ERROR_CLASSES
    return isinstance(error, ValueError)  # asyncpg's own refusal to encode a value
