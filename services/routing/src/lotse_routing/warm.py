"""Calls every kernel of routing once, with the types that it has at work, so that it is compiled and kept."""

from datetime import UTC, datetime

from lotse_routing.core import warm
from lotse_routing.decide.registry import Destination, Registry, Sign
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.steps import Stepper, Turn
from lotse_routing.town import World, build_town

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
SIGN = Sign("S", "W-A-0", 1, 16, ("E",))


def warm_up() -> None:
    """Compile the core, and what decisions add to it, in steps for a sign whose way is free, and closed."""
    warm.warm_up()
    settings = RoutingSettings()
    town = build_town(warm.two_ways(), settings.weights, settings.estimate.zone)
    registry = Registry((SIGN,), {"E": Destination("E", "", "", "E")}, ())
    stepper = Stepper(settings)
    for closed in ("", "A-B-0", "A-C-0"):  # one of them lies on the usual way
        roadworks = (Roadwork("R", "", "closed", None, (closed,), MOMENT),)
        turn = Turn(MOMENT, World(town, registry, roadworks, ()), ())
        decided = stepper.decide(turn, stepper.feel(turn), epoch=1)
        stepper.keep(decided)
