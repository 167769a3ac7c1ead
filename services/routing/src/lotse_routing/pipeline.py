"""The line of routing, one step after the other.

It feels readings, updates link state, derives weights, swaps in a snapshot, finds detours, decides what each sign
shows, and publishes it. The computing happens in a thread; requests read the snapshot that is in force meanwhile.
"""

import asyncio
from typing import Any, Literal

import asyncpg

from lotse_routing import metrics
from lotse_routing.compute import ComputeThread
from lotse_routing.core.topology import Topology
from lotse_routing.corridors.report import CorridorReport
from lotse_routing.feed import DataFeed, Feed, Listener, WallFeed
from lotse_routing.publish import Outcome, Publisher
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.changes import Written, link_news, written_before
from lotse_routing.state.sense import Sensed
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.steps import Decided, Felt, Stepper, Turn
from lotse_routing.telling import Faults, Withheld, tell_decisions, tell_what_is_sensed
from lotse_routing.town import Town
from lotse_routing.world import WorldReader
from lotse_shared.database import AWAY
from lotse_shared.log import OnChange, get_logger
from lotse_shared.settings import DatabaseSettings

log = get_logger(__name__)


class Planner:
    """Takes the turns that are due, as the leader or standing by, and publishes what the steps give."""

    def __init__(
        self,
        database: DatabaseSettings,
        pool: "asyncpg.Pool[Any]",
        clock: Literal["wall", "data"],
        settings: RoutingSettings,
    ) -> None:
        self._settings = settings
        self._reader = reader = WorldReader(settings)
        self._feed: Feed = WallFeed(pool, reader) if clock == "wall" else DataFeed(pool, reader, settings.loop)
        self._is_data_time = clock == "data"
        self._listener = Listener(database, self._feed.tables, settings.loop)
        self._publisher = Publisher(database, settings.loop)
        self._compute = ComputeThread()
        self._corridors = CorridorReport(settings.loop, self._compute)
        self.has_database = False
        self._stepper = Stepper(settings)
        self._has_read_profile = False
        self._written_links: frozenset[str] = frozenset()
        self._written: Written | None = None
        self._epoch = 1
        self._role = OnChange(log)
        self._health = OnChange(log)
        self._faults = Faults()
        self._withheld = Withheld()

    @property
    def snapshot(self) -> Snapshot | None:
        """What is known now, None before the first step."""
        return self._stepper.snapshot

    @property
    def town(self) -> Town | None:
        """The network in force, known before the first step; None while there is none."""
        return self._reader.town

    async def run(self, stop: asyncio.Event) -> None:
        """Make steps until `stop` is set. Whatever fails in one is told once and tried again."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listener.listen(stop), name="hints")
                while not stop.is_set():
                    hinted = await self._listener.wait()
                    if not await self._survives(hinted, stop):
                        self._listener.repeat(hinted)
        finally:
            self._publisher.resign()

    async def _survives(self, hinted: frozenset[str], stop: asyncio.Event) -> bool:
        try:
            await self._take_turns(hinted, stop)
        except Exception as error:  # noqa: BLE001 - a planner that gives up helps nobody; without a step, no heartbeat
            self._give_up_turn(error)
            await asyncio.sleep(self._settings.loop.hint_pause_s)
            return False
        self.has_database = True
        self._health.now("well", "taking turns")
        return True

    def _give_up_turn(self, error: Exception) -> None:
        is_away = isinstance(error, AWAY)
        self.has_database = not is_away
        metrics.TURN_FAILURES.labels("database" if is_away else "fault").inc()
        self._health.now(
            "database away" if is_away else f"fault {type(error).__name__}",
            "a turn failed, trying again",
            error=repr(error),
            exc_info=None if is_away else error,
        )
        self._publisher.resign()
        self._feed.pause()
        self._role.now("none", "not leading until the next turn succeeds")

    async def _take_turns(self, hinted: frozenset[str], stop: asyncio.Event) -> None:
        await self._lead_if_possible()
        steps = 0
        async for turn in self._feed.turns(hinted):
            await self._step(turn)
            steps += 1
            if stop.is_set():
                return
        is_beat_due = self._publisher.leads and self._publisher.is_beat_due(self._settings.loop.heartbeat_s)
        if is_beat_due and (steps > 0 or self._feed.is_up_to_date):
            self._epoch = await self._publisher.beat(
                self.snapshot.computed_until if self.snapshot else None,
                self.snapshot.topology.network_version if self.snapshot else None,
            )

    async def _lead_if_possible(self) -> None:
        if self._publisher.leads:
            return
        self._feed.pause()
        if not await self._publisher.try_lead():
            self._role.now("standby", "another process leads: standing by")
            if self.snapshot is not None:  # able to do better
                await self._publisher.stand_by()
            if not self._has_read_profile:
                await self._read_profile()
            return
        memory = await self._publisher.remember()
        self._corridors.forget()
        self._epoch = memory.epoch
        self._stepper.memory.decided = dict(memory.decisions)
        self._written_links, self._written = memory.links, None
        await self._read_profile()
        if self._is_data_time:
            self._stepper.memory.sensed = Sensed()
        self._feed.resume(memory.covers_until)
        self._role.now("leader", "leading", epoch=memory.epoch, decisions_in_force=len(memory.decisions))

    async def _read_profile(self) -> None:
        memory = self._stepper.memory
        memory.profile, memory.relearned = await self._publisher.read_profile(), frozenset()
        self._has_read_profile = True

    async def _step(self, turn: Turn) -> None:
        if self._publisher.is_profile_rebuilt:
            await self._read_profile()
        with metrics.STEP_SECONDS.time():
            felt = await self._compute.run(self._stepper.feel, turn)
            metrics.SNAPSHOT_AT.set_to_current_time()
            tell_what_is_sensed(felt.sensed, turn.now)
            if turn.taken_before or not self._publisher.leads:
                return
            decided = await self._compute.run(self._stepper.decide, turn, felt, self._epoch)
        self._faults.tell(decided.faults)
        self._withheld.tell(decided.decisions)
        await self._publish(turn, felt, decided)
        await self._corridors.follow(turn.world, self._publisher.connection)

    async def _publish(self, turn: Turn, felt: Felt, decided: Decided) -> None:
        memory, topology = self._stepper.memory, felt.snapshot.topology
        links = link_news(self._written_on(topology), felt.sensed.links, felt.estimates, turn.now, self._settings.loop)
        outcome = Outcome(
            covers_until=turn.now,
            network_version=topology.network_version,
            decisions=decided.news,
            link_states=links.measured,
            estimated_states=links.estimated,
            forgotten_links=links.forgotten,
            profile=memory.profile,
            relearned=memory.relearned,
        )
        if self._is_data_time or not outcome.is_empty:
            self._epoch = await self._publisher.publish(outcome)
            memory.relearned = frozenset()
        tell_decisions(decided, memory.decided)
        self._stepper.keep(decided)
        self._written = links.written

    def _written_on(self, topology: Topology) -> Written:
        """Tell what is written of the links of a network; of another one than before, only which rows there are."""
        if self._written is None or self._written.topology is not topology:
            links = self._written.links if self._written else self._written_links
            return written_before(links, topology)
        return self._written
