"""Keeps what the gateway holds in memory like the tables it comes from."""

import asyncio
import json
from collections.abc import Iterable
from datetime import datetime

import asyncpg

from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.metrics import DECISION_DELAY_S, HEARTBEAT_AT, MEMORY_READS, SENSOR_TO_SIGN_S, UNREADABLE_DECISIONS
from lotse_gateway.recall.memory import Display, Reasons
from lotse_gateway.resources import Resources
from lotse_shared.clock import DataClock, WallClock
from lotse_shared.hints import Hints
from lotse_shared.log import OnChange, get_logger
from lotse_shared.problems import Unavailable
from lotse_shared.settings import DatabaseSettings

APPLICATION = "lotse-gateway"
SIGN_TABLES = frozenset({"sign", "decision", "planner"})
TICK_S = 5.0
PAUSE_S = 0.02
"""A decision is served this much later at worst when decisions come in a burst; signs poll every few seconds."""

_WALL = WallClock()
log = get_logger(__name__)


class Feed:
    """Re-reads at every hint, and everything at every tick. While the database is away, what is held stays held."""

    def __init__(self, resources: Resources, database: DatabaseSettings) -> None:
        self._resources = resources
        self._database = database
        self._state = OnChange(log)
        self._unreadable = OnChange(log)
        self._newest: tuple[int | None, int | None] | None = None
        """Epoch and id of the newest decision read."""
        self._fed_at: datetime | None = None
        """When the database was heard of last; while it never was, when it was missed first."""

    @property
    def tables(self) -> frozenset[str]:
        """The tables it listens for."""
        of_the_clock = {"watermark"} if isinstance(self._resources.clock, DataClock) else set()
        return SIGN_TABLES | {"api_key"} | of_the_clock

    async def run(self, stop: asyncio.Event) -> None:
        """Feed until `stop` is set."""
        hints = Hints(self._database, APPLICATION, self.tables, stop, tick_s=TICK_S, pause_s=PAUSE_S)
        async for tables in hints:
            try:
                await self.read(tables)
            except (Unavailable, asyncpg.PostgresError) as error:  # whatever the database says, signs go on
                MEMORY_READS.labels("failed").inc()
                self._state.now("away", "memory not refreshed, serving what is held", error=str(error))
                self._note_absence()
            else:
                MEMORY_READS.labels("read").inc()
                self._state.now("fed", "memory fed")

    def _note_absence(self) -> None:
        """Tell what serves from the memory; keys that may have been revoked long since open nothing any more."""
        since = self._fed_at or _WALL.now()
        self._fed_at = since
        self._resources.memory.database_away_since = since
        if _age_s(since) > self._resources.settings.key_memory_s:
            self._resources.keys.forget()

    async def read(self, tables: Iterable[str]) -> None:
        """Read what these tables feed.

        Raises
        ------
        Unavailable
            The database is away.
        """
        hinted = frozenset(tables)
        if "watermark" in hinted:
            await self._read_clock()
        if "api_key" in hinted:
            await self._read_keys()
        if hinted & SIGN_TABLES:
            await self._read_signs(hinted)
        self._fed_at, self._resources.memory.database_away_since = _WALL.now(), None

    async def _read_clock(self) -> None:
        row = await self._resources.feeding.row("get_newest_watermark")
        if isinstance(self._resources.clock, DataClock) and row is not None and row["covers_until"] is not None:
            self._resources.clock.advance(row["covers_until"])

    async def _read_keys(self) -> None:
        self._resources.keys.replace([_key(row) for row in await self._resources.feeding.rows("list_keys")])

    async def _read_signs(self, hinted: frozenset[str]) -> None:
        """Take a heartbeat over only with the decisions it vouches for, so that it never freshens an older one."""
        database, memory = self._resources.feeding, self._resources.memory
        planner = await database.row("get_planner")
        newest = None if planner is None else (planner["epoch"], planner["newest_decision_id"])
        if hinted != {"planner"} or newest != self._newest:
            signs = await database.rows("list_signs_held")
            rows = await database.rows("list_newest_decisions", *memory.held)
            memory.replace_signs({row["sign_id"]: row["is_retired"] for row in signs})
            memory.keep([self._display(row) for row in rows])
            self._newest = newest
        if planner is not None and planner["heartbeat_at"] is not None:
            memory.heartbeat_at, memory.covers_until = planner["heartbeat_at"], planner["covers_until"]
            memory.epoch = planner["epoch"]
            HEARTBEAT_AT.set(planner["heartbeat_at"].timestamp())
        memory.is_loaded = True

    def _display(self, row: asyncpg.Record) -> Display:
        ttl_s = read_ttl_s(row["body"])
        if ttl_s is None:
            UNREADABLE_DECISIONS.inc()
            self._unreadable.now(row["sign_id"], "decision without ttl_s, not served", decision_id=row["decision_id"])
        if self._resources.memory.is_loaded and self._resources.clock_name == "wall":
            DECISION_DELAY_S.observe(max(0.0, _age_s(row["decided_at"])))
            if row["sensed_at"] is not None:
                SENSOR_TO_SIGN_S.observe(max(0.0, _age_s(row["sensed_at"])))
        return Display(row["sign_id"], row["decision_id"], row["body"], row["etag"], ttl_s or 0.0, _reasons(row))


def _reasons(row: asyncpg.Record) -> Reasons:
    names = ("decided_at", "source", "shows_detours", "explanation", "explanations", "detours")
    return Reasons(destinations=tuple(row["destinations"]), **{name: row[name] for name in names})


def read_ttl_s(body: bytes) -> float | None:
    """Give how long a display may live without a heartbeat, None where its body does not say."""
    try:
        ttl_s = json.loads(body)["ttl_s"]
    except (ValueError, KeyError, TypeError):
        return None
    return float(ttl_s) if isinstance(ttl_s, int | float) else None


def _age_s(moment: datetime) -> float:
    return (_WALL.now() - moment).total_seconds()


def _key(row: asyncpg.Record) -> ApiKey:
    known = {scope.value for scope in Scope}
    scopes = frozenset(Scope(scope) for scope in row["scopes"] if scope in known)
    return ApiKey(
        row["key_id"], row["name"], row["secret_sha256"], scopes, row["sign_id"], row["expires_at"], row["revoked_at"]
    )
