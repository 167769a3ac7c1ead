"""What messages do together, and what all but one of them do: whom they lead away, where to, and what that costs."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from lotse_routing.core.along import NO_LINK, Places
from lotse_routing.decide.relations.crossings import sums
from lotse_routing.decide.relations.question import BY_NOBODY, Detour, Expected, Situation
from lotse_routing.decide.relations.streets import Floats
from lotse_routing.decide.relations.unwarned import Forced

NO_MESSAGE = NO_LINK


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
        return self._expect(self._first_at, self._load_veh_h)

    def without(self, number: int) -> Expected:
        """Give what all but one do."""
        led_away_at = np.where(self._first_by == number, self._second_at, self._first_at)
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

    @property
    def _first_at(self) -> Places:
        return self._signs[0]

    @property
    def _first_by(self) -> Places:
        return self._signs[1]

    @property
    def _second_at(self) -> Places:
        return self._signs[2]

    @cached_property
    def _signs(self) -> tuple[Places, Places, Places]:
        """For each trip the place of the first sign that addresses it, whose detour that is, and of the second one."""
        trips = len(self._situation.traffic.trips)
        first_at, second_at = np.full((2, trips), BY_NOBODY)
        first_by = np.full(trips, NO_MESSAGE)
        trip = np.concatenate([np.empty(0, np.intp), *(each.trips for each in self._detours)])
        place = np.concatenate([np.empty(0, np.intp), *(each.sign_places for each in self._detours)])
        by = np.repeat(np.arange(len(self._detours)), [len(each.trips) for each in self._detours])
        in_order = np.lexsort((place, trip))
        trip, place, by = trip[in_order], place[in_order], by[in_order]
        begins = np.flatnonzero(np.concatenate(([True], trip[1:] != trip[:-1]))[: len(trip)])
        first_at[trip[begins]], first_by[trip[begins]] = place[begins], by[begins]
        seconds = begins[np.diff(np.append(begins, len(trip))) > 1] + 1
        second_at[trip[seconds]] = place[seconds]
        return first_at, first_by, second_at
