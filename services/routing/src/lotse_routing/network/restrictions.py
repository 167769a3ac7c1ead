"""Turn restrictions: from OpenStreetMap relations to banned pairs of links.

Used: no_* and only_* with one via node, for cars. Everything else is counted with its reason, never dropped silently.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lotse_routing.network.model import Link
from lotse_routing.network.osm_tags import LeftOut
from lotse_routing.network.stable_ids import node_id

CAR_KEYS = ("restriction:motorcar", "restriction:motor_vehicle", "restriction")
CAR_EXCEPTIONS = frozenset({"motorcar", "motor_vehicle", "vehicle"})
TIMES = frozenset({"day_on", "day_off", "hour_on", "hour_off"})
KINDS = ("no_", "only_")

Turn = tuple[str, str]
"""Link ids: into the junction, out of it."""


class Member(NamedTuple):
    """A member of a relation: type 'n', 'w' or 'r', OpenStreetMap id, role."""

    kind: str
    ref: int
    role: str


@dataclass(frozen=True, slots=True)
class Restriction:
    """A restriction at a junction. If `is_only`, from `from_ways` one may go to `to_ways` only; else not there."""

    relation: int
    is_only: bool
    from_ways: tuple[int, ...]
    via_node: str
    to_ways: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What restrictions came to: banned turns, ids of the relations used, and those dropped by reason."""

    banned_turns: frozenset[Turn]
    used: tuple[int, ...]
    dropped: Mapping[str, tuple[int, ...]]


def read_restriction(relation: int, tags: Mapping[str, str], members: Sequence[Member]) -> Restriction | LeftOut:
    """Read a relation of type restriction. The order of its members does not matter, their roles do."""
    value = next((tags[key] for key in CAR_KEYS if key in tags), "")
    if not value:
        is_conditional = any(key.endswith(":conditional") for key in tags)
        return LeftOut("at certain times only" if is_conditional else "not for cars")
    if CAR_EXCEPTIONS & {vehicle.strip() for vehicle in tags.get("except", "").split(";")}:
        return LeftOut("cars are excepted")
    if TIMES & tags.keys():
        return LeftOut("at certain times only")
    if not value.startswith(KINDS):
        return LeftOut(f"unknown kind {value}")
    return _with_members(relation, value.startswith("only_"), members)


def resolve_restrictions(
    restrictions: Iterable[Restriction], links: Collection[Link], elsewhere: Mapping[int, str]
) -> Resolved:
    """Find the links that restrictions speak of. `elsewhere` tells of other ways of the file why they made no link."""
    at_junctions = _AtJunctions(links, elsewhere)
    banned: set[Turn] = set()
    used: list[int] = []
    dropped: defaultdict[str, list[int]] = defaultdict(list)
    for restriction in restrictions:
        turns = at_junctions.banned_by(restriction)
        if isinstance(turns, LeftOut):
            dropped[turns.reason].append(restriction.relation)
        else:
            banned |= turns
            used.append(restriction.relation)
    return Resolved(frozenset(banned), tuple(used), {reason: tuple(ids) for reason, ids in dropped.items()})


def _with_members(relation: int, is_only: bool, members: Sequence[Member]) -> Restriction | LeftOut:  # noqa: FBT001
    ways = {role: tuple(m.ref for m in members if m.kind == "w" and m.role == role) for role in ("from", "to", "via")}
    via_nodes = [member.ref for member in members if member.kind == "n" and member.role == "via"]
    if ways["via"]:
        return LeftOut("via a way")
    if len(via_nodes) != 1:
        return LeftOut("no via node" if not via_nodes else "several via nodes")
    if not ways["from"] or not ways["to"] or (is_only and len(ways["to"]) > 1):
        return LeftOut("from or to is missing, or stands twice")
    return Restriction(relation, is_only, ways["from"], node_id(via_nodes[0]), ways["to"])


class _AtJunctions:
    """Links by the junction they touch and the way they touch it with."""

    def __init__(self, links: Collection[Link], elsewhere: Mapping[int, str]) -> None:
        self._ways = {way for link in links for way in link.ways}
        self._elsewhere = elsewhere
        self._arriving: defaultdict[tuple[str, int], list[Link]] = defaultdict(list)
        self._leaving: defaultdict[tuple[str, int], list[Link]] = defaultdict(list)
        self._out: defaultdict[str, list[Link]] = defaultdict(list)
        for link in links:
            self._arriving[link.to_node, link.ways[-1]].append(link)
            self._leaving[link.from_node, link.ways[0]].append(link)
            self._out[link.from_node].append(link)

    def banned_by(self, restriction: Restriction) -> set[Turn] | LeftOut:
        """Tell the banned turns, or why there are none."""
        via = restriction.via_node
        into = [self._only_one(self._arriving[via, way], way) for way in restriction.from_ways]
        out = [self._only_one(self._leaving[via, way], way) for way in restriction.to_ways]
        for member in (*into, *out):
            if isinstance(member, LeftOut):
                return member
        arriving = [link for link in into if isinstance(link, Link)]
        named = {link.link_id for link in out if isinstance(link, Link)}
        away = {link.link_id for link in self._out[via]}
        return {(link.link_id, then) for link in arriving for then in (away - named if restriction.is_only else named)}

    def _only_one(self, candidates: list[Link], way: int) -> Link | LeftOut:
        """Find the link meant by a way: a way that goes on beyond the junction leaves it open which."""
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            return LeftOut("a way goes on beyond the junction: which side is meant is open")
        if way in self._ways:
            return LeftOut("a way does not touch the junction, or only against its one-way")
        reason = self._elsewhere.get(way)
        return LeftOut(f"a way is left out: {reason}" if reason else "a way is missing in the file")
