"""Who passes what, in arrays: the same as by looking at each way."""

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lotse_routing.core.along import flat_ways
from lotse_routing.decide.relations.crossings import Crossings, borders, spread
from lotse_routing.decide.relations.passages import PassedSigns, last_vehicles
from lotse_routing.decide.relations.usual import EVERY_DAY, KnownTrip, Traffic

LINKS = 8
SOME_LINKS = st.sets(st.integers(0, LINKS - 1), max_size=3)
A_WAY = st.lists(st.integers(0, LINKS - 1), min_size=1, max_size=7).map(tuple)


def traffic_on(*ways: tuple[int, ...]) -> Traffic:
    trips = tuple(KnownTrip(0.0, 1.0 + number, EVERY_DAY, way) for number, way in enumerate(ways))
    return Traffic(trips, 2.0, LINKS)


def passage(way: tuple[int, ...], sign: int, disturbed: set[int], closed: set[int], *, is_slow: bool) -> list[int]:
    """The places of sign, first and last; none if the trip does not pass both."""
    if sign not in way or (is_slow and closed.intersection(way)):
        return []
    at = way.index(sign)
    after = [place for link in disturbed if link in way and (place := way.index(link)) > at]
    barriers = [way.index(link) for link in closed if link in way]
    return [at, min(after), max(after + barriers)] if after else []


def test_stretches_one_behind_the_other() -> None:
    assert spread(np.array([5, 2, 9]), np.array([8, 2, 10])).tolist() == [5, 6, 7, 9]
    assert spread(np.empty(0, np.intp), np.empty(0, np.intp)).tolist() == []


def test_runs_of_equal_values() -> None:
    assert borders(np.array([4, 4, 1, 4])).tolist() == [0, 2, 3, 4]
    assert borders(np.empty(0, np.intp)).tolist() == [0]


def test_a_link_stands_in_a_way_where_it_does_first() -> None:
    crossings = Crossings(flat_ways([(3, 1, 3), (), (1,)]), LINKS)
    found = crossings.over([3, 1, 0])
    assert (found.asked.tolist(), found.way.tolist(), found.place.tolist()) == ([0, 1, 1], [0, 0, 2], [0, 1, 0])
    assert crossings.is_first.tolist() == [True, True, False, True]
    assert crossings.flow(np.array([1.0, 10.0, 100.0])).tolist() == [0, 101.0, 0, 1.0, 0, 0, 0, 0]


@settings(max_examples=200, deadline=None)
@given(
    ways=st.lists(A_WAY, max_size=6),
    signs=st.lists(st.integers(0, LINKS - 1), max_size=4),
    disturbed=SOME_LINKS,
    closed=SOME_LINKS,
    is_slow=st.booleans(),
)
def test_passages_are_those_of_each_way_alone(
    *, ways: list[tuple[int, ...]], signs: list[int], disturbed: set[int], closed: set[int], is_slow: bool
) -> None:
    traffic = traffic_on(*ways)
    passages = PassedSigns(traffic, signs, closed).before(disturbed, is_slow=is_slow)
    alone = {
        number: [
            [trip, *found]
            for trip, way in enumerate(ways)
            if (found := passage(way, sign, disturbed, closed, is_slow=is_slow))
        ]
        for number, sign in enumerate(signs)
    }
    told = {n: np.array([p.trip, p.sign, p.first, p.last]).T.tolist() for n, p in passages.items()}
    assert told == {number: found for number, found in alone.items() if found}
    last: dict[int, float] = {}
    for trip in range(len(ways)):
        met = [(at, n) for n, found in alone.items() for number, at, *_ in found if number == trip]
        if met:
            last[max(met)[1]] = last.get(max(met)[1], 0.0) + 1.0 + trip
    assert last_vehicles(traffic, passages) == last


def test_flow_is_that_of_each_trip_on_each_of_its_links_once() -> None:
    random = Random(4711)
    ways = [tuple(random.choices(range(LINKS), k=5)) for _ in range(20)]
    traffic = traffic_on(*ways)
    assert traffic.flow_veh_h.tolist() == [
        sum(2.0 * (1.0 + number) for number, way in enumerate(ways) if link in way) for link in range(LINKS)
    ]
