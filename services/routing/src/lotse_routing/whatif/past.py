"""The snapshot of a past moment: what was known of links then, and the roadworks of then, on the network of now."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from lotse_routing.core.access import Vehicle
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.estimate import LinkState
from lotse_routing.state.roadwork import Roadwork, active_roadworks
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.state.weights import derive_weights


class NotKnownError(LookupError):
    """Nothing is known of a moment: it lies before the history, or ahead."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is remembered of a moment: the newest states that links had then, and all roadworks that may hold."""

    moment: datetime
    states: tuple[LinkState, ...]
    roadworks: Collection[Roadwork]


def check_moment(moment: datetime, begins_at: datetime | None, now: datetime) -> None:
    """Refuse a moment of which nothing is known.

    Parameters
    ----------
    begins_at
        Where the history of link states begins, None if it is empty.
    now
        On Lotse's clock.

    Raises
    ------
    NotKnownError
        It lies before the history or after now; says what is allowed.
    """
    if begins_at is None:
        message = "nothing is known of the past yet; allowed: 'now'"
        raise NotKnownError(message)
    if not begins_at <= moment <= now:
        when = "in the future" if moment > now else "before the history begins"
        message = f"lies {when}; allowed: 'now', or from {begins_at.isoformat()} to {now.isoformat()}"
        raise NotKnownError(message)


def snapshot_then(now: Snapshot, past: Past, settings: EstimateSettings) -> Snapshot:
    """Give the snapshot of a past moment, on the network and with the version of a present one.

    Of links that nobody measured then, what is usual at that time of the week is assumed; what detectors around them
    said is not in the history.
    """
    topology, factors = now.topology, now.base.costs_s / now.base.travel_times_s
    roadworks = active_roadworks(past.roadworks, past.moment)
    typical_s = now.typical_at(past.moment)
    weights = derive_weights(topology, factors, past.states, typical_s, roadworks, settings)
    return replace(
        now,
        computed_until=past.moment,
        weights=weights,
        typical_times_s=typical_s,
        links={topology.index[state.link_id]: state for state in past.states},
        roadworks=roadworks,
        graph=now.graphs.of(Vehicle(), weights.costs_s, past.moment),
        usual=now.graphs.of(Vehicle(), now.base.costs_s, past.moment),
    )
