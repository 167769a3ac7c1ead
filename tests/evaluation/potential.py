"""Which closures signs could do something about: told by usual times alone, before any morning is driven.

    PYTHONPATH=tests .venv/bin/python -m evaluation.potential kaiserslautern

A section is an edge of a main street with up to three that follow it under its name, and the edges back. For each of
them: the usual drivers who come there, those who have met a sign before, those whom a corridor over main streets would
save time, and the hours that unwarned drivers lose and that such corridors save, queues left out. No policy is asked,
and nothing is driven: so a closure can be chosen for what signs could do about it, and not for what one policy does.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from evaluation.drive import load
from evaluation.nouns import Edge, Knowledge, Route
from evaluation.policies.detours import TURN_ROUND_S
from evaluation.policies.surprised import Surprised
from evaluation.policies.usual import UsualTimes
from evaluation.scenarios import without_way_out
from evaluation.streets import Seconds, Tree, Way, build_streets, cost_s, grow_tree

MOST_EDGES = 4
LEAST_AFFECTED = 250
HELPED_FROM_S = 15.0
AT_S = 1800
"""Times and drivers are those of a usual morning; times are those of this second of it."""
ALIKE = 0.7
"""Of sections that share so much, the one that signs can do most about is listed."""


@dataclass(frozen=True, slots=True)
class Potential:
    """What a closure does to usual drivers, and what corridors over main streets could give back."""

    street: str
    edges: frozenset[str]
    affected: int
    reached: int
    helped: int
    lost_vehicle_h: float
    saved_vehicle_h: float

    def is_like(self, other: "Potential") -> bool:
        """Tell whether it is nearly the same section."""
        return len(self.edges & other.edges) >= ALIKE * len(self.edges | other.edges)


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """A usual driver's way, and the seconds from its first edge to the beginning of each, and to its end."""

    way: Way
    until_s: Seconds


@dataclass(slots=True, eq=False)
class Closed:
    """The streets while a section is closed: where drivers go who come to it unwarned, and where signs can lead."""

    surprised: Surprised
    trees: dict[int, Tree] = field(default_factory=dict)

    @property
    def edges(self) -> frozenset[int]:
        """The section."""
        return self.surprised.closed

    def led_s(self, sign: int) -> Seconds:
        """Give what it takes from a sign's edge to all others, by main streets."""
        if sign not in self.trees:
            streets = self.surprised.streets
            barred = streets.mask(self.edges) | ~streets.is_signable
            self.trees[sign] = grow_tree(streets.onward, sign, self.surprised.usual_s, barred)
        return self.trees[sign].costs_s


def sections(edges: Mapping[str, Edge]) -> Iterator[tuple[str, frozenset[str]]]:
    """List the sections of main streets by name, each once."""
    back = {(edge.from_node, edge.to_node): edge.edge_id for edge in edges.values()}
    seen: set[frozenset[str]] = set()
    for edge in edges.values():
        chain = [edge] if edge.is_signable and edge.name else []
        while chain and len(chain) <= MOST_EDGES:
            both = {each.edge_id for each in chain} | {back.get((each.to_node, each.from_node), "") for each in chain}
            section = without_way_out(frozenset(both - {""}), edges)
            if section not in seen:
                seen.add(section)
                yield edge.name, section
            onward = [edges[other] for other in chain[-1].onward if other in edges and other not in both]
            following = [other for other in onward if other.name == edge.name and other.is_signable]
            if len(following) != 1:
                break
            chain.append(following[0])


def find_potentials(knowledge: Knowledge, routes: Iterable[Route], least: int = LEAST_AFFECTED) -> list[Potential]:
    """Value all sections that at least so many drivers come to; those that signs can do most about first."""
    city, streets = knowledge.city, build_streets(knowledge.city.edges)
    usual_s = UsualTimes(knowledge, streets).at(AT_S)
    drives = [_drive(streets.numbers(route), usual_s) for route in routes]
    signs = frozenset(streets.numbers(sign.edge_id for sign in city.signs))
    users: dict[int, list[int]] = {}
    for number, drive in enumerate(drives):
        for edge in dict.fromkeys(drive.way):
            users.setdefault(edge, []).append(number)
    found = []
    for street, section in sections(city.edges):
        closed = Closed(Surprised(streets, frozenset(streets.numbers(section)), usual_s))
        affected = sorted({number for edge in closed.edges for number in users.get(edge, ())})
        if len(affected) >= least:
            found.append(_value(street, section, closed, [drives[number] for number in affected], signs))
    return sorted(found, key=lambda each: (-each.saved_vehicle_h, sorted(each.edges)))


def _drive(way: Way, usual_s: Seconds) -> Drive:
    return Drive(way, np.concatenate(([0.0], np.cumsum(usual_s[list(way)]))))


def _value(
    street: str, section: frozenset[str], closed: Closed, drives: Sequence[Drive], signs: frozenset[int]
) -> Potential:
    reached = helped = 0
    lost_s = saved_s = 0.0
    for drive in drives:
        places = [place for place, edge in enumerate(drive.way) if edge in closed.edges]
        first, last = places[0], places[-1]
        if first == 0 or last == len(drive.way) - 1:
            continue
        onward = closed.surprised.find_way(drive.way[first - 1], drive.way[-1])
        if onward is None:
            continue
        unwarned_s = float(drive.until_s[first]) + TURN_ROUND_S + cost_s(onward, closed.surprised.usual_s)
        met = [place for place in range(first) if drive.way[place] in signs]
        gain_s = max((_gain_s(closed, drive, place, last, unwarned_s) for place in met), default=0.0)
        lost_s += unwarned_s - float(drive.until_s[-1])
        reached += bool(met)
        helped += gain_s >= HELPED_FROM_S
        saved_s += max(0.0, gain_s)
    return Potential(street, section, len(drives), reached, helped, lost_s / 3600, saved_s / 3600)


def _gain_s(closed: Closed, drive: Drive, sign: int, last: int, unwarned_s: float) -> float:
    """Give what the best corridor from a sign saves a driver, who comes back at a main street behind the section."""
    is_signable = closed.surprised.streets.is_signable
    rejoins = [place for place in range(last + 1, len(drive.way)) if is_signable[drive.way[place]]]
    if not rejoins:
        return 0.0
    led_s = closed.led_s(drive.way[sign])[[drive.way[place] for place in rejoins]]
    left_s = drive.until_s[-1] - drive.until_s[[place + 1 for place in rejoins]]
    return unwarned_s - float(drive.until_s[sign + 1]) - float((led_s + left_s).min())


def unlike(potentials: Iterable[Potential]) -> Iterator[Potential]:
    """Leave out sections that are nearly those of one before."""
    told: list[Potential] = []
    for each in potentials:
        if not any(each.is_like(other) for other in told):
            told.append(each)
            yield each


def table(potentials: Iterable[Potential]) -> Iterator[str]:
    """Give the table's lines."""
    yield f"{'saved':>7}{'lost':>7}{'affected':>10}{'reached':>9}{'helped':>8}  street (hours of vehicles; drivers)"
    for each in potentials:
        hours = f"{each.saved_vehicle_h:7.1f}{each.lost_vehicle_h:7.1f}"
        where = f"{each.street}: {' '.join(sorted(each.edges))}"
        yield f"{hours}{each.affected:10}{each.reached:9}{each.helped:8}  {where}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("city", help="a recipe of tests/evaluation/cities")
    parser.add_argument("--most", type=int, default=40, help="so many sections")
    asked = parser.parse_args()
    prepared = load(asked.city, lambda text: print(text, file=sys.stderr))  # noqa: T201 - how it goes
    routes = [driver.route for driver in prepared.drivers]
    for line in table(islice(unlike(find_potentials(prepared.knowledge, routes)), asked.most)):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
