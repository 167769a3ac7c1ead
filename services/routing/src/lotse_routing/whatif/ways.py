"""The ways among which whoever asks may choose, the best one first."""

from collections.abc import Sequence

from lotse_routing.core.alternatives import Limits, list_beside
from lotse_routing.core.routes import Anchor, Path, RouteGraph
from lotse_routing.core.stops import Leg, Way, find_way_over
from lotse_routing.core.topology import Seconds


def list_ways(
    graph: RouteGraph, origins: Sequence[Anchor], stops: Sequence[Sequence[Anchor]], alternatives: int
) -> list[Way]:
    """List the best way and up to so many others; nothing if there is none.

    Others are found between two places only: over `stops` of more than the end there are none.
    """
    best = find_way_over(graph, origins, stops)
    if best is None:
        return []
    if not alternatives or len(stops) > 1:
        return [best]
    origin, destinations = best.legs[0].origin, stops[-1]
    others = list_beside(graph, Path(best.links, best.cost_s), origin, destinations, Limits(), alternatives)
    return [best, *(_way(path, origin, destinations) for path in others)]


def total(way: Way, per_link: Seconds) -> float:
    """Add up what a way takes of something by link, shape (links,): of those at its ends the share that is driven."""
    return float(sum((piece.end - piece.start) * per_link[piece.link] for piece in way.pieces))


def _way(path: Path, origin: Anchor, destinations: Sequence[Anchor]) -> Way:
    ends = [anchor.fraction for anchor in destinations if anchor.link == path.links[-1]]
    if len(path.links) == 1:
        ends = [fraction for fraction in ends if fraction >= origin.fraction]
    return Way((Leg(path.links, origin, Anchor(path.links[-1], min(ends))),), path.cost_s)
