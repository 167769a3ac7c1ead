"""Calls every kernel of routing once, with the types that it has at work, so that it is compiled and kept."""

from datetime import UTC, datetime

from lotse_routing.core import warm
from lotse_routing.decide.registry import Destination, Registry, Sign
from lotse_routing.decide.relations.knowledge import know_traffic
from lotse_routing.decide.relations.usual import UsualTrip
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.steps import Stepper, Turn
from lotse_routing.town import World, build_town

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
TRIP = UsualTrip(0.0, ("W-A-0", "A-B-0", "B-D-0", "D-E-0"), vehicles=100.0)
SIGN = Sign("S", "W-A-0", 1, 16, ("E",))


def warm_up() -> None:
    """Compile the core, and what decisions add to it, in steps for a sign whose way is free, and closed."""
    warm.warm_up()
    settings = RoutingSettings()
    weights = settings.weights.model_copy(update={"minor_street_classes": frozenset[str]()})  # its streets may be used
    town = build_town(warm.two_ways(), weights, settings.estimate.zone)
    registry = Registry((SIGN,), {"E": Destination("E", "", "", "E")}, ())
    for knowledge in (None, know_traffic(town.streets, (), (TRIP,))):
        stepper = Stepper(settings)
        for closed in ("", "A-B-0", "A-C-0"):  # one of them lies on the usual way
            roadworks = (Roadwork("R", "", "closed", None, (closed,), MOMENT),)
            turn = Turn(MOMENT, World(town, registry, roadworks, (), knowledge=knowledge), ())
            decided = stepper.decide(turn, stepper.feel(turn), epoch=1)
            stepper.keep(decided)
