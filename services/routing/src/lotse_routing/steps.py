"""The step of the line without its ends: readings in, decisions out; it rests on turn, settings and steps before alone.

The planner publishes what comes of it; a replay of a recorded period counts it. Both go through here, so that what was
tried on yesterday is what happens tomorrow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lotse_routing.decide.candidates import Trees, trees_of
from lotse_routing.decide.decision import Decision, Step, is_news
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.quiet import Quiet
from lotse_routing.decide.signs import decide_signs
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.background import Background, Estimates
from lotse_routing.state.estimate import FeltReading
from lotse_routing.state.profile import LinkDay, Profile, empty_profile
from lotse_routing.state.quarters import learn
from lotse_routing.state.roadwork import active_roadworks
from lotse_routing.state.sense import Sensed, sense
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.state.weights import derive_weights
from lotse_routing.town import World


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """What one step is made from. One that was `taken_before` is felt again after a restart, not decided again."""

    now: datetime
    world: World
    readings: tuple[FeltReading, ...]
    taken_before: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Felt:
    """What is known after the readings of a turn."""

    sensed: Sensed
    estimates: Estimates
    snapshot: Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """What signs show from a moment on: all decisions by sign, those that are `news`, and what failed by sign."""

    moment: Moment
    decisions: Mapping[str, Decision]
    news: tuple[Decision, ...]
    faults: Mapping[str, Exception]


@dataclass(slots=True, eq=False)
class Memory:
    """What a step knows of those before. `relearned` are the links and weekdays of the profile that changed."""

    sensed: Sensed = field(default_factory=Sensed)
    decided: dict[str, Decision] = field(default_factory=dict)
    profile: Profile = field(default_factory=empty_profile)
    relearned: frozenset[LinkDay] = frozenset()


class Stepper:
    """Makes the steps of the line, one after the other. The same turns and the same memory give the same decisions.

    It computes, and waits for nothing: whoever uses it calls it in a thread. `snapshot` is what is known now, None
    before the first step.
    """

    def __init__(self, settings: RoutingSettings) -> None:
        self._settings = settings
        self._background = Background(settings.estimate)
        self._usual: Trees | None = None
        self._current: Trees | None = None
        self._quiet = Quiet()
        self.memory = Memory()
        self.snapshot: Snapshot | None = None

    def feel(self, turn: Turn) -> Felt:
        """Feel the readings, update link state, derive weights, and make the snapshot of them."""
        town, memory, settings = turn.world.town, self.memory, self._settings.estimate
        places, free_flow_kmh = turn.world.places, town.free_flow_kmh
        sensed = sense(memory.sensed, turn.readings, places, free_flow_kmh, now=turn.now, settings=settings)
        memory.profile, changed = learn(memory.profile, sensed.quarters, free_flow_kmh, settings)
        memory.relearned |= changed
        estimates = self._background.estimate(town.topology, places, sensed.detectors, memory.profile, turn.now)
        memory.sensed, self.snapshot = sensed, self._snapshot(turn, sensed, estimates)
        return Felt(sensed, estimates, self.snapshot)

    def decide(self, turn: Turn, felt: Felt, epoch: int) -> Decided:
        """Decide what each sign shows after what was felt; what is news is in force once it is given to `keep`."""
        moment = self._moment_of(turn, felt.snapshot)
        zone = self._settings.estimate.zone
        step = Step(moment, self._settings.display, epoch, felt.sensed.newest, zone, turn.world.rules)
        decided = self.memory.decided
        decisions, faults = decide_signs(step, decided, self._quiet)
        again_s = self._settings.display.explain_again_s
        news = tuple(d for sign_id, d in decisions.items() if is_news(d, decided.get(sign_id), again_s))
        return Decided(moment, decisions, news, faults)

    def keep(self, decided: Decided) -> None:
        """Remember what is news: it has been published, and the next step goes on from it."""
        self.memory.decided.update({decision.sign_id: decision for decision in decided.news})

    def _snapshot(self, turn: Turn, sensed: Sensed, estimates: Estimates) -> Snapshot:
        town = turn.world.town
        roadworks = active_roadworks(turn.world.roadworks, turn.now)
        weights = derive_weights(
            town.topology,
            town.factors,
            tuple(sensed.links.values()),
            estimates.travel_times_s,
            roadworks,
            self._settings.estimate,
        )
        return Snapshot(
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

    def _moment_of(self, turn: Turn, snapshot: Snapshot) -> Moment:
        self._usual = trees_of(snapshot.usual, self._usual)
        self._current = trees_of(snapshot.graph, self._current)
        knowledge = turn.world.knowledge
        return Moment(
            now=turn.now,
            snapshot=snapshot,
            registry=turn.world.registry,
            usual=self._usual,
            current=self._current,
            settings=self._settings.policy,
            relations=knowledge.at(turn.now.astimezone(self._settings.estimate.zone)) if knowledge else None,
        )
