"""Reads a recorded period from the database, turn by turn, and lives it again: `lotse-routing replay`.

All is read in one read-only transaction, so a replay writes nothing, and what comes in meanwhile changes nothing of it.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import asyncpg

from lotse_routing.commands.learn_profile import learn_history
from lotse_routing.compute import ComputeThread
from lotse_routing.decide.decision import Decision
from lotse_routing.feed import readings_between
from lotse_routing.orders_store import read_past_locks
from lotse_routing.profile_store import load_profile
from lotse_routing.publish import read_decision
from lotse_routing.queries import QUERIES
from lotse_routing.replay.report import Kept, Period
from lotse_routing.replay.trial import Start, Trial
from lotse_routing.settings import EstimateSettings, RoutingSettings
from lotse_routing.state.profile import Profile, empty_profile, quarter_begin
from lotse_routing.steps import Turn
from lotse_routing.town import World
from lotse_routing.world import TABLES, WorldReader

MINUTE = timedelta(minutes=1)

Advance = Callable[[], None]
Progress = Callable[[int], AbstractContextManager[Advance]]
"""Shows how far it got, given the number of steps; gives what is called after each."""


class NothingToReplayError(LookupError):
    """There is no network, no sign, or nothing was measured; the message says which."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to live again: settings by name, the ones in force first, and the sign to draw, None for none."""

    since: datetime
    until: datetime
    settings: Mapping[str, RoutingSettings]
    drawn: str | None = None


@dataclass(frozen=True, slots=True)
class _Moments:
    """When steps were made: those only felt, to know what was known then, and those of the period."""

    felt_since: datetime
    felt: tuple[datetime, ...]
    taken: tuple[datetime, ...]
    is_by_watermark: bool

    def __iter__(self) -> Iterator[tuple[datetime, datetime, bool]]:
        """Give of each step from when to when its readings were measured, and whether it is felt only."""
        before = self.felt_since
        for now in self.felt + self.taken:
            yield before, now, now in self.felt
            before = now


async def replay_period(
    connection: asyncpg.Connection, task: Task, progress: Progress
) -> tuple[Period, tuple[Trial, ...]]:
    """Live a period again under each of the settings.

    Raises
    ------
    NothingToReplayError
        There is nothing to decide from, or nothing to decide.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        settings = next(iter(task.settings.values()))
        world = await _read_world(connection, task, settings)
        moments = await _read_moments(connection, task, settings)
        begin = moments.felt[-1] if moments.felt else moments.felt_since
        start = await _read_start(connection, begin, world, settings.estimate)
        trials = tuple(Trial(name, each, start, task.drawn) for name, each in task.settings.items())
        compute = ComputeThread()
        with progress(len(moments.felt) + len(moments.taken)) as advance:
            async for turn in _turns(connection, world, moments):
                for trial in trials:
                    await compute.run(trial.take, turn)
                advance()
        for trial in trials:
            trial.end(task.until)
        return await _describe(connection, task, world, moments, start), trials


async def _read_world(connection: asyncpg.Connection, task: Task, settings: RoutingSettings) -> World:
    world = await WorldReader(settings).read(connection, TABLES, task.since)
    if world is None:
        message = "no network is active: import one first"
        raise NothingToReplayError(message)
    signs = {sign.sign_id for sign in world.registry.signs}
    if not signs:
        message = "no sign is in service: there is nothing to decide"
        raise NothingToReplayError(message)
    if task.drawn is not None and task.drawn not in signs:
        message = f"there is no sign {task.drawn} in service to draw; there are: {', '.join(sorted(signs))}"
        raise NothingToReplayError(message)
    if not await connection.fetchval(QUERIES["has_readings_between"], task.since, task.until):
        message = f"nothing was measured from {task.since.isoformat()} to {task.until.isoformat()}"
        raise NothingToReplayError(message)
    orders = replace(world.rules.orders, locks=await read_past_locks(connection, task.since, task.until))
    return replace(world, rules=replace(world.rules, orders=orders))


async def _read_moments(connection: asyncpg.Connection, task: Task, settings: RoutingSettings) -> _Moments:
    """Find when steps were made: at the watermarks; where there are none, each minute stands for those of the wall.

    As after a restart, the readings of a bounded time before are felt again, without deciding.
    """
    read_back = timedelta(seconds=settings.loop.read_back_s)
    watermarks = await _watermarks(connection, task.since, task.until)
    if not watermarks:
        since = task.since - read_back // MINUTE * MINUTE
        return _Moments(since, _minutes(since, task.since), _minutes(task.since, task.until), is_by_watermark=False)
    begin = await connection.fetchval(QUERIES["watermark_before"], task.since)
    if begin is None:
        return _Moments(watermarks[0] - read_back, (), watermarks, is_by_watermark=True)
    felt = await _watermarks(connection, begin - read_back, begin)
    return _Moments(begin - read_back, felt, watermarks, is_by_watermark=True)


async def _watermarks(connection: asyncpg.Connection, since: datetime, until: datetime) -> tuple[datetime, ...]:
    rows = await connection.fetch(QUERIES["watermarks_between"], since, until)
    return tuple(row["covers_until"] for row in rows)


def _minutes(since: datetime, until: datetime) -> tuple[datetime, ...]:
    return tuple(since + number * MINUTE for number in range(1, (until - since) // MINUTE + 1))


async def _read_start(
    connection: asyncpg.Connection, begin: datetime, world: World, settings: EstimateSettings
) -> Start:
    rows = await connection.fetch(QUERIES["decisions_in_force_at"], begin)
    decided: dict[str, Decision] = {row["sign_id"]: read_decision(row) for row in rows}
    planner = await connection.fetchrow(QUERIES["read_planner"])
    epoch = planner["epoch"] if planner else 1
    profile = await load_profile(connection)
    if not profile.rows or profile.learned_until.max() <= begin.timestamp():
        return Start(decided, profile, epoch)
    profile = await _learn_until(connection, begin, world, settings)
    return Start(decided, profile, epoch, has_learned_anew=True)


async def _learn_until(
    connection: asyncpg.Connection, begin: datetime, world: World, settings: EstimateSettings
) -> Profile:
    """Learn what was usual by then from the history before: the profile of now knows what came after."""
    oldest = await connection.fetchval(QUERIES["first_reading_day"])
    until = quarter_begin(begin - timedelta(seconds=settings.profile_delay_s))
    if oldest is None or oldest >= until:
        return empty_profile()
    free_flow_kmh = world.town.free_flow_kmh
    history = await learn_history(connection, oldest, until, free_flow_kmh, settings, lambda days, _total: days)
    return history.learner.profile


async def _turns(connection: asyncpg.Connection, world: World, moments: _Moments) -> AsyncIterator[Turn]:
    for since, now, is_felt_only in moments:
        yield Turn(now, world, await readings_between(connection, since, now), taken_before=is_felt_only)


async def _describe(
    connection: asyncpg.Connection, task: Task, world: World, moments: _Moments, start: Start
) -> Period:
    rows = await connection.fetch(QUERIES["decisions_between"], task.since, task.until)
    version = world.town.topology.network_version
    networks = {row["network_version"] for row in rows}
    return Period(
        begins_at=task.since,
        ends_at=task.until,
        turns=len(moments.taken),
        is_by_watermark=moments.is_by_watermark,
        network_version=version,
        kept=[_kept(row) for row in rows] if moments.is_by_watermark else None,
        notes=tuple(_notes(start, networks - {version})),
    )


def _kept(row: asyncpg.Record) -> Kept:
    said = tuple(row["lines"]), row["explanation"], tuple(row["detours"])
    return Kept(row["sign_id"], row["decided_at"], row["state"], *said)


def _notes(start: Start, other_networks: set[str]) -> Iterator[str]:
    """Say where this replay cannot be the life of then."""
    if other_networks:
        yield f"decided then on another network than the active one: {', '.join(sorted(other_networks))}"
    if start.has_learned_anew:
        yield "what was usual then was learned anew from the readings stored before"
