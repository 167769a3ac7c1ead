"""Recollection: what judgement remembered before this process began is read from the table, so no restart changes it.

A detector's memory is filled when it is first heard of: what was stored shortly before that reading is judged again.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import asyncpg

from lotse_ingest.detectors import Detectors
from lotse_ingest.judge import Judge
from lotse_ingest.store import ACQUIRE_TIMEOUT_S
from lotse_shared.database import hanging_up, load_queries
from lotse_shared.reading import Reading

MOST_READINGS = 2_000
"""Of one detector; one that keeps to its interval needs about twenty."""


class Recollection:
    """Fills the memory of a judge."""

    def __init__(self, pool: "asyncpg.Pool[Any]", judge: Judge, detectors: Detectors) -> None:
        self._pool = pool
        self._judge = judge
        self._detectors = detectors
        self._sql = load_queries("lotse_ingest", "sql/judge.sql")

    async def recall(self, detector_ids: Iterable[str], readings: Iterable[Reading]) -> None:
        """Remember those of the registered detectors that are heard of for the first time, and their neighbours.

        Parameters
        ----------
        detector_ids
            All detectors of the readings.
        readings
            What is to be judged next; read only if there is somebody new.
        """
        new = {one for one in detector_ids if not self._judge.knows(one) and self._detectors.find(one) is not None}
        if new:
            first: dict[str, datetime] = {}
            for reading in readings:
                one = reading.detector_id
                if one in new:
                    first[one] = min(reading.measured_at, first.get(one, reading.measured_at))
            await self._fill(await self._with_neighbours(first))

    async def _with_neighbours(self, first: Mapping[str, datetime]) -> dict[str, datetime]:
        """Give from when on each detector is to be remembered."""
        lanes = {one: (one, *site.neighbours) for one in first if (site := self._detectors.find(one)) is not None}
        await self._detectors.learn({lane for group in lanes.values() for lane in group})
        since: dict[str, datetime] = {}
        for one, group in lanes.items():
            for lane in group:
                site = self._detectors.find(lane)
                if site is not None and not self._judge.knows(lane):
                    since[lane] = min(first[one] - site.memory, since.get(lane, first[one]))
        return since

    async def _fill(self, since: Mapping[str, datetime]) -> None:
        ids = sorted(since)
        moments = [since[detector_id] for detector_id in ids]
        async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            with hanging_up(connection):
                clocks = await connection.fetch(self._sql["recall_clocks"], ids)
                rows = await connection.fetch(self._sql["recall_readings"], ids, moments, min(moments), MOST_READINGS)
        skews_s = {row["detector_id"]: row["skew_s"] for row in clocks}
        for detector_id in ids:
            self._judge.recall_clock(detector_id, skews_s.get(detector_id))
        self._judge.recall((Reading(*values), was_failed) for *values, was_failed in rows)
