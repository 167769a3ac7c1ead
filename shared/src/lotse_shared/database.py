"""The way to PostgreSQL: a pool, and SQL kept in named, described queries."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib.resources import files
from typing import Any

import asyncpg

from lotse_shared.settings import DatabaseSettings

AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What tells that the database is away or not able just now (a time-out is an OSError).

asyncpg's InternalClientError is among them: a server that is killed in the middle of an answer leaves its protocol
half-way through, and the pool hands out that connection once more before it drops it.
"""

CLOSE_TIMEOUT_S = 5.0
HEARING_S = 3.0
"""How long we wait to hear from the server that it gave up a statement."""
KEEPALIVE = {"tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
"""After 30 s without a sign of life the server drops a connection, and what it was in the middle of."""

_HEADER = re.compile(r"^-- name: (?P<name>[a-z_]+)\s*$", re.MULTILINE)


class QueriesError(ValueError):
    """A queries.sql file is not a list of `-- name: lower_case` headers, each with its description and SQL."""


def parse_queries(text: str) -> dict[str, str]:
    """Split the text of a queries.sql file into its named queries.

    A query begins with `-- name: lower_case`, is described in the comment lines after it, and ends at the next header.

    Raises
    ------
    QueriesError
        Text before the first header, a name used twice, a query without description or without SQL.
    """
    headers = list(_HEADER.finditer(text))
    preamble = text[: headers[0].start()] if headers else text
    if any(line and not line.startswith("--") for line in preamble.splitlines()):
        message = f"SQL before the first '-- name:' header: {preamble.strip()[:60]!r}"
        raise QueriesError(message)
    ends = [header.start() for header in headers[1:]] + [len(text)]
    queries: dict[str, str] = {}
    for header, end in zip(headers, ends, strict=True):
        name, body = header["name"], text[header.end() : end].strip()
        lines = body.splitlines()
        if name in queries or not lines or not lines[0].startswith("--") or all(x.startswith("--") for x in lines):
            message = f"query {name!r} stands twice, or lacks its description or its SQL"
            raise QueriesError(message)
        queries[name] = body
    return queries


def load_queries(package: str, file_name: str = "queries.sql") -> Mapping[str, str]:
    """Read the named queries that lie in a package."""
    return parse_queries(files(package).joinpath(file_name).read_text(encoding="utf-8"))


async def prepare_connection(connection: asyncpg.Connection) -> None:
    """Make jsonb columns Python values, both ways."""
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def connect(settings: DatabaseSettings, application: str) -> asyncpg.Connection:
    """Open one connection outside the pool, for what must outlive a transaction: LISTEN, advisory locks."""
    connection = await asyncpg.connect(
        settings.dsn.get_secret_value(),
        command_timeout=settings.command_timeout_s,
        server_settings=_session(application),
    )
    await prepare_connection(connection)
    return connection


async def create_pool(settings: DatabaseSettings, application: str) -> "asyncpg.Pool[Any]":
    """Open a pool. It connects lazily: a database that is away now is found when it is back.

    What we wait for no longer, the server gives up as well: a connection that was cut without a word would otherwise
    leave a transaction there that holds its rows, and whoever writes them again waits for it, for hours. It gives up a
    little earlier than we do, so that it can say so.
    """
    patience_ms = str(round(1000 * settings.command_timeout_s))
    limits = {"statement_timeout": patience_ms, "idle_in_transaction_session_timeout": patience_ms}
    return await asyncpg.create_pool(
        settings.dsn.get_secret_value(),
        min_size=0,
        max_size=settings.pool_size,
        command_timeout=settings.command_timeout_s + HEARING_S,
        init=prepare_connection,
        server_settings=_session(application) | KEEPALIVE | limits,
    )


@contextmanager
def hanging_up(connection: Any) -> Iterator[None]:  # noqa: ANN401 - asyncpg's pool proxy
    """Leave a connection on which a statement was not even refused in time: a ROLLBACK would wait as long again."""
    try:
        yield
    except TimeoutError:
        connection.terminate()
        raise


@asynccontextmanager
async def open_pool(settings: DatabaseSettings, application: str) -> "AsyncIterator[asyncpg.Pool[Any]]":
    """Open a pool for a block."""
    pool = await create_pool(settings, application)
    try:
        yield pool
    finally:
        await close_pool(pool)


async def close_pool(pool: "asyncpg.Pool[Any]") -> None:
    """Close a pool; its connections may lead nowhere, which is no reason to wait for long or to fail."""
    try:
        await asyncio.wait_for(pool.close(), CLOSE_TIMEOUT_S)
    except AWAY:
        pool.terminate()


def _session(application: str) -> dict[str, str]:
    return {"application_name": application, "timezone": "UTC", "jit": "off"}
