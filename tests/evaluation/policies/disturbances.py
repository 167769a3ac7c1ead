"""What is wrong where: streets that are closed, and sections that are slow. policy.md, step 1."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from evaluation.nouns import Effect
from evaluation.policies.measured import Slowness
from evaluation.streets import Mask, Streets

SLOW_FROM = 2.0
"""A section is disturbed from this slowness on."""
SLOW_UNTIL = 1.4
"""It is so until its slowness falls below this."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Connected edges of one street, in one direction, that are closed or slow."""

    effect: Effect
    street: str
    edges: frozenset[int]

    def is_same(self, other: "Disturbance") -> bool:
        """Tell whether it is the other one, grown or shrunk."""
        kind = self.effect, self.street
        return kind == (other.effect, other.street) and not self.edges.isdisjoint(other.edges)


class SlowSections:
    """Which edges are slow, with hysteresis."""

    def __init__(self, streets: Streets) -> None:
        self._is_slow: Mask = np.zeros(len(streets.edges), dtype=np.bool_)

    def find(self, slowness: Slowness, closed: frozenset[int]) -> frozenset[int]:
        """Give the edges that are slow now, and not closed."""
        self._is_slow = (slowness >= SLOW_FROM) | (self._is_slow & (slowness >= SLOW_UNTIL))
        return frozenset(np.flatnonzero(self._is_slow).tolist()) - closed


def disturbances_of(effect: Effect, edges: frozenset[int], streets: Streets) -> tuple[Disturbance, ...]:
    """Part edges into streets and directions, in the order of their numbers."""
    return tuple(Disturbance(effect, streets.edges[min(part)].name, part) for part in _connected(edges, streets))


def _connected(edges: frozenset[int], streets: Streets) -> Iterator[frozenset[int]]:
    """Part edges into those that lead into one another under one name."""
    beside: dict[int, set[int]] = {edge: set() for edge in edges}
    for edge in edges:
        for other in _goes_on(edge, edges, streets):
            beside[edge].add(other)
            beside[other].add(edge)
    left = set(edges)
    while left:
        part = _reachable(min(left), beside)
        left -= part
        yield frozenset(part)


def _goes_on(edge: int, edges: frozenset[int], streets: Streets) -> Iterable[int]:
    name = streets.edges[edge].name
    return (other for other in streets.next_of(edge) if other in edges and streets.edges[other].name == name)


def _reachable(start: int, beside: dict[int, set[int]]) -> set[int]:
    found, waiting = {start}, [start]
    while waiting:
        for other in beside[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return found
