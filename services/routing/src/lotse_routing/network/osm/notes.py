"""What an import of OpenStreetMap data has to tell beside the network: what was dropped, assumed and not understood."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from lotse_routing.network.osm.access import Access
from lotse_routing.network.osm.file import OsmRoads
from lotse_routing.network.osm.restrictions import Resolved

Ids = Mapping[str, Sequence[int]]
"""OpenStreetMap ids by what is told of them."""


def dropped_restrictions(roads: OsmRoads, resolved: Resolved) -> dict[str, tuple[int, ...]]:
    """Tell the relations that are not used, by reason."""
    return _joined([roads.unread_restrictions, resolved.dropped])


def unread_tags(roads: OsmRoads) -> dict[str, tuple[int, ...]]:
    """Tell the tags that were not understood, or only in part, with the ways, nodes and relations that have them."""
    told: defaultdict[str, list[int]] = defaultdict(list)
    for node, barrier in sorted(roads.barriers.items()):
        for text in barrier.unread:
            told[f"barrier {text}"].append(node)
    for restriction in roads.restrictions:
        for text in restriction.assumed:
            told[f"relation {text}"].append(restriction.relation)
    return _joined([roads.ways.unread, told])


def notes(roads: OsmRoads) -> dict[str, int]:
    """Count what was assumed."""
    missing = sum(node not in roads.coordinates for way in roads.ways.roads for node in set(way.nodes))
    cars = [barrier.permission.car is Access.NO for barrier in roads.barriers.values()]
    counts = Counter(roads.ways.notes)
    counts["nodes not in the file"] = missing
    counts["nodes that stop cars"] = sum(cars)
    counts["nodes that stop others only"] = len(cars) - sum(cars)
    for side, ways in _minority(roads.ways.driving_sides):
        counts[f"driving_side={side} overruled"] = ways
    return {note: count for note, count in counts.items() if count}


def _minority(sides: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    return Counter(sides).most_common()[1:]


def _joined(parts: Iterable[Ids]) -> dict[str, tuple[int, ...]]:
    joined: defaultdict[str, tuple[int, ...]] = defaultdict(tuple)
    for part in parts:
        for reason, ids in part.items():
            joined[reason] += tuple(ids)
    return {reason: joined[reason] for reason in sorted(joined)}
