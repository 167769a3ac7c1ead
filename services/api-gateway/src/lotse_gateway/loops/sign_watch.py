"""Watching signs: what they confirm is counted, and what a person should know of them becomes an alarm.

Every gateway looks; one at a time raises and clears. Nobody is blamed for a silence in which we did not listen: how
long a sign has been unconfirmed is counted on the wall, from our own first look at it since the database was there.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import get_args

import asyncpg

from lotse_gateway.database import Session
from lotse_gateway.metrics import SIGN_ALARMS, SIGNS
from lotse_gateway.models.displays import ConfirmationState
from lotse_gateway.recall.unconfirmed import Alarm, Kind, Limits, Seen, judge_signs
from lotse_gateway.resources import Resources
from lotse_shared.log import OnChange, get_logger
from lotse_shared.problems import Unavailable

ADVISORY_LOCK_KEY = 0x10761  # any number that no other program uses on this database
KINDS = list(get_args(Kind))

log = get_logger(__name__)


class SignWatch:
    """Looks every `watch_signs_every_s`, while the database is there."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._settings = resources.settings
        self._unconfirmed_since_s: dict[str, float] = {}
        self._state = OnChange(log)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set."""
        while not stop.is_set():
            try:
                await self.look()
            except (Unavailable, asyncpg.PostgresError) as error:
                self._unconfirmed_since_s.clear()
                self._state.now("away", "signs are not watched", error=str(error))
            else:
                self._state.now("there", "signs are watched")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._settings.watch_signs_every_s)

    async def look(self) -> None:
        """Count, raise and clear.

        Raises
        ------
        Unavailable
            The database is away.
        """
        now = self._resources.clock.now()
        async with self._resources.watching.transaction() as session:
            rows = await session.rows("list_confirmations", now, self._settings.confirm_within_polls)
            self._resources.copies.confirmations = {row["sign_id"]: dict(row) for row in rows}
            self._count(rows)
            signs = self._see(rows, time.monotonic())
            lock = await session.row("try_watch_signs", ADVISORY_LOCK_KEY)
            if now is not None and lock is not None and lock["is_ours"]:
                await self._tell(session, signs, now)

    def _count(self, rows: Sequence[asyncpg.Record]) -> None:
        counts = Counter(row["state"] for row in rows)
        for state in get_args(ConfirmationState):
            SIGNS.labels(state).set(counts[state])

    def _see(self, rows: Sequence[asyncpg.Record], now_s: float) -> list[Seen]:
        since_s = self._unconfirmed_since_s
        self._unconfirmed_since_s = {
            row["sign_id"]: since_s.get(row["sign_id"], now_s) for row in rows if row["state"] == "unconfirmed"
        }
        return [self._seen(row, now_s) for row in rows]

    def _seen(self, row: asyncpg.Record, now_s: float) -> Seen:
        since_s = self._unconfirmed_since_s.get(row["sign_id"])
        is_overdue = since_s is not None and now_s - since_s >= self._settings.unconfirmed_after_s
        return Seen(row["sign_id"], row["state"], row["acknowledged_at"], tuple(row["faults"] or ()), is_overdue)

    async def _tell(self, session: Session, signs: Sequence[Seen], now: datetime) -> None:
        up = frozenset((row["kind"], row["subject"]) for row in await session.rows("list_sign_alarms", KINDS))
        findings = judge_signs(signs, up, Limits(self._settings.many_signs, self._settings.many_signs_pct))
        if findings.cleared:
            columns = [list(column) for column in zip(*findings.cleared, strict=True)]
            _log("alarm cleared", await session.rows("clear_sign_alarms", *columns, now))
        if findings.raised:
            raised = await session.rows("raise_sign_alarms", *_columns(findings.raised), now)
            _log("alarm raised", raised)
            for row in raised:
                SIGN_ALARMS.labels(row["kind"]).inc()


def _columns(alarms: Sequence[Alarm]) -> list[list[str]]:
    return [[getattr(alarm, name) for alarm in alarms] for name in ("kind", "subject", "message")]


def _log(event: str, rows: Iterable[asyncpg.Record]) -> None:
    for row in rows:
        log.warning(event, kind=row["kind"], subject=row["subject"], message=row["message"])
