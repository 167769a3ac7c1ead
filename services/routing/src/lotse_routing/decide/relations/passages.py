"""Which usual trips pass a sign and then a disturbance."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from lotse_routing.decide.relations.usual import KnownTrip


@dataclass(frozen=True, slots=True)
class Passage:
    """A trip that passes a sign and then a disturbance.

    Parameters
    ----------
    sign, first, last
        Places in the trip's way: of the sign, of the first link after it that is disturbed, and of the last one that
        is disturbed or closed.
    """

    trip: KnownTrip
    sign: int
    first: int
    last: int

    @property
    def after(self) -> tuple[int, ...]:
        """What comes after the disturbance."""
        return self.trip.way[self.last + 1 :]


def find_passages(
    trips: Iterable[KnownTrip], sign_link: int, disturbed: Collection[int], closed: Collection[int]
) -> list[Passage]:
    """List the trips that pass a sign and, after it, disturbed links."""
    found = (_passage(trip, trip.place[sign_link], disturbed, closed) for trip in trips if sign_link in trip.place)
    return [passage for passage in found if passage is not None]


def _passage(trip: KnownTrip, sign: int, disturbed: Collection[int], closed: Collection[int]) -> Passage | None:
    places = [place for link in disturbed if (place := trip.place.get(link, -1)) > sign]
    if not places:
        return None
    return Passage(trip, sign, min(places), max(*places, *(trip.place.get(link, -1) for link in closed), -1))


def last_vehicles(passages: Mapping[str, Sequence[Passage]]) -> Mapping[str, float]:
    """Count, for each sign, the vehicles for which it is the last one before the disturbance."""
    last: dict[KnownTrip, tuple[int, str]] = {}
    for sign_id, those in passages.items():
        for passage in those:
            last[passage.trip] = max(last.get(passage.trip, (-1, "")), (passage.sign, sign_id))
    counts: dict[str, float] = defaultdict(float)
    for trip, (_, sign_id) in last.items():
        counts[sign_id] += trip.vehicles
    return counts
