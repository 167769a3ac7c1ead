"""What is asked of the database for what-if questions: the past, and what a closure would touch."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from lotse_routing.core.topology import Topology
from lotse_routing.roadwork_rows import read_rows
from lotse_routing.settings import LoopSettings
from lotse_routing.state.estimate import LinkState
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.whatif.closure_check import Surroundings
from lotse_routing.whatif.past import Past, check_moment
from lotse_routing.whatif.traffic import Counter, week_before
from lotse_routing.whatif.window import Window
from lotse_routing.world import read_registry, read_roadworks
from lotse_shared.database import load_queries
from lotse_shared.level_of_service import LevelOfService

QUERIES = load_queries("lotse_routing", "records.sql")

OLD_AFTER = timedelta(minutes=15)
"""A state that was written down longer ago than this says nothing of a past moment, if such are written more often."""


class Records:
    """Reads on the service's pool; every answer is of one snapshot of the database.

    All that reads raises what `lotse_shared.database.AWAY` holds.
    """

    def __init__(self, pool: "asyncpg.Pool[Any]", settings: LoopSettings) -> None:
        self._pool = pool
        self._old_after = max(OLD_AFTER, 2 * timedelta(seconds=settings.link_state_every_s))

    async def past(self, topology: Topology, moment: datetime, now: datetime) -> Past:
        """Read what was known of the links of a network at a past moment.

        Raises
        ------
        NotKnownError
            The moment lies before the history, or after now.
        """
        async with self._pool.acquire() as connection, _reading(connection):
            check_moment(moment, await connection.fetchval(QUERIES["history_begins"]), now)
            links = [link.link_id for link in topology.links]
            states = await connection.fetch(QUERIES["states_then"], moment, moment - self._old_after, links)
            roadworks = await connection.fetch(QUERIES["roadworks_then"], moment)
        return Past(moment, tuple(_state(row) for row in states), read_rows(roadworks).roadworks)

    async def roadworks(self, now: datetime) -> tuple[Roadwork, ...]:
        """Read the approved roadworks that are not over."""
        async with self._pool.acquire() as connection:
            return await read_roadworks(connection, now)

    async def roadwork(self, roadwork_id: str, now: datetime) -> Roadwork | None:
        """Read one that is not over, approved or not yet; None if there is none, or it was refused."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(QUERIES["roadwork"], roadwork_id, now)
        return next(iter(read_rows(rows).roadworks), None)

    async def surroundings(self, links: Sequence[str], window: Window, now: datetime) -> Surroundings:
        """Read what a closure of these links may touch; of the roadworks those that are not over at its start."""
        async with self._pool.acquire() as connection, _reading(connection):
            registry = await read_registry(connection)
            roadworks = await read_roadworks(connection, window.starts_at)
            before = week_before(window.starts_at, now)
            counts = await connection.fetch(QUERIES["counts"], list(links), before, now)
            detours = await connection.fetch(QUERIES["detours_in_force"])
        shown = {row["sign_id"]: row["detours"] for row in detours}
        return Surroundings(registry, roadworks, tuple(Counter(*row) for row in counts), shown)


def _reading(connection: Any) -> Any:  # noqa: ANN401 - asyncpg's proxies are not typed here
    return connection.transaction(isolation="repeatable_read", readonly=True)


def _state(row: asyncpg.Record) -> LinkState:
    """Read a state back. How fresh its speed was is not kept: a measured one was; of others, its confidence is less."""
    freshness = 1.0 if row["source"] == "measured" else row["confidence"]
    level = LevelOfService(row["level_of_service"])
    return LinkState(
        link_id=row["link_id"],
        speed_kmh=row["speed_kmh"],
        level_of_service=level,
        freshness=freshness,
        confidence=row["confidence"],
        observed_at=row["observed_at"],
        source=row["source"],
        detectors=(),
    )
