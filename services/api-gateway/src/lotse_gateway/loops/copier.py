"""Keeps copies of what lists are made of, so that something is known while the database is away."""

import asyncio

import asyncpg

from lotse_gateway.recall.copies import COPIED_EVERY_S, Links
from lotse_gateway.resources import Resources
from lotse_gateway.routes.system import SLOT_IS_FRESH
from lotse_shared.clock import WallClock
from lotse_shared.hints import Hints
from lotse_shared.log import OnChange, get_logger
from lotse_shared.problems import Unavailable
from lotse_shared.settings import DatabaseSettings

APPLICATION = "lotse-gateway-copies"
TABLES = frozenset({"link_state", "network"})
PAUSE_S = 10.0
"""The links of a city are megabytes: they are read this often at most."""

_WALL = WallClock()

log = get_logger(__name__)


class Copier:
    """A loop. What signs confirm is copied by `SignWatch`, which reads it anyway."""

    def __init__(self, resources: Resources, database: DatabaseSettings) -> None:
        self._resources = resources
        self._database = database
        self._state = OnChange(log)

    async def run(self, stop: asyncio.Event) -> None:
        """Copy until `stop` is set."""
        async for _ in Hints(self._database, APPLICATION, TABLES, stop, tick_s=COPIED_EVERY_S, pause_s=PAUSE_S):
            try:
                await self.copy()
            except (Unavailable, asyncpg.PostgresError) as error:
                self._state.now("away", "links and system not copied, the copies stay", error=str(error))
            else:
                self._state.now("there", "links and system copied")

    async def copy(self) -> None:
        """Copy once.

        Raises
        ------
        Unavailable
            The database is away.
        """
        copies, began_at = self._resources.copies, _WALL.now()
        async with self._resources.watching.transaction() as session:
            network = await session.row("get_active_network")
            rows = await session.rows("list_link_features", *(None,) * 8)
            states = await session.row("get_link_states")
            system = await session.row("get_system", SLOT_IS_FRESH)
        version = None if network is None else network["network_version"]
        copies.links = Links(version, [(row["link_id"], row["feature"]) for row in rows])
        copies.links_copied_at = began_at
        copies.link_states = None if states is None else states["states"]
        copies.system = None if system is None else dict(system)
