"""What is wrong where: streets that are closed, and sections that are slow. policy.md, step 1."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lotse_routing.decide.relations.slowness import Reach
from lotse_routing.decide.relations.streets import Floats, Streets
from lotse_routing.settings import PolicySettings

WITNESS_M = 600.0
"""A second detector bears witness if it is no farther away by road, on whatever street."""

Effect = Literal["closed", "slow"]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What is seen of the streets: how slow each link is (shape (links,)), and by which detectors."""

    streets: Streets
    reach: Reach
    slowness: Floats


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Connected links of one street, in one direction, that are closed or slow."""

    effect: Effect
    street: str
    links: frozenset[int]

    def is_same(self, other: "Disturbance") -> bool:
        """Tell whether it is the other one, grown or shrunk."""
        return (self.effect, self.street) == (other.effect, other.street) and not self.links.isdisjoint(other.links)


def closures(streets: Streets, closed: Collection[int]) -> list[Disturbance]:
    """Part closed links into streets and directions, in the order of their numbers."""
    return [_disturbance("closed", part, streets) for part in _connected(closed, streets)]


def slow_sections(
    view: View, closed: Collection[int], warned_of: Collection[int], settings: PolicySettings
) -> list[Disturbance]:
    """List the sections that are slow and not closed.

    One that begins at a link that is slow reaches as far as its street is nearly so: its end does not flicker.

    Parameters
    ----------
    warned_of
        Links that signs warn of already: they are slow for longer.
    settings
        Its `witnesses` are detectors, each on a link of its own: one that is faulty is believed by nobody. Until signs
        warn of a section they have to be slow themselves: a little slow is always some street.
    """
    streets, slowness, warned = view.streets, view.slowness, frozenset(warned_of)
    links = frozenset(np.flatnonzero(slowness >= settings.disturbed_until).tolist()) - frozenset(closed)
    slow = links & (frozenset(np.flatnonzero(slowness >= settings.disturbed_from).tolist()) | warned)
    measured = frozenset(view.reach.measured)

    def is_witnessed(part: frozenset[int]) -> bool:
        witnesses = measured & (slow if part.isdisjoint(warned) else links)
        return len(witnesses & _around(part, streets)) >= settings.witnesses

    parts = [part for part in _connected(links, streets) if not part.isdisjoint(slow) and is_witnessed(part)]
    return [_disturbance("slow", part, streets) for part in parts]


def _around(part: frozenset[int], streets: Streets) -> frozenset[int]:
    """List the links of a section, and those before and behind it, by road."""
    found: set[int] = set()
    for beside in (streets.onward, streets.behind):
        found.update(link for link, _ in streets.within(part, beside, WITNESS_M))
    return frozenset(found)


def _disturbance(effect: Effect, part: frozenset[int], streets: Streets) -> Disturbance:
    return Disturbance(effect, streets.names[min(part)], part)


def _connected(links: Collection[int], streets: Streets) -> Iterator[frozenset[int]]:
    """Part links into those that lead into one another as one street."""
    left = set(links)
    while left:
        part = frozenset(_reachable(min(left), left, streets))
        left -= part
        yield part


def _reachable(start: int, among: Collection[int], streets: Streets) -> Iterable[int]:
    found, waiting = {start}, [start]
    while waiting:
        link = waiting.pop()
        beside = (*streets.street_onward[link], *streets.street_behind[link])
        new = {other for other in beside if other in among} - found
        found |= new
        waiting += new
    return found
