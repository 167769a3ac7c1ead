"""The networks in the database as the command line needs them: one connection a command."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg

from lotse_routing.commands.line import run_on_database
from lotse_routing.network.compare.difference import Difference, compare_networks
from lotse_routing.network.compare.registered import load_registered
from lotse_routing.network.model import NetworkError, StreetNetwork
from lotse_routing.network.store import load_active_network, save_network
from lotse_shared.settings import DatabaseSettings


@dataclass(frozen=True, slots=True)
class Replaced:
    """What an import took the place of: the difference, or why there is none ('' if no network was active)."""

    difference: Difference | None = None
    remark: str = ""


class NetworkDatabase:
    """Every method raises UnusableDatabaseError if the database is away, has no tables, or holds a damaged network."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings

    def active(self) -> StreetNetwork | None:
        """Read the active network; None if there is none."""
        return run_on_database(self._settings, load_active_network)

    def compare(self, newer: StreetNetwork) -> Difference | None:
        """Compare the active network with another one, for all that is registered; None if none is active."""
        return run_on_database(self._settings, lambda connection: _compare(connection, newer))

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

        return run_on_database(self._settings, replace)


async def _compare(connection: asyncpg.Connection, newer: StreetNetwork) -> Difference | None:
    older = await load_active_network(connection)
    if older is None:
        return None
    return compare_networks(older, newer, await load_registered(connection, datetime.now(UTC)))
