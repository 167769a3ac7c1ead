"""What is expected of each detector: the registry (table `detector`), held in memory and kept fresh by hints."""

from collections.abc import Iterable
from typing import Any

import asyncpg

from lotse_ingest.availability import Availability
from lotse_ingest.judge.site import Limits, Site
from lotse_ingest.metrics import Metrics
from lotse_ingest.store import ACQUIRE_TIMEOUT_S
from lotse_shared.database import AWAY, hanging_up, load_queries
from lotse_shared.hints import Hints

TABLE = "detector"


class Detectors:
    """The registered detectors.

    A reading of a detector that is not known here is looked up before it is judged, so that one registered a moment
    ago is never judged unknown.
    """

    def __init__(self, pool: "asyncpg.Pool[Any]", availability: Availability, limits: Limits, metrics: Metrics) -> None:
        self._pool = pool
        self._availability = availability
        self._limits = limits
        self._metrics = metrics
        self._sql = load_queries("lotse_ingest", "sql/judge.sql")
        self._sites: dict[str, Site] = {}

    def find(self, detector_id: str) -> Site | None:
        """Give the site of a registered detector."""
        return self._sites.get(detector_id)

    async def learn(self, detector_ids: Iterable[str]) -> None:
        """Look up those of the detectors that are not known yet."""
        unknown = sorted(set(detector_ids) - self._sites.keys())
        if unknown:
            found = await self._fetch("find_sites", unknown)
            self._sites |= found  # only now is it read: the whole registry may have come in meanwhile
            self._metrics.detectors.set(len(self._sites))

    async def follow(self, hints: Hints) -> None:
        """Re-read the registry at every hint, until the hints end. A database that is away costs freshness only."""
        async for _ in hints:
            try:
                self._sites = await self._fetch("list_sites")
            except AWAY as error:
                self._availability.lost(error)
            else:
                self._availability.seen()
                self._metrics.detectors.set(len(self._sites))

    async def _fetch(self, query: str, *arguments: object) -> dict[str, Site]:
        async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            with hanging_up(connection):
                rows = await connection.fetch(self._sql[query], *arguments)
        return {row["detector_id"]: self._limits.site(row) for row in rows}
