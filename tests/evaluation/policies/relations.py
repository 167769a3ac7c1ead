"""Which traffic usually passes a sign and then a disturbance: a sample of trips, and their flows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from evaluation.nouns import Knowledge
from evaluation.streets import Streets, Way

WINDOW_S = 3600.0
"""Trips that depart within the hour around now stand for those that drive now."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownTrip:
    """A trip of the sample by numbers; `place` says where in its way an edge is first. No two are equal."""

    depart_s: float
    way: Way
    place: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Passage:
    """A trip that passes a sign and then a disturbance.

    Parameters
    ----------
    sign, first, last
        Places in the trip's way: of the sign, of the first edge after it that is disturbed, and of the last one that
        is disturbed or closed.
    """

    trip: KnownTrip
    sign: int
    first: int
    last: int

    @property
    def after(self) -> Way:
        """What comes after the disturbance."""
        return self.trip.way[self.last + 1 :]


@dataclass(frozen=True, slots=True)
class Traffic:
    """The trips of an hour; each stands for `veh_h` vehicles an hour."""

    trips: tuple[KnownTrip, ...]
    veh_h: float

    def through(self, edges: Collection[int]) -> list[KnownTrip]:
        """List the trips that pass any of these edges."""
        return [trip for trip in self.trips if any(edge in trip.place for edge in edges)]


class Relations:
    """The sample of trips that a control centre knows."""

    def __init__(self, knowledge: Knowledge, streets: Streets) -> None:
        known = [_known(trip.depart_s, streets.numbers(trip.route)) for trip in knowledge.trips]
        self._trips = sorted(known, key=lambda trip: trip.depart_s)
        self._begin_s, self._end_s = (self._trips[0].depart_s, self._trips[-1].depart_s) if known else (0.0, 0.0)
        self._vehicles = 1 / knowledge.sample_share

    def around(self, now_s: float) -> Traffic:
        """Give the trips that depart within the hour around a moment."""
        begin_s, end_s = now_s - WINDOW_S / 2, now_s + WINDOW_S / 2
        trips = tuple(trip for trip in self._trips if begin_s <= trip.depart_s <= end_s)
        covered_s = min(end_s, self._end_s) - max(begin_s, self._begin_s)
        return Traffic(trips, self._vehicles * 3600 / max(covered_s, WINDOW_S / 2))

    def always(self) -> Traffic:
        """Give the trips of the whole morning."""
        covered_s = max(self._end_s - self._begin_s, WINDOW_S / 2)
        return Traffic(tuple(self._trips), self._vehicles * 3600 / covered_s)


def _known(depart_s: float, way: Way) -> KnownTrip:
    return KnownTrip(depart_s, way, {edge: place for place, edge in reversed(list(enumerate(way)))})


def find_passages(
    trips: Iterable[KnownTrip], sign_edge: int, disturbed: Collection[int], closed: Collection[int] = ()
) -> list[Passage]:
    """List the trips that pass a sign and, after it, disturbed edges."""
    found = (_passage(trip, trip.place[sign_edge], disturbed, closed) for trip in trips if sign_edge in trip.place)
    return [passage for passage in found if passage is not None]


def _passage(trip: KnownTrip, sign: int, disturbed: Collection[int], closed: Collection[int]) -> Passage | None:
    places = [place for edge in disturbed if (place := trip.place.get(edge, -1)) > sign]
    if not places:
        return None
    return Passage(trip, sign, min(places), max(*places, *(trip.place.get(edge, -1) for edge in closed), -1))
