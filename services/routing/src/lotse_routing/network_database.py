"""The networks in the database as the command line needs them: one connection a command."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import asyncpg

from lotse_routing.network.difference import Difference, compare_networks
from lotse_routing.network.model import NetworkError, StreetNetwork
from lotse_routing.network.registered import load_registered
from lotse_routing.network.store import load_active_network, save_network
from lotse_shared.database import AWAY, connect
from lotse_shared.settings import DatabaseSettings

T = TypeVar("T")


class NetworkDatabaseError(Exception):
    """The database cannot be used; the message says what to do, in one line."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What an import took the place of: the difference, or why there is none ('' if no network was active)."""

    difference: Difference | None = None
    remark: str = ""


class NetworkDatabase:
    """Every method raises NetworkDatabaseError if the database is away, has no tables, or holds a damaged network."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings

    def active(self) -> StreetNetwork | None:
        """Read the active network; None if there is none."""
        return self._run(load_active_network)

    def compare(self, newer: StreetNetwork) -> Difference | None:
        """Compare the active network with another one, for all that is registered; None if none is active."""
        return self._run(lambda connection: _compare(connection, newer))

    def replace_active(self, network: StreetNetwork, summary: Mapping[str, Any]) -> Replaced:
        """Store a network, make it the active one, and tell what that changed.

        One that is damaged is replaced without comparison, which is how it is repaired.
        """

        async def replace(connection: asyncpg.Connection) -> Replaced:
            try:
                replaced = Replaced(await _compare(connection, network))
            except NetworkError as error:
                replaced = Replaced(remark=f"with nothing: {error}")
            await save_network(connection, network, datetime.now(UTC), summary)
            return replaced

        return self._run(replace)

    def _run(self, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        async def run() -> T:
            connection = await connect(self._settings, "lotse-routing-import")
            try:
                return await work(connection)
            finally:
                await connection.close()

        try:
            return asyncio.run(run())
        except asyncpg.UndefinedTableError as error:
            message = "the database has no tables yet: run lotse-migrate first"
            raise NetworkDatabaseError(message) from error
        except NetworkError as error:
            raise NetworkDatabaseError(str(error)) from error
        except AWAY as error:
            message = f"the database is away: {error}. Check LOTSE_DATABASE_DSN and that the database runs"
            raise NetworkDatabaseError(message) from error


async def _compare(connection: asyncpg.Connection, newer: StreetNetwork) -> Difference | None:
    older = await load_active_network(connection)
    if older is None:
        return None
    return compare_networks(older, newer, await load_registered(connection, datetime.now(UTC)))
