"""Watching: what judgement learned of detectors is saved, and their silence told (R8), by one alarm for one cause.

Every replica saves; one at a time watches, on Lotse's clock. All that it goes by is in the database, so that it does
not matter which one that is. Nobody is blamed for a silence in which we did not listen.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from lotse_ingest.judge import Health, Judge
from lotse_ingest.metrics import Metrics
from lotse_ingest.settings import IngestSettings
from lotse_ingest.silence import Alarm, FleetLimits, Kind, Overdue, Slot, judge_intake, judge_silence, listening_since
from lotse_ingest.store import ACQUIRE_TIMEOUT_S
from lotse_shared.clock import DataClock
from lotse_shared.database import AWAY, load_queries
from lotse_shared.log import OnChange, get_logger

ADVISORY_LOCK_KEY = 0x10760  # any number that no other program uses on this database
UNSEEN_LOOKS = 3
"""A replica that missed so many looks is away; and no detector is silent within them, however short its interval."""

SLICE = 2_000
"""Detectors saved in one statement."""

log = get_logger(__name__)


class Watch:
    """Looks every `watch_every_s`, while the database is there.

    Parameters
    ----------
    is_listening
        Tells whether this replica is subscribed, keeps up, and reaches the database.
    data_clock
        None in wall time.
    """

    def __init__(  # noqa: PLR0913 - what is watched
        self,
        *,
        pool: "asyncpg.Pool[Any]",
        judge: Judge,
        is_listening: Callable[[], bool],
        settings: IngestSettings,
        data_clock: DataClock | None,
        metrics: Metrics,
    ) -> None:
        self._pool = pool
        self._judge = judge
        self._is_listening = is_listening
        self._settings = settings
        self._data_clock = data_clock
        self._metrics = metrics
        self._sql = load_queries("lotse_ingest", "sql/judge.sql")
        self._unseen = timedelta(seconds=UNSEEN_LOOKS * settings.watch_every_s)
        self._unsaved: dict[str, Health] = {}
        self._clocks_off: set[str] = set()
        self._is_new = True
        self._state = OnChange(log)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set. What cannot be saved now is saved later."""
        while not stop.is_set():
            try:
                await self.look()
            except AWAY as error:
                self._state.now("away", "detectors are not watched", error=f"{type(error).__name__}: {error}")
            else:
                self._state.now("there", "detectors are watched")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._settings.watch_every_s)

    async def look(self) -> None:
        """Save what was learned, and raise and clear alarms. Raises what `AWAY` lists."""
        now = (
            self._data_clock.now() if self._data_clock else datetime.now(UTC)
        )  # before what was heard: see _save_health
        is_listening = self._is_listening() and not self._is_new
        async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            await self._save_health(connection)
            await connection.execute(self._sql["report_slot"], self._settings.slot, is_listening, self._unseen)
            self._is_new = False
            if now is not None:
                async with connection.transaction():
                    if await connection.fetchval(self._sql["try_watch"], ADVISORY_LOCK_KEY):
                        await self._watch(connection, now)

    async def _save_health(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's pool proxy
        """Save what was heard up to now, slice by slice, so that nothing else waits for long.

        What is heard while it goes on may be saved or not: a detector never looks more silent than it is, as long as
        the moment to which its silence is counted lies before.
        """
        detectors = self._judge.list_detectors()
        for begin in range(0, len(detectors), SLICE):
            self._take_health(detectors[begin : begin + SLICE])
            if self._unsaved:
                await connection.execute(self._sql["save_health"], *_columns(self._unsaved))
                self._unsaved.clear()
        self._metrics.clocks_off.set(len(self._clocks_off))

    def _take_health(self, detector_ids: Sequence[str]) -> None:
        window = timedelta(seconds=self._settings.skew_window_s)
        for one in self._judge.take_health(detector_ids, datetime.now(UTC), window):
            self._unsaved[one.detector_id] = one
            (self._clocks_off.add if one.is_clock_off else self._clocks_off.discard)(one.detector_id)

    async def _watch(self, connection: Any, now: datetime) -> None:  # noqa: ANN401 - asyncpg's pool proxy
        rows = await connection.fetch(self._sql["list_slots"], self._unseen)
        slots = [Slot(row["slot"], row["is_listening"], row["since"]) for row in rows]
        patience = timedelta(seconds=self._settings.intake_away_s)
        if alarm := judge_intake(slots, rows[0]["now"], patience):
            await self._raise(connection, [alarm], now)
        if since := listening_since(slots):
            await self._clear(connection, "intake_away", [], now)
            await self._watch_silence(connection, now, None if self._data_clock else since)

    async def _watch_silence(self, connection: Any, now: datetime, since: datetime | None) -> None:  # noqa: ANN401
        settings = self._settings
        least_s = 0.0 if self._data_clock else self._unseen.total_seconds()
        rows = await connection.fetch(
            self._sql["list_overdue"], now, settings.silent_intervals, least_s, since, self._data_clock is not None
        )
        overdue = [Overdue(*row[:-1]) for row in map(tuple, rows)]
        silent = [one for one in overdue if one.is_silent]
        self._metrics.detectors_silent.set(len(silent))
        moments = [one.heard_at for one in silent]
        await connection.execute(self._sql["mark_silent"], [one.detector_id for one in silent], moments)
        await self._clear(connection, "silent_detector", [one.detector_id for one in overdue], now)
        findings = judge_silence(
            overdue,
            rows[0]["speaking"] if rows else 0,
            FleetLimits(settings.fleet_minimum, settings.fleet_share_pct),
            has_fleet_alarm=await connection.fetchval(self._sql["has_open_alarm"], "silent_fleet"),
        )
        if findings.is_fleet_back:
            await self._clear(connection, "silent_fleet", [], now)
        await self._raise(connection, findings.alarms, now)

    async def _raise(self, connection: Any, alarms: Sequence[Alarm], now: datetime) -> None:  # noqa: ANN401
        columns = [[getattr(alarm, name) for alarm in alarms] for name in ("kind", "subject", "message")]
        raised = await connection.fetch(self._sql["raise_alarms"], *columns, now) if alarms else []
        self._tell("alarm raised", raised)
        for row in raised:
            self._metrics.alarms.labels(row["kind"]).inc()

    async def _clear(self, connection: Any, kind: Kind, but_for: Sequence[str], now: datetime) -> None:  # noqa: ANN401
        self._tell("alarm cleared", await connection.fetch(self._sql["clear_alarms"], kind, but_for, now))

    @staticmethod
    def _tell(event: str, rows: Iterable[Any]) -> None:
        for row in rows:
            log.warning(event, kind=row["kind"], subject=row["subject"], message=row["message"])


def _columns(health: Mapping[str, Health]) -> list[list[Any]]:
    """Give them as columns, for unnest, by detector: writers that lock rows in one order do not deadlock."""
    wall = datetime.now(UTC)
    rows = [
        (one.detector_id, one.last_received_at or wall, one.last_measured_at, one.skew_s, one.is_clock_off)
        for _, one in sorted(health.items())
    ]
    return [list(column) for column in zip(*rows, strict=True)]
