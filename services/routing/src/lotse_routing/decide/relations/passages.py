"""Which usual trips pass a sign and then a disturbance."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lotse_routing.core.along import Places
from lotse_routing.decide.relations.crossings import borders, spread, sums
from lotse_routing.decide.relations.usual import Traffic

NOWHERE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """Trips that pass a sign and then a disturbance; shape (trips,) each.

    Attributes
    ----------
    trip
        Their numbers in the traffic, in order.
    sign, first, last
        Places in the way of each: of the sign, of the first link after it that is disturbed, and of the last one that
        is disturbed or closed.
    """

    trip: Places
    sign: Places
    first: Places
    last: Places


NOBODY = Passages(*np.empty((4, 0), np.intp))


class PassedSigns:
    """Where the trips of an hour pass signs, which stand on these links."""

    def __init__(self, traffic: Traffic, sign_links: Sequence[int], closed: Collection[int]) -> None:
        at_signs = traffic.crossings.over(sign_links)
        by_trip = np.argsort(at_signs.way, kind="stable")
        self._traffic = traffic
        self._sign, self._place = at_signs.asked[by_trip], at_signs.place[by_trip]
        self._begins = np.searchsorted(at_signs.way[by_trip], np.arange(len(traffic.trips) + 1)).astype(np.intp)
        barriers = traffic.crossings.over(sorted(closed))
        self._last_closed = np.full(len(traffic.trips), NOWHERE, np.intp)
        np.maximum.at(self._last_closed, barriers.way, barriers.place)

    def before(self, disturbed: Collection[int], *, is_slow: bool) -> Mapping[int, Passages]:
        """Give, by the number of each sign that anybody passes before disturbed links, who does.

        Of a slow street, those who do not come to a barrier.
        """
        on_it = self._traffic.crossings.over(sorted(disturbed))
        trip, place = on_it.way, on_it.place
        if is_slow:
            is_free = self._last_closed[trip] == NOWHERE
            trip, place = trip[is_free], place[is_free]
        begins, ends = self._begins[trip], self._begins[trip + 1]
        met = spread(begins, ends)
        trip, place = np.repeat(trip, ends - begins), np.repeat(place, ends - begins)
        is_after = place > self._place[met]
        return self._by_sign(met[is_after], trip[is_after], place[is_after])

    def _by_sign(self, met: Places, trip: Places, place: Places) -> Mapping[int, Passages]:
        """Put together what a trip passes after a sign."""
        in_order = np.lexsort((place, trip, self._sign[met]))
        met, trip, place = met[in_order], trip[in_order], place[in_order]
        of_trip = borders(met)
        first, last = place[of_trip[:-1]], place[of_trip[1:] - 1]
        met, trip = met[of_trip[:-1]], trip[of_trip[:-1]]
        last = np.maximum(last, self._last_closed[trip])
        sign = self._sign[met]
        of_sign = borders(sign)
        own = map(slice, of_sign[:-1], of_sign[1:])
        passages = (Passages(trip[each], self._place[met[each]], first[each], last[each]) for each in own)
        return dict(zip(sign[of_sign[:-1]].tolist(), passages, strict=True))


def last_vehicles(traffic: Traffic, passages: Mapping[int, Passages]) -> Mapping[int, float]:
    """Count, by sign, the vehicles for which it is the last one before the disturbance."""
    if not passages:
        return {}
    sign = np.repeat(list(passages), [len(each.trip) for each in passages.values()])
    trip = np.concatenate([each.trip for each in passages.values()])
    place = np.concatenate([each.sign for each in passages.values()])
    in_order = np.lexsort((sign, place, trip))
    trip, sign = trip[in_order], sign[in_order]
    at_last = borders(trip)[1:] - 1
    signs, number = np.unique(sign[at_last], return_inverse=True)
    counts = sums(number, traffic.vehicles[trip[at_last]], len(signs))
    return dict(zip(signs.tolist(), counts.tolist(), strict=True))
