"""Writes what was decided, on the connection that holds the planner's advisory lock.

So there is one planner at a time without any clock being trusted: a leader that is cut off cannot write, because what
it would write on is what it has lost. Whoever else wants to lead stands by and tries again.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from lotse_routing.decide.advice import SignState
from lotse_routing.decide.approval import Proposal
from lotse_routing.decide.decision import Decision
from lotse_routing.decide.display import Display
from lotse_routing.decide.events import Event, read_as_told, read_event, write_event
from lotse_routing.decide.explanation import tell_events
from lotse_routing.decide.modes import Authority
from lotse_routing.metrics import DECISIONS, IS_LEADER, PROFILE_LINKS, PUBLISH_SECONDS, UNREADABLE_DECISIONS
from lotse_routing.orders_store import read_proposals, save_proposals, tell_suspended
from lotse_routing.profile_store import load_profile, save_profile
from lotse_routing.queries import QUERIES
from lotse_routing.settings import LoopSettings
from lotse_routing.standby import LeaderWatch
from lotse_routing.state.estimate import LinkState
from lotse_routing.state.profile import LinkDay, Profile
from lotse_shared.database import connect
from lotse_shared.log import get_logger
from lotse_shared.settings import DatabaseSettings

PLANNER_LOCK_KEY = 0x1075E_0001
"""Any number that no other program uses on this database."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a leader knows of the one before: epoch, how far it got, decisions in force by sign, links with a state."""

    epoch: int
    covers_until: datetime | None
    decisions: Mapping[str, Decision]
    links: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step has to write: news only. `relearned` are the links and weekdays of the profile that changed.

    Measured states go into history, too; estimates do not.
    """

    covers_until: datetime
    network_version: str
    decisions: tuple[Decision, ...]
    link_states: tuple[LinkState, ...]
    estimated_states: tuple[LinkState, ...]
    forgotten_links: tuple[str, ...]
    profile: Profile
    relearned: frozenset[LinkDay]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is new but the time."""
        news = (self.decisions, self.link_states, self.estimated_states, self.forgotten_links, self.relearned)
        return not any(news)


class NotLeadingError(RuntimeError):
    """The planner's lock is not held by this process (any more)."""


class RestoredError(RuntimeError):
    """The database is no longer what this leader knows: a backup was loaded under it. Lead anew, from what is there."""


class Publisher:
    """The planner's one connection: leads, remembers, writes, beats."""

    def __init__(self, database: DatabaseSettings, settings: LoopSettings) -> None:
        self._database = database
        self._watch = LeaderWatch(PLANNER_LOCK_KEY, settings.hung_after_beats * settings.heartbeat_s)
        self._connection: asyncpg.Connection | None = None
        self._leads = False
        self._beaten_at = 0.0
        self._partition_day: date | None = None
        self._profile_generation: int | None = None
        self._generation_told: int | None = None

    @property
    def leads(self) -> bool:
        """Tell whether this process holds the lock, as far as it knows."""
        return self._leads and self._connection is not None and not self._connection.is_closed()

    @property
    def is_profile_rebuilt(self) -> bool:
        """Tell whether `lotse-routing learn-profile` has replaced the profile since it was read."""
        return self._generation_told is not None and self._generation_told != self._profile_generation

    async def try_lead(self) -> bool:
        """Take the lock if it is free. Tell whether this process leads now.

        Raises
        ------
        lotse_shared.database.AWAY
            The database is away.
        """
        if self.leads:
            return True
        if self._connection is None or self._connection.is_closed():
            self.resign()
            self._connection = await connect(self._database, "lotse-routing-planner")
            await self._connection.execute(QUERIES["notice_lost_peers"])
        self._leads = bool(await self._connection.fetchval(QUERIES["try_lead"], PLANNER_LOCK_KEY))
        IS_LEADER.set(self._leads)
        return self._leads

    async def stand_by(self) -> None:
        """Look after the leader: one that hangs is ended, so that the next try can succeed."""
        if self._connection is not None:
            await self._watch.look(self._connection)

    def resign(self) -> None:
        """Let go of the lock, whatever state the connection is in."""
        if self._connection is not None:
            self._connection.terminate()
        self._connection, self._leads, self._beaten_at = None, False, 0.0
        IS_LEADER.set(0)

    async def remember(self) -> Memory:
        """Read what the leader before left."""
        connection = self._held()
        await connection.execute(QUERIES["ensure_planner"])
        raised = await connection.fetchval(QUERIES["follow_lineage"])
        if raised is not None:
            log.warning("the database was restored or moved: signs get a new epoch", epoch=raised)
        planner = await connection.fetchrow(QUERIES["read_planner"])
        rows = await connection.fetch(QUERIES["newest_decisions"])
        links = await connection.fetch(QUERIES["written_links"])
        proposals = await read_proposals(connection)
        assert planner is not None  # noqa: S101 - ensured above
        return Memory(
            planner["epoch"],
            planner["covers_until"],
            {row["sign_id"]: read_decision(row, proposals.get(row["sign_id"])) for row in rows},
            frozenset(row["link_id"] for row in links),
        )

    async def read_profile(self) -> Profile:
        """Read the profile as it is stored now."""
        assert self._connection is not None  # noqa: S101 - opened by try_lead
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            self._profile_generation = await self._connection.fetchval(QUERIES["profile_generation"])
            profile = await load_profile(self._connection)
        self._generation_told = self._profile_generation
        PROFILE_LINKS.set(len(profile.rows))
        return profile

    async def publish(self, outcome: Outcome) -> int:
        """Write decisions, link states and how far they are computed, all or nothing; it is a heartbeat too.

        Returns the epoch, which rises when a backup was restored.

        Raises
        ------
        RestoredError
            It was restored under this leader. Nothing is written.
        """
        connection = self._held()
        with PUBLISH_SECONDS.time():
            async with connection.transaction():
                await connection.executemany(QUERIES["insert_decision"], [_row(d) for d in outcome.decisions])
                await save_proposals(connection, outcome.decisions)
                await tell_suspended(connection, outcome.decisions)
                await self._write_links(connection, outcome)
                epoch = await self._beat(connection, outcome.covers_until, outcome.network_version)
                if outcome.relearned and not self.is_profile_rebuilt:
                    await save_profile(connection, outcome.profile, outcome.relearned)
        self._beaten_at = time.monotonic()
        PROFILE_LINKS.set(len(outcome.profile.rows))
        self._partition_day = _utc_day(outcome) if outcome.link_states else self._partition_day
        for decision in outcome.decisions:
            DECISIONS.labels(decision.state.value).inc()
        return epoch

    @property
    def connection(self) -> asyncpg.Connection:
        """The connection that holds the lock: what is written elsewhere on behalf of the leader is written on it.

        Raises
        ------
        NotLeadingError
            This process does not lead.
        """
        return self._held()

    def is_beat_due(self, every_s: float) -> bool:
        """Tell whether the last heartbeat was that long ago, on the wall."""
        return time.monotonic() - self._beaten_at >= every_s

    async def beat(self, covers_until: datetime | None, network_version: str | None) -> int:
        """Tell that this planner is alive, and how far it got. Returns the epoch, as `publish` does."""
        epoch = await self._beat(self._held(), covers_until, network_version)
        self._beaten_at = time.monotonic()
        return epoch

    async def _beat(
        self, connection: asyncpg.Connection, covers_until: datetime | None, network_version: str | None
    ) -> int:
        row = await connection.fetchrow(QUERIES["beat"], covers_until, network_version)
        assert row is not None  # noqa: S101 - ensured when the lead was taken
        if not row["is_same_course"]:
            raise RestoredError(RestoredError.__doc__)
        self._generation_told = row["profile_generation"]
        epoch: int = row["epoch"]
        return epoch

    def _held(self) -> asyncpg.Connection:
        if not self.leads or self._connection is None:
            raise NotLeadingError(self.__doc__)
        return self._connection

    async def _write_links(self, connection: asyncpg.Connection, outcome: Outcome) -> None:
        if outcome.link_states:
            if _utc_day(outcome) != self._partition_day:
                await connection.execute(QUERIES["ensure_history_partition"], _utc_day(outcome))
            rows = [_link_row(state) for state in outcome.link_states]
            await connection.execute(QUERIES["upsert_link_states"], rows)
            await connection.execute(QUERIES["insert_link_history"], rows, outcome.covers_until)
        if outcome.estimated_states:
            await connection.execute(
                QUERIES["upsert_link_states"], [_link_row(state) for state in outcome.estimated_states]
            )
        if outcome.forgotten_links:
            await connection.execute(QUERIES["delete_link_states"], list(outcome.forgotten_links))


def _utc_day(outcome: Outcome) -> date:
    return outcome.covers_until.astimezone(UTC).date()


def _row(decision: Decision) -> tuple[Any, ...]:
    authority = decision.authority
    suspended = tell_events(authority.suspended)
    return (
        decision.sign_id,
        decision.display.epoch,
        decision.display.seq,
        decision.state.value,
        list(decision.lines),
        decision.explanation,
        dict(decision.explanations),
        decision.decided_at,
        decision.sensed_at,
        decision.network_version,
        list(decision.detours),
        decision.display.body,
        decision.display.etag,
        authority.source,
        tell_events(authority.why)["en"],
        authority.shows_detours,
        suspended["en"],
        list(authority.grounds),
        {"why": list(map(write_event, authority.why)), "suspended": list(map(write_event, authority.suspended))},
        suspended if authority.suspended else {},
    )


def _link_row(state: LinkState) -> dict[str, Any]:
    return {
        "link_id": state.link_id,
        "observed_at": state.observed_at.isoformat(),
        "speed_kmh": state.speed_kmh,
        "level_of_service": state.level_of_service.value,
        "confidence": state.confidence,
        "source": state.source,
        "detectors": list(state.detectors),
    }


def read_decision(row: asyncpg.Record, proposal: Proposal | None = None) -> Decision:
    """Read a decision back. One that cannot be read still gives its number, so that `seq` goes on from it."""
    return Decision(
        sign_id=row["sign_id"],
        state=SignState(row["state"]),
        lines=tuple(row["lines"]),
        explanations={"en": row["explanation"]} | row["explanations"],
        decided_at=row["decided_at"],
        sensed_at=row["sensed_at"],
        network_version=row["network_version"],
        detours=tuple(_readable(row["sign_id"], row["detours"])),
        display=Display(row["epoch"], row["seq"], row["body"]),
        delays_min=_delays_min(row["body"]),
        authority=Authority(
            row["source"],
            _read_events(row, "why"),
            row["shows_detours"],
            _read_events(row, "suspended"),
            tuple(row["grounds"]),
            proposal,
        ),
    )


def _read_events(row: asyncpg.Record, name: str) -> tuple[Event, ...]:
    """Read what happened; of a decision of before there are its English words alone."""
    if row["events"] is None:
        return read_as_told(row[name] or "")
    return tuple(map(read_event, row["events"][name]))


def _readable(sign_id: str, detours: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for detour in detours:
        if {"destination", "state", "normal", "shown", "corridor", "since", "told"} <= detour.keys():
            yield detour
        else:
            UNREADABLE_DECISIONS.inc()
            log.warning("a decision of another version is not continued", sign=sign_id, keys=sorted(detour))


def _delays_min(body: bytes) -> dict[str, int]:
    try:
        return {way["id"]: way["delay_min"] for way in json.loads(body)["destinations"]}
    except (ValueError, KeyError, TypeError):
        UNREADABLE_DECISIONS.inc()
        return {}
