"""Turn restrictions: from OpenStreetMap relations to sequences of links that may not be driven one after the other.

Used: no_* and only_* with a via node, several, or via ways, in whatever order the members stand. Everything else is
told with its reason and the relation's id, never dropped silently.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lotse_routing.network.model import BannedTurn, Link
from lotse_routing.network.osm.restriction_paths import LinkPaths, Path
from lotse_routing.network.osm.restriction_tags import Rule, read_rules
from lotse_routing.network.osm.tags import LeftOut
from lotse_routing.network.stable_ids import node_id
from lotse_shared.vehicle import VehicleClass


class Member(NamedTuple):
    """A member of a relation: type 'n', 'w' or 'r', OpenStreetMap id, role."""

    kind: str
    ref: int
    role: str


@dataclass(frozen=True, slots=True)
class Restriction:
    """Rules on going from some ways to others, via junctions (by name) or via ways."""

    relation: int
    rules: tuple[Rule, ...]
    from_ways: tuple[int, ...]
    via_nodes: tuple[str, ...]
    via_ways: tuple[int, ...]
    to_ways: tuple[int, ...]
    assumed: tuple[str, ...] = ()

    @property
    def ways(self) -> tuple[int, ...]:
        """All ways it speaks of."""
        return (*self.from_ways, *self.via_ways, *self.to_ways)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What restrictions came to: banned turns, ids of the relations used, and those dropped by reason."""

    banned_turns: tuple[BannedTurn, ...]
    used: tuple[int, ...]
    dropped: Mapping[str, tuple[int, ...]]


def read_restriction(relation: int, tags: Mapping[str, str], members: Sequence[Member]) -> Restriction | LeftOut:
    """Read a relation of type restriction. The order of its members does not matter, their roles do."""
    reading = read_rules(tags)
    if reading.reason:
        return LeftOut(reading.reason)
    from_ways, via_ways, to_ways = (
        tuple(member.ref for member in members if member.kind == "w" and member.role == role)
        for role in ("from", "via", "to")
    )
    via_nodes = tuple(node_id(member.ref) for member in members if member.kind == "n" and member.role == "via")
    if not via_nodes and not via_ways:
        return LeftOut("no via")
    if not from_ways or not to_ways:
        return LeftOut("from or to is missing")
    if len(to_ways) > 1 and any(rule.is_only for rule in reading.rules):
        return LeftOut("only_* with several to")
    return Restriction(relation, reading.rules, from_ways, via_nodes, via_ways, to_ways, reading.assumed)


def resolve_restrictions(
    restrictions: Iterable[Restriction], links: Collection[Link], elsewhere: Mapping[int, str]
) -> Resolved:
    """Find the links that restrictions speak of. `elsewhere` tells of other ways of the file why they made no link."""
    paths = LinkPaths(links, elsewhere)
    banned: defaultdict[tuple[Path, str], set[VehicleClass]] = defaultdict(set)
    used: list[int] = []
    dropped: defaultdict[str, list[int]] = defaultdict(list)
    for restriction in restrictions:
        for rule in restriction.rules:
            found = _banned_by(restriction, rule, paths)
            if isinstance(found, LeftOut):
                dropped[found.reason].append(restriction.relation)
                continue
            used.append(restriction.relation)
            for path in found:
                banned[path, rule.during] |= rule.vehicles
    turns = tuple(BannedTurn(path, frozenset(banned[path, during]), during) for path, during in sorted(banned))
    return Resolved(turns, tuple(dict.fromkeys(used)), {why: tuple(dict.fromkeys(ids)) for why, ids in dropped.items()})


def _banned_by(restriction: Restriction, rule: Rule, paths: LinkPaths) -> set[Path] | LeftOut:
    """Tell the banned sequences of links, or why there are none."""
    banned: set[Path] = set()
    for from_way in restriction.from_ways:
        for to_way in restriction.to_ways:
            path = paths.find(rule.kind, from_way, restriction.via_nodes, restriction.via_ways, to_way)
            if isinstance(path, LeftOut):
                return path
            banned |= paths.leaving(path) if rule.is_only else {path}
    return banned
