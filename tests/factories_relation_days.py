"""Days on the grid, drawn at random: who drives where, which signs stand where, what closes and what slows down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from factories_decide import NOON
from factories_relations import (
    COLUMNS,
    EVERYWHERE,
    GRID,
    NOON_S,
    ROWS,
    TOWN,
    a_closure,
    a_sign,
    a_snapshot,
    a_step,
    slowed,
    way,
)
from hypothesis import strategies as st

from lotse_routing.decide.decision import Step
from lotse_routing.decide.registry import Corridor, Sign
from lotse_routing.decide.relations.knowledge import TrafficKnowledge, know_traffic
from lotse_routing.decide.relations.usual import UsualTrip
from lotse_routing.settings import PolicySettings
from lotse_routing.state.snapshot import Snapshot

MINUTE_S = 60.0
LINKS = [link.link_id for link in GRID.links]


def _staircases() -> list[tuple[str, ...]]:
    """Every way on the grid that never turns back, by its junctions: down or up, left or right, in any order."""
    found = []
    size = range(len(ROWS))
    for down, right in ((d, r) for d in size for r in size if d + r >= 2):
        for turns in combinations(range(down + right), down):
            steps = [(1, 0) if n in turns else (0, 1) for n in range(down + right)]
            for row, column in ((r, c) for r in size[: len(size) - down] for c in size[: len(size) - right]):
                places = [(row, column)]
                for south, east in steps:
                    places.append((places[-1][0] + south, places[-1][1] + east))
                one = [ROWS[r] + COLUMNS[c] for r, c in places]
                other = [ROWS[r] + COLUMNS[-1 - c] for r, c in places]
                found += [tuple(one), tuple(reversed(one)), tuple(other), tuple(reversed(other))]
    return sorted(set(found), key=lambda junctions: (-len(junctions), junctions))


STAIRCASES = _staircases()
LONG = [junctions for junctions in STAIRCASES if len(junctions) >= 5]
STREETS = [[f"{r}{c}" for c in COLUMNS] for r in ROWS] + [[f"{r}{c}" for r in ROWS] for c in COLUMNS]
SECTIONS = [
    way(*junctions[begin:end])
    for street in STREETS
    for junctions in (street, street[::-1])
    for begin in range(3)
    for end in range(begin + 2, 5)
]
CORRIDORS = [
    Corridor(f"U{number}", links) for number, links in enumerate([section for section in SECTIONS if len(section) > 1])
]

ENDS = [UsualTrip(NOON_S + at_s, way("a0", "a1"), 1e-9) for at_s in (-1800.0, 1800.0)]
"""A trip of no weight at either end of the hour around noon, so that it counts as whole."""


@dataclass(frozen=True, slots=True)
class Minute:
    """What is so for a minute: speeds of measured links, closed links, corridors registered."""

    speeds_kmh: Mapping[str, float] = field(default_factory=dict)
    closed: tuple[str, ...] = ()
    corridors: tuple[Corridor, ...] = ()
    freshness: float = 1.0


@dataclass(frozen=True, slots=True)
class Day:
    """Who drives where, all day as at noon, where signs stand, and minute by minute what happens."""

    trips: tuple[UsualTrip, ...]
    signs: tuple[Sign, ...]
    minutes: tuple[Minute, ...]
    policy: PolicySettings

    def knowledge(self) -> TrafficKnowledge:
        return know_traffic(TOWN.streets, EVERYWHERE, [*self.trips, *ENDS])

    def steps(self, known: TrafficKnowledge | None = None) -> list[Step]:
        known = known or self.knowledge()
        return [self.step(known, number, minute) for number, minute in enumerate(self.minutes)]

    def step(self, known: TrafficKnowledge, number: int, minute: Minute) -> Step:
        roadworks = [a_closure(*minute.closed)] if minute.closed else []
        states = slowed(minute.speeds_kmh, minute.freshness)
        return self.step_of(known, a_snapshot(states, roadworks, at_minute(number)), minute.corridors)

    def step_of(self, known: TrafficKnowledge, snapshot: Snapshot, corridors: Sequence[Corridor] = ()) -> Step:
        made = a_step(snapshot, known, self.signs, corridors, self.policy)
        return replace(made, moment=replace(made.moment, relations=known.at(NOON)))


def at_minute(number: int) -> datetime:
    return NOON + timedelta(seconds=MINUTE_S * number)


trips = st.lists(
    st.builds(
        lambda junctions, vehicles: UsualTrip(NOON_S, way(*junctions), float(vehicles)),
        st.sampled_from(LONG),
        st.integers(1, 900),
    ),
    min_size=3,
    max_size=8,
).map(tuple)


@st.composite
def signs_of(draw: st.DrawFn, driven: Sequence[UsualTrip], most: int = 4) -> tuple[Sign, ...]:
    """Signs where trips of the sample pass, early enough to lead them anywhere."""
    passed = sorted({link for trip in driven for link in trip.links[:-2]})
    links = draw(st.lists(st.sampled_from(passed), min_size=1, max_size=most, unique=True))
    return tuple(a_sign(f"S{number}", link) for number, link in enumerate(sorted(links)))


def _slow(sections: Sequence[tuple[tuple[str, ...], float]]) -> dict[str, float]:
    return {link: speed_kmh for section, speed_kmh in sections for link in section}


def speeds_of(driven: Sequence[UsualTrip]) -> st.SearchStrategy[dict[str, float]]:
    """Jams along sections of streets, most of them where trips drive, and single links at any speed."""
    passed = {link for trip in driven for link in trip.links}
    busy = [section for section in SECTIONS if len(section) > 1 and passed.issuperset(section)] or SECTIONS
    jams = st.tuples(st.sampled_from(busy), st.sampled_from([4.0, 7.0, 12.0, 20.0, 28.0]))
    return st.builds(
        lambda jams, single: _slow(jams) | single,
        st.lists(jams, min_size=1, max_size=3) | st.just([]),
        st.dictionaries(st.sampled_from(LINKS), st.floats(0, 120), max_size=3),
    )


def _by_id(corridors: list[Corridor]) -> tuple[Corridor, ...]:
    """As a registry has them."""
    return tuple(sorted(corridors, key=lambda corridor: corridor.corridor_id))


@st.composite
def days(
    draw: st.DrawFn, /, most_minutes: int = 8, *, closures: bool = True, corridors: bool = True, **policy: Any
) -> Day:
    driven = draw(trips)
    passed = sorted({link for trip in driven for link in trip.links})
    closed = st.lists(st.sampled_from(passed), max_size=2, unique=True).map(tuple) if closures else st.just(())
    registered = st.lists(st.sampled_from(CORRIDORS), max_size=3, unique=True).map(_by_id) if corridors else st.just(())
    some = draw(st.lists(st.builds(Minute, speeds_of(driven), closed, st.just(())), min_size=2, max_size=3))
    approved = draw(st.lists(st.just(()) | registered, min_size=1, max_size=2))
    fresh = st.sampled_from([1.0, 1.0, 1.0, 1.0, 0.5, 0.0])
    order = draw(
        st.lists(st.tuples(st.sampled_from(some), st.sampled_from(approved), fresh), min_size=3, max_size=most_minutes)
    )
    return Day(
        driven,
        draw(signs_of(driven)),
        tuple(replace(minute, corridors=those, freshness=share) for minute, those, share in order),
        PolicySettings(
            **{
                "compliance": draw(st.sampled_from([0.3, 1.0])),
                "min_hold_s": draw(st.sampled_from([120.0, 300.0])),
            }
            | policy
        ),
    )
