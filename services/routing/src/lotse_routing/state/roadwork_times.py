"""How long a link takes at least because of a roadwork."""

from lotse_routing.network.model import KMH_PER_MS, Link
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.roadwork import Roadwork

BPR_ALPHA, BPR_BETA = 0.15, 4.0
"""Bureau of Public Roads, Traffic Assignment Manual (1964): t = t0 (1 + alpha (flow / capacity)^beta)."""
LEAST_LANES = 0.5
"""Where every lane is closed and the link is not, traffic of both directions shares one in turn."""
MOST_SLOWED = 4.0
"""Beyond, the formula says nothing: drivers go elsewhere."""


def least_time_s(link: Link, roadwork: Roadwork, settings: EstimateSettings) -> float:
    """Tell how long a link takes at least, in seconds; infinite if it is closed.

    A limit of as little as 0 would end every turn: nothing is slower than a standing jam.
    """
    if roadwork.effect == "closed":
        return float("inf")
    free_flow_s = link.length_m / (link.free_flow_kmh / KMH_PER_MS)
    slowed = slowed_by_lanes(link.lanes, roadwork.lanes_closed, settings.assumed_saturation)
    speed_kmh = min(roadwork.speed_kmh or link.free_flow_kmh, link.free_flow_kmh / slowed)
    return max(free_flow_s, link.length_m / (max(speed_kmh, settings.min_speed_kmh) / KMH_PER_MS))


def slowed_by_lanes(lanes: int, closed: int | None, saturation: float) -> float:
    """Tell how many times as long a link takes that loses lanes, 1 if none.

    Until flows are known, every link is taken to carry `saturation` (flow / capacity) before it loses them.
    """
    if not closed:
        return 1.0
    left = max(lanes - closed, LEAST_LANES)
    slowed = _bpr(saturation * lanes / left) / _bpr(saturation)
    return min(max(slowed, 1.0), MOST_SLOWED)


def _bpr(saturation: float) -> float:
    return float(1 + BPR_ALPHA * saturation**BPR_BETA)
