"""Writes when keys were used last: once a minute, for all of them together, and never in a request's way."""

import asyncio
from contextlib import suppress

import asyncpg

from lotse_gateway.metrics import KEY_USES
from lotse_gateway.resources import Resources
from lotse_shared.log import OnChange, get_logger
from lotse_shared.problems import Unavailable

EVERY_S = 60.0

log = get_logger(__name__)


class KeyUses:
    """A loop. While the database is away, what is known waits: one moment a key."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._state = OnChange(log)

    async def run(self, stop: asyncio.Event) -> None:
        """Write until `stop` is set, and once more then."""
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Write what was not written yet."""
        uses = self._resources.keys.take_uses()
        if not uses:
            return
        try:
            await self._resources.feeding.rows("put_key_uses", list(uses), list(uses.values()))
        except (Unavailable, asyncpg.PostgresError) as error:
            self._resources.keys.give_back_uses(uses)
            KEY_USES.labels("failed").inc()
            self._state.now("away", "uses of keys not written, kept for later", error=str(error))
        else:
            KEY_USES.labels("written").inc()
            self._state.now("there", "uses of keys written")
