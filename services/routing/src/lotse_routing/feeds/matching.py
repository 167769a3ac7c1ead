"""From a roadwork's line to the links it lies on, with a confidence.

Along the line, every `STEP_M`, the links near are looked up, and of those that run its way the best is taken. A link is
matched that way over most of its length, or if most of the line lies on it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean
from typing import NamedTuple

from lotse_routing.core.snap import NoLinkNearError, Snapped, Snapper
from lotse_routing.core.topology import Topology
from lotse_routing.feeds.found import Coordinate, FoundRoadwork, Line
from lotse_routing.network.geometry import bearing_deg, distance_m
from lotse_routing.network.model import Link

STEP_M = 10.0
MAX_STEPS = 2_000
"""Of one line; longer lines are looked at in longer steps."""
REACH_M = 30.0
"""Lines drawn along the kerb or from another map are off by a few metres; a parallel street is further away."""
HEADING_DEG = 45.0
TURN_COSTS_M_PER_DEG = 0.25
"""A link 40 degrees off counts as one 10 m further away: side streets lose at junctions."""
MIN_LINK_SHARE, MIN_LINE_SHARE = 0.5, 0.5
NAME_UNKNOWN, NAME_DIFFERS = 0.95, 0.6
CONFIRM_BELOW = 0.7


@dataclass(frozen=True, slots=True)
class Match:
    """The links of a roadwork (ids, in the order of its lines), and how sure that is, 0..1.

    `reasons` say why a person should confirm it; none: it may be taken as it is.
    """

    found: FoundRoadwork
    links: tuple[str, ...]
    confidence: float
    reasons: tuple[str, ...]

    @property
    def needs_confirmation(self) -> bool:
        """Tell whether a person should look at it."""
        return bool(self.reasons)


class _Step(NamedTuple):
    """A place on the line, and the way it runs there (None: not known)."""

    at: Coordinate
    heading_deg: float | None


class _Hit(NamedTuple):
    """The link of one step, how far away, how much it turns from the line."""

    link: int
    distance_m: float
    turned_deg: float


class _Run(NamedTuple):
    """What one drive along a line found: links by index, and its confidence without names."""

    links: tuple[int, ...]
    confidence: float


class Matcher:
    """Finds links of one network."""

    def __init__(self, topology: Topology, confirm_below: float = CONFIRM_BELOW) -> None:
        self._links = topology.links
        self._snapper = Snapper(topology)
        self._confirm_below = confirm_below
        self._by_id = {link.link_id: link for link in self._links}
        self._by_ends: dict[tuple[str, str], list[int]] = defaultdict(list)
        for index, link in enumerate(self._links):
            self._by_ends[link.from_node, link.to_node].append(index)

    def match(self, found: Sequence[FoundRoadwork]) -> list[Match]:
        """Match roadworks, each by itself; closures of one direction are then looked at together."""
        matches = [self._match(roadwork) for roadwork in found]
        closed = {link for match in matches if match.found.effect == "closed" for link in match.links}
        return [self._with_open_side(match, closed) for match in matches]

    def _match(self, found: FoundRoadwork) -> Match:
        runs = [run for line in found.lines for run in self._runs(line, found)]
        links = tuple(dict.fromkeys(link for run in runs for link in run.links))
        if not links:
            return Match(found, (), 0.0, (f"no link of its direction within {REACH_M:g} m",))
        named = _name_agreement(found, [self._links[link] for link in links])
        confidence = round(fmean(run.confidence for run in runs) * named, 2)
        return Match(
            found, tuple(self._links[link].link_id for link in links), confidence, self._why(found, confidence)
        )

    def _why(self, found: FoundRoadwork, confidence: float) -> tuple[str, ...]:
        low = [f"confidence {confidence:g} is below {self._confirm_below:g}"]
        return (*(low if confidence < self._confirm_below else []), *(f"rule {code}" for code in found.doubts))

    def _runs(self, line: Line, found: FoundRoadwork) -> list[_Run]:
        """Drive along a line, and back if both directions are meant. A street of one way is found one way only."""
        if len(line) == 1:
            return [self._at_point(line[0], found)]
        there = self._along(line)
        if not found.both_directions:
            return [there]
        back = self._along(line[::-1])
        return [run for run in (there, back) if run.links] or [there]

    def _along(self, line: Line) -> _Run:
        steps = list(_steps(line))
        hits = [hit for step in steps if (hit := self._hit(step)) is not None]
        by_link: dict[int, list[_Hit]] = defaultdict(list)
        for hit in hits:
            by_link[hit.link].append(hit)
        step_m = _length_m(line) / len(steps)
        kept = {link: on for link, on in by_link.items() if self._is_on(link, len(on) * step_m, len(on) / len(steps))}
        good = [hit for on in kept.values() for hit in on]
        return _Run(tuple(kept), _confidence(good, len(steps)))

    def _is_on(self, link: int, length_m: float, line_share: float) -> bool:
        return length_m >= MIN_LINK_SHARE * self._links[link].length_m or line_share >= MIN_LINE_SHARE

    def _at_point(self, point: Coordinate, found: FoundRoadwork) -> _Run:
        """Take the nearest link that runs the right way, and the other side of its street if both are meant."""
        hit = self._hit(_Step(point, found.heading_deg))
        if hit is None:
            return _Run((), 0.0)
        others = self._other_side(self._links[hit.link]) if found.both_directions else ()
        return _Run((hit.link, *others), _confidence([hit], 1))

    def _hit(self, step: _Step) -> _Hit | None:
        try:
            near = self._snapper.nearest(*step.at, max_distance_m=REACH_M)
        except NoLinkNearError:
            return None
        hits = (_Hit(place.link, place.distance_m, self._turned_deg(place, step.heading_deg)) for place in near)
        right_way = [hit for hit in hits if hit.turned_deg <= HEADING_DEG]
        return min(right_way, key=lambda hit: hit.distance_m + TURN_COSTS_M_PER_DEG * hit.turned_deg, default=None)

    def _turned_deg(self, place: Snapped, heading_deg: float | None) -> float:
        if heading_deg is None:
            return 0.0
        return abs((self._snapper.heading_deg(place.link, place.fraction) - heading_deg + 180) % 360 - 180)

    def _other_side(self, link: Link) -> list[int]:
        """List the links between the same junctions, the other way."""
        return self._by_ends.get((link.to_node, link.from_node), [])

    def _with_open_side(self, match: Match, closed: set[str]) -> Match:
        """Doubt a full closure of one direction whose other direction nobody closes."""
        if match.found.effect != "closed" or match.found.both_directions:
            return match
        back = [self._links[other].link_id for link in match.links for other in self._other_side(self._by_id[link])]
        if all(link in closed for link in back):
            return match
        return replace(match, reasons=(*match.reasons, "closed one way, and the other way stays open"))


def _confidence(hits: Sequence[_Hit], steps: int) -> float:
    """Multiply what speaks for a match, each 0..1: distance, heading, and the share of the line that has a link."""
    if not hits:
        return 0.0
    near = 1 - fmean(hit.distance_m for hit in hits) / (2 * REACH_M)
    parallel = 1 - fmean(hit.turned_deg for hit in hits) / (2 * HEADING_DEG)
    return near * parallel * len(hits) / steps


def _name_agreement(found: FoundRoadwork, links: Iterable[Link]) -> float:
    """Compare names: 1 if one of the feed's is one of the links', less if they differ or none is given."""
    said = {_plain(name) for name in found.road_names} - {""}
    ours = {_plain(name) for link in links for name in (link.name, link.ref)} - {""}
    if not said or not ours:
        return NAME_UNKNOWN
    return 1.0 if said & ours else NAME_DIFFERS


def _plain(name: str) -> str:
    letters = "".join(letter for letter in name.casefold() if letter.isalnum())
    return letters.replace("strasse", "str").removesuffix("street")


def _length_m(line: Line) -> float:
    return sum(distance_m(start, end) for start, end in pairwise(line))


def _steps(line: Line) -> Iterator[_Step]:
    """Places in the middle of equal steps along a line, with its heading there."""
    length_m = _length_m(line)
    count = min(MAX_STEPS, max(1, round(length_m / STEP_M)))
    at_m, behind_m = length_m / count / 2, 0.0
    for start, end in pairwise(line):
        part_m = distance_m(start, end)
        while at_m < behind_m + part_m:
            share = (at_m - behind_m) / part_m
            at = start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
            yield _Step(at, bearing_deg(start, end))
            at_m += length_m / count
        behind_m += part_m
