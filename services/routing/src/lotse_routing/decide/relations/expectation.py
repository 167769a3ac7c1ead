"""What messages do together, and what all but one of them do: whom they lead away, where to, and what that costs."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lotse_routing.core.along import Places
from lotse_routing.decide.relations.crossings import borders, sums
from lotse_routing.decide.relations.question import BY_NOBODY, Detour, Expected, Situation
from lotse_routing.decide.relations.streets import Floats
from lotse_routing.decide.relations.unwarned import Forced

NO_MESSAGE = -1


class _Signs(NamedTuple):
    """For each trip the place of the first sign that addresses it, whose detour that is, and of the second sign."""

    first_at: Places
    first_by: Places
    second_at: Places


class Expectation:
    """Knows what detours, which are shown, do.

    Parameters
    ----------
    forced
        Who comes to a barrier; of those led away before it, only who does not follow.
    """

    def __init__(self, situation: Situation, forced: Forced, detours: Sequence[Detour]) -> None:
        self._situation, self._forced, self._detours = situation, forced, detours

    @cached_property
    def of_all(self) -> Expected:
        """What all of them do."""
        return self._expect(self._signs.first_at, self._load_veh_h)

    def without(self, number: int) -> Expected:
        """Give what all but one do."""
        signs = self._signs
        led_away_at = np.where(signs.first_by == number, signs.second_at, signs.first_at)
        return self._expect(led_away_at, np.where(self._of == number, 0.0, self._load_veh_h))

    def _expect(self, led_away_at: Places, load_veh_h: Floats) -> Expected:
        traffic, forced = self._situation.traffic, self._forced
        is_led = led_away_at[forced.trip] != BY_NOBODY
        forced_veh_h = np.where(is_led, 1 - self._situation.compliance, 1.0) * traffic.veh_h[forced.trip]
        links = np.concatenate((self._links, forced.onto.links))
        flows_veh_h = np.concatenate((load_veh_h, np.repeat(forced_veh_h, np.diff(forced.onto.first))))
        diverted_veh_h = sums(links, flows_veh_h, traffic.links)
        return Expected(led_away_at, diverted_veh_h, self._situation.loads.costs_s(diverted_veh_h))

    @cached_property
    def _links(self) -> Places:
        return np.concatenate([np.empty(0, np.intp), *(np.array(each.corridor, np.intp) for each in self._detours)])

    @cached_property
    def _of(self) -> Places:
        """To which detour each of the links belongs."""
        return np.repeat(np.arange(len(self._detours)), [len(each.corridor) for each in self._detours])

    @cached_property
    def _load_veh_h(self) -> Floats:
        return np.concatenate([np.empty(0), *(each.load_veh_h for each in self._detours)])

    @cached_property
    def _signs(self) -> _Signs:
        trips = len(self._situation.traffic.trips)
        found = _Signs(np.full(trips, BY_NOBODY), np.full(trips, NO_MESSAGE), np.full(trips, BY_NOBODY))
        trip = np.concatenate([np.empty(0, np.intp), *(each.trips for each in self._detours)])
        place = np.concatenate([np.empty(0, np.intp), *(each.sign_places for each in self._detours)])
        by = np.repeat(np.arange(len(self._detours)), [len(each.trips) for each in self._detours])
        in_order = np.lexsort((place, trip))
        trip, place, by = trip[in_order], place[in_order], by[in_order]
        of_trip = borders(trip)
        first = of_trip[:-1]
        found.first_at[trip[first]], found.first_by[trip[first]] = place[first], by[first]
        second = first[np.diff(of_trip) > 1] + 1
        found.second_at[trip[second]] = place[second]
        return found
