"""The gateway's way to PostgreSQL: named queries on a pool, and a clear answer while the database is away."""

import copy
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

import asyncpg

from lotse_gateway.metrics import DATABASE_UP
from lotse_gateway.turns import Turns
from lotse_shared.database import load_queries
from lotse_shared.log import OnChange, get_logger
from lotse_shared.problems import Unavailable

QUERY_FILES = (
    "feed",
    "keys",
    "idempotency",
    "audit",
    "registry",
    "health",
    "roads",
    "roadworks",
    "readings",
    "history",
    "decisions",
    "displays",
    "orders",
    "strategies",
    "templates",
    "system",
    "ledger",
    "live",
    "dead_letters",
)
RETRY_AFTER_S = 5

AWAY = (
    OSError,  # includes TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a server killed in the middle of an answer leaves asyncpg's protocol half-way
)
"""What asyncpg raises when the server is not there, is going down, or has no connection left."""

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

Write: TypeAlias = Callable[[bytes], Coroutine[Any, Any, None]]

log = get_logger(__name__)


def load_all_queries() -> Mapping[str, str]:
    """Read the queries of every file in `sql/`; their names are unique across files."""
    queries: dict[str, str] = {}
    for name in QUERY_FILES:
        loaded = load_queries("lotse_gateway", f"sql/{name}.sql")
        if twice := queries.keys() & loaded.keys():
            message = f"queries named twice: {sorted(twice)}"
            raise ValueError(message)
        queries |= loaded
    return queries


class Session:
    """Named queries on one connection."""

    def __init__(self, connection: Connection, queries: Mapping[str, str]) -> None:
        self._connection = connection
        self._queries = queries

    async def rows(self, name: str, *arguments: object) -> list[asyncpg.Record]:
        """Give all rows of a named query."""
        return await self._connection.fetch(self._queries[name], *arguments)

    async def row(self, name: str, *arguments: object) -> asyncpg.Record | None:
        """Give the first row of a named query, None if it has none."""
        return await self._connection.fetchrow(self._queries[name], *arguments)

    async def copy_csv(self, name: str, arguments: Sequence[object], write: Write, *, with_header: bool) -> None:
        """Send the rows of a named query as CSV, piece by piece, as fast as they are taken."""
        query = self._queries[name]
        await self._connection.copy_from_query(query, *arguments, output=write, format="csv", header=with_header)


class Overloaded(Unavailable):
    """The database is there, but has no connection left for us, or takes too long."""


class Database:
    """A pool that connects when it is needed: the gateway starts, and serves signs, while the database is away."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", queries: Mapping[str, str], wait_s: float) -> None:
        self._pool = pool
        self._queries = queries
        self._wait_s = wait_s
        self._state = OnChange(log)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """Borrow a connection, in a transaction: what is written inside is written together or not at all.

        Raises
        ------
        Unavailable
            The database is away; `Overloaded`: every connection stayed busy for `wait_s`, or a statement took too long.
        """
        async with self._borrow() as connection, connection.transaction():
            yield Session(connection, self._queries)

    async def rows(self, name: str, *arguments: object) -> list[asyncpg.Record]:
        """Give all rows of one query that reads. Raises as `transaction` does."""
        async with self._borrow() as connection:
            return await Session(connection, self._queries).rows(name, *arguments)

    async def row(self, name: str, *arguments: object) -> asyncpg.Record | None:
        """Give the first row of one query that reads, None if there is none. Raises as `transaction` does."""
        async with self._borrow() as connection:
            return await Session(connection, self._queries).row(name, *arguments)

    @asynccontextmanager
    async def _borrow(self) -> AsyncIterator[Connection]:
        try:
            async with self._pool.acquire(timeout=self._wait_s) as connection:
                yield connection
        except AWAY as error:
            if isinstance(error, ValueError):  # asyncpg's word for arguments it cannot encode: our fault
                raise
            if self._is_busy(error):
                message = "the database has too much to do at the moment"
                raise Overloaded(message, headers={"Retry-After": str(RETRY_AFTER_S)}) from error
            DATABASE_UP.set(0)
            self._state.now("away", "database away, answering 503 where it is needed", error=str(error))
            message = "the database is away at the moment"
            raise Unavailable(message, headers={"Retry-After": str(RETRY_AFTER_S)}) from error
        DATABASE_UP.set(1)
        self._state.now("there", "database there")

    def _is_busy(self, error: BaseException) -> bool:
        """Tell whether a statement took too long, or all connections stayed busy: not that the database is away."""
        is_full = self._pool.get_size() == self._pool.get_max_size() and self._pool.get_idle_size() == 0
        return isinstance(error, asyncpg.QueryCanceledError) or (isinstance(error, TimeoutError) and is_full)


@dataclass(frozen=True, slots=True)
class Limits:
    """What reads of one kind may take: so many at a time, each so long; who finds no place waits for one so long.

    `field` and `advice`: what a client is told whose read takes too long, which field to change, and how.
    """

    turns: Turns
    read_s: float
    patience_s: float
    field: str = "query"
    advice: str = "ask for less at once"


class HeavyReads(Database):
    """A pool of its own for reads that may go over much: they take turns, and none lasts for long."""

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", queries: Mapping[str, str], wait_s: float, limits: Limits
    ) -> None:
        super().__init__(pool, queries, wait_s)
        self._limits = limits

    def advising(self, field: str, *advice: str) -> Self:
        """Give the same, with what a client is told whose read takes too long."""
        return self._within(replace(self._limits, field=field, advice="; ".join(advice)))

    def patient(self) -> Self:
        """Give the same, for the later parts of a long answer: it waits for its turn as long as a read may take."""
        return self._within(replace(self._limits, patience_s=self._limits.read_s))

    def _within(self, limits: Limits) -> Self:
        same = copy.copy(self)
        same._limits = limits  # noqa: SLF001 - our own
        return same

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Take a turn for work that is done elsewhere. Raises Busy."""
        return self._limits.turns.take(self._limits.patience_s)

    @asynccontextmanager
    async def _borrow(self) -> AsyncIterator[Connection]:
        """Borrow a connection, as `Database` does.

        Raises
        ------
        Busy
            Too many do so.
        TooSlow
            PostgreSQL gave up a statement.
        """
        limits = self._limits
        async with self.turn(), super()._borrow() as connection:
            try:
                yield connection
            except asyncpg.QueryCanceledError:
                raise limits.turns.too_slow(limits.read_s, limits.field, limits.advice) from None
