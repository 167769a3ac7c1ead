"""How long things take usually."""

from lotse_routing.core.topology import Seconds
from lotse_routing.state.snapshot import Snapshot


def usual_times_s(snapshot: Snapshot) -> Seconds:
    """Give the seconds by link that are typical at this time of the week, shape (links,), closures left out."""
    return snapshot.base.travel_times_s
