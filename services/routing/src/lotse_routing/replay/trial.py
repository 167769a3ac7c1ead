"""One run of a period under one set of settings; several run side by side on the same turns."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from lotse_routing.decide.decision import Decision, Step
from lotse_routing.decide.signs import decide_signs
from lotse_routing.replay.drawing import Point
from lotse_routing.replay.figures import Tally
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.profile import Profile
from lotse_routing.steps import Decided, Felt, Stepper, Turn
from lotse_routing.town import Town, build_town


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """What stood when the period began: decisions in force by sign, the profile, the epoch of displays.

    `has_learned_anew` tells that the profile is not the stored one, which knows what came after.
    """

    decided: Mapping[str, Decision]
    profile: Profile
    epoch: int
    has_learned_anew: bool = False


@dataclass(slots=True, eq=False)
class Trial:
    """Lives the period under `settings`. `news` are the decisions that would have been written, oldest first.

    `points` are what is drawn of the sign `drawn`, None for no drawing.
    """

    name: str
    settings: RoutingSettings
    start: Start
    drawn: str | None = None
    news: list[Decision] = field(default_factory=list)
    faults: int = 0
    points: list[Point] = field(default_factory=list)
    tally: Tally = field(init=False)
    _stepper: Stepper = field(init=False)
    _town: tuple[Town, Town] | None = None

    def __post_init__(self) -> None:
        """Begin with what stood then."""
        self.tally = Tally(self.start.decided)
        self._stepper = Stepper(self.settings)
        self._stepper.memory.decided = dict(self.start.decided)
        self._stepper.memory.profile = self.start.profile

    def take(self, turn: Turn) -> None:
        """Make the step of a turn; one that was taken before the period is felt, not decided."""
        turn = replace(turn, world=replace(turn.world, town=self._town_of(turn.world.town)))
        felt = self._stepper.feel(turn)
        if turn.taken_before:
            return
        decided = self._stepper.decide(turn, felt, self.start.epoch)
        self._stepper.keep(decided)
        self.faults += len(decided.faults)
        self.news += decided.news
        self.tally.add(turn.now, decided.decisions.values())
        if self.drawn in decided.decisions:
            self.points.append(self._point(turn, felt, decided))

    def end(self, at: datetime) -> None:
        """Let what is shown last until the period is over."""
        self.tally.end(at)

    def _town_of(self, town: Town) -> Town:
        """Derive from a network what these settings make of it; once, as it stays the same."""
        if self._town is None or self._town[0] is not town:
            self._town = town, build_town(town.topology, self.settings.weights, self.settings.estimate.zone)
        return self._town[1]

    def _point(self, turn: Turn, felt: Felt, decided: Decided) -> Point:
        """Look at the drawn sign, and at what it could have shown: asked anew, where the least gain is enough."""
        moment, registry = decided.moment, decided.moment.registry
        lenient = self.settings.policy.model_copy(update={"min_gain_s": 0.0, "min_gain_pct": 0.0})
        signs = tuple(sign for sign in registry.signs if sign.sign_id == self.drawn)
        alone = replace(moment, settings=lenient, registry=replace(registry, signs=signs))
        step = Step(alone, self.settings.display, self.start.epoch, felt.sensed.newest)
        offered, _ = decide_signs(step, {})
        (sign,) = signs
        return Point(turn.now, decided.decisions[sign.sign_id], offered[sign.sign_id])
