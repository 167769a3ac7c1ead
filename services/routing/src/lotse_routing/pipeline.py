"""The line of routing, one step after the other.

It feels readings, updates link state, derives weights, swaps in a snapshot, finds detours, decides what each sign
shows, and publishes it. The computing happens in a thread; requests read the snapshot that is in force meanwhile.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

import asyncpg

from lotse_routing import metrics
from lotse_routing.compute import ComputeThread
from lotse_routing.core.topology import Topology
from lotse_routing.corridors.report import CorridorReport
from lotse_routing.decide.candidates import Trees, trees_of
from lotse_routing.decide.decision import Decision, Step, is_news
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.signs import decide_signs
from lotse_routing.feed import DataFeed, Feed, Listener, Turn, WallFeed
from lotse_routing.publish import Outcome, Publisher
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.background import Background, Estimates
from lotse_routing.state.changes import Written, link_news, written_before
from lotse_routing.state.profile import LinkDay, Profile, empty_profile
from lotse_routing.state.quarters import learn
from lotse_routing.state.roadwork import active_roadworks
from lotse_routing.state.sense import Sensed, sense
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.state.weights import derive_weights
from lotse_routing.telling import Faults, Withheld, tell_decisions, tell_what_is_sensed
from lotse_routing.world import Town, WorldReader
from lotse_shared.database import AWAY
from lotse_shared.log import OnChange, get_logger
from lotse_shared.settings import DatabaseSettings

log = get_logger(__name__)


class Planner:
    """Makes the steps, as the leader or standing by. `snapshot` is what is known now, None before the first step."""

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
        self._publisher = Publisher(database)
        self._compute = ComputeThread()
        self._corridors = CorridorReport(settings.loop, self._compute)
        self.snapshot: Snapshot | None = None
        self.has_database = False
        self._sensed = Sensed()
        self._usual: Trees | None = None
        self._current: Trees | None = None
        self._decided: dict[str, Decision] = {}
        self._profile: Profile = empty_profile()
        self._relearned: frozenset[LinkDay] = frozenset()
        self._has_read_profile = False
        self._background = Background(settings.estimate)
        self._written_links: frozenset[str] = frozenset()
        self._written: Written | None = None
        self._epoch = 1
        self._role = OnChange(log)
        self._health = OnChange(log)
        self._faults = Faults()
        self._withheld = Withheld()

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
            if not self._has_read_profile:
                await self._read_profile()
            return
        memory = await self._publisher.remember()
        self._corridors.forget()
        self._epoch = memory.epoch
        self._decided = dict(memory.decisions)
        self._written_links, self._written = memory.links, None
        await self._read_profile()
        if self._is_data_time:
            self._sensed = Sensed()
        self._feed.resume(memory.covers_until)
        self._role.now("leader", "leading", epoch=memory.epoch, decisions_in_force=len(memory.decisions))

    async def _read_profile(self) -> None:
        self._profile = await self._publisher.read_profile()
        self._relearned, self._has_read_profile = frozenset(), True

    async def _step(self, turn: Turn) -> None:
        if self._publisher.is_profile_rebuilt:
            await self._read_profile()
        with metrics.STEP_SECONDS.time():
            self._sensed, estimates, snapshot = await self._compute.run(self._feel, turn)
            self.snapshot = snapshot
            tell_what_is_sensed(self._sensed, turn.now)
            if turn.taken_before or not self._publisher.leads:
                return
            step = self._moment_of(turn, snapshot)
            decisions, faults = await self._compute.run(decide_signs, step, self._decided)
        self._faults.tell(faults)
        self._withheld.tell(decisions)
        await self._publish(turn, snapshot, estimates, decisions)
        await self._corridors.follow(turn.world, self._publisher.connection)

    def _feel(self, turn: Turn) -> tuple[Sensed, Estimates, Snapshot]:
        """Feel the readings, update link state, derive weights, and make the snapshot of them."""
        town, settings = turn.world.town, self._settings
        sensed = sense(
            self._sensed,
            turn.readings,
            turn.world.places,
            town.free_flow_kmh,
            now=turn.now,
            settings=settings.estimate,
        )
        self._learn(sensed, town.free_flow_kmh)
        estimates = self._background.estimate(
            town.topology, turn.world.places, sensed.detectors, self._profile, turn.now
        )
        roadworks = active_roadworks(turn.world.roadworks, turn.now)
        weights = derive_weights(
            town.topology,
            town.factors,
            tuple(sensed.links.values()),
            estimates.travel_times_s,
            roadworks,
            settings.estimate,
        )
        snapshot = Snapshot(
            version=self.snapshot.version + 1 if self.snapshot else 1,
            computed_until=turn.now,
            topology=town.topology,
            base=town.base,
            weights=weights,
            typical_times_s=estimates.typical_times_s,
            typical_at=estimates.typical_at,
            links={town.topology.index[link_id]: state for link_id, state in sensed.links.items()},
            roadworks=roadworks,
            graph=town.graphs.current(weights.costs_s, turn.now),
            usual=town.graphs.usual(turn.now),
            graphs=town.graphs,
        )
        return sensed, estimates, snapshot

    def _learn(self, sensed: Sensed, free_flow_kmh: Mapping[str, float]) -> None:
        self._profile, changed = learn(self._profile, sensed.quarters, free_flow_kmh, self._settings.estimate)
        self._relearned |= changed

    def _moment_of(self, turn: Turn, snapshot: Snapshot) -> Step:
        self._usual = trees_of(snapshot.usual, self._usual)
        self._current = trees_of(snapshot.graph, self._current)
        moment = Moment(
            now=turn.now,
            snapshot=snapshot,
            registry=turn.world.registry,
            usual=self._usual,
            current=self._current,
            settings=self._settings.policy,
        )
        return Step(moment, self._settings.display, self._epoch, self._sensed.newest, turn.world.rules)

    async def _publish(
        self, turn: Turn, snapshot: Snapshot, estimates: Estimates, decisions: Mapping[str, Decision]
    ) -> None:
        again_s = self._settings.display.explain_again_s
        news = tuple(d for sign_id, d in decisions.items() if is_news(d, self._decided.get(sign_id), again_s))
        links = link_news(
            self._written_on(snapshot.topology), self._sensed.links, estimates, turn.now, self._settings.loop
        )
        outcome = Outcome(
            covers_until=turn.now,
            network_version=snapshot.topology.network_version,
            decisions=news,
            link_states=links.measured,
            estimated_states=links.estimated,
            forgotten_links=links.forgotten,
            profile=self._profile,
            relearned=self._relearned,
        )
        if self._is_data_time or not outcome.is_empty:
            self._epoch = await self._publisher.publish(outcome)
            self._relearned = frozenset()
        self._decided.update({decision.sign_id: decision for decision in news})
        self._written = links.written
        tell_decisions(decisions, news)

    def _written_on(self, topology: Topology) -> Written:
        """Tell what is written of the links of a network; of another one than before, only which rows there are."""
        if self._written is None or self._written.topology is not topology:
            links = self._written.links if self._written else self._written_links
            return written_before(links, topology)
        return self._written
