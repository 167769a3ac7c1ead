"""Those who pass a sign and then a disturbance: how they drive if no sign tells them, and where they may come back.

Everything is in arrays, one entry for each of them, and known before anything is decided.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lotse_routing.core.along import Places, Ways, flat_ways, left_along, sums_along
from lotse_routing.core.jit import Flags
from lotse_routing.core.topology import Seconds
from lotse_routing.decide.relations.crossings import borders, spread
from lotse_routing.decide.relations.passages import Passages
from lotse_routing.decide.relations.streets import Floats
from lotse_routing.decide.relations.unwarned import Unwarned, Way
from lotse_routing.decide.relations.usual import Traffic

REJOIN_SHARE = 0.08
"""Streets after the disturbance come into question for coming back if so much of the affected flow uses them."""
MOST_REJOINS = 20
TURN_ROUND_S = 60.0
"""What surprised drivers lose at a barrier, which the costs of links do not show."""


class Rejoin(NamedTuple):
    """Those whose usual way leads over a link behind the disturbance: which of the affected, and where in `onward`."""

    who: Places
    at: Places


class Own(NamedTuple):
    """What their own ways take under some costs: from the sign to the goal; and what is left after each link."""

    now_s: Seconds
    left_s: Seconds


class _Surprise(NamedTuple):
    """Where each comes off the usual way unwarned, as a place in `onward`, and the way on from there.

    `turns_off` tells who can.
    """

    turns_off: Flags
    off_at: Places
    onward: Ways


@dataclass(frozen=True, eq=False)  # without slots: it keeps what is asked of it several times
class Affected:
    """The affected of a sign and a disturbance.

    Parameters
    ----------
    unwarned
        How they go on at a barrier; None where the disturbance is slow, and they drive through it.
    """

    traffic: Traffic
    passages: Passages
    unwarned: Unwarned | None

    @property
    def trip(self) -> Places:
        """Numbers of their trips."""
        return self.passages.trip

    @cached_property
    def veh_h(self) -> Floats:
        """How many vehicles an hour each stands for."""
        return self.traffic.veh_h[self.trip]

    def rejoin(self, link: int) -> Rejoin:
        """Tell who may come back at a link behind the disturbance: whoever can go on without a sign at all."""
        begin, end = np.searchsorted(self._rejoin_links, (link, link + 1))
        found = Rejoin(self._rejoins.who[begin:end], self._rejoins.at[begin:end])
        if self._surprise is None:
            return found
        can = self._surprise.turns_off[found.who]
        return Rejoin(found.who[can], found.at[can])

    def rejoins(self, out_of_question: Flags) -> list[int]:
        """List the links to come back at, those most used first, the nearest of them first.

        Parameters
        ----------
        out_of_question
            Where nobody is led to; shape (links,).
        """
        if not len(self._by_link):
            return []
        begins = borders(self._rejoin_links)[:-1]
        links, first = self._rejoin_links[begins], self._by_link[begins]
        vehicles = self.traffic.vehicles[self.trip]
        used = np.add.reduceat(vehicles[self._rejoins.who], begins)
        in_question = (used >= REJOIN_SHARE * vehicles.sum()) & ~out_of_question[links]
        in_order = np.lexsort((first, -used))
        found: list[int] = links[in_order[in_question[in_order]]].tolist()
        return found[:MOST_REJOINS]

    def own(self, costs_s: Seconds) -> Own:
        """Give what their own ways take now: over the disturbance, or from the barrier on as they can."""
        left_s = left_along(self.onward, costs_s)
        now_s = left_s[self.onward.first[:-1]]
        if (surprise := self._surprise) is not None:
            from_barrier_s = sums_along(surprise.onward, costs_s[:, None])[:, 0]
            now_s = now_s - left_s[surprise.off_at] + TURN_ROUND_S + from_barrier_s
        return Own(now_s, left_s)

    def until_s(self, own: Own, rejoin: Rejoin) -> Seconds:
        """Give what those who come back at a link take from the sign to there, on their own way."""
        until_s: Seconds = own.left_s[self.onward.first[rejoin.who]] - own.left_s[rejoin.at]
        return until_s

    def most_usual(self, rejoin: Rejoin) -> Way:
        """Give what most of those drive, from the sign to the link where they come back."""
        vehicles: dict[Way, float] = defaultdict(float)
        for who, at in zip(rejoin.who.tolist(), rejoin.at.tolist(), strict=True):
            way = tuple(self.onward.links[self.onward.first[who] : at + 1].tolist())
            vehicles[way] += float(self.traffic.vehicles[self.trip[who]])
        return max(vehicles, key=lambda way: (vehicles[way], way))

    @cached_property
    def onward(self) -> Ways:
        """Their usual ways, from the sign's link on."""
        ways = self.traffic.ways
        return Ways(ways.links[self._taken], np.concatenate(([0], np.cumsum(self._ends - self._begins))))

    @property
    def _begins(self) -> Places:
        begins: Places = self.traffic.ways.first[self.trip] + self.passages.sign
        return begins

    @property
    def _ends(self) -> Places:
        return self.traffic.ways.first[self.trip + 1]

    @cached_property
    def _taken(self) -> Places:
        """Where the links of `onward` stand in the ways of the traffic."""
        return spread(self._begins, self._ends)

    @cached_property
    def _who_of(self) -> Places:
        """To whom each link of `onward` belongs."""
        return np.repeat(np.arange(len(self.trip)), np.diff(self.onward.first))

    @cached_property
    def _behind(self) -> Places:
        """Places in `onward` behind the disturbance, where a link stands for the first time in its way."""
        place = np.arange(len(self._taken)) - self.onward.first[self._who_of] + self.passages.sign[self._who_of]
        return np.flatnonzero((place > self.passages.last[self._who_of]) & self.traffic.crossings.is_first[self._taken])

    @cached_property
    def _by_link(self) -> Places:
        return self._behind[np.argsort(self.onward.links[self._behind], kind="stable")]

    @cached_property
    def _rejoin_links(self) -> Places:
        return self.onward.links[self._by_link]

    @cached_property
    def _rejoins(self) -> Rejoin:
        return Rejoin(self._who_of[self._by_link], self._by_link)

    @cached_property
    def _surprise(self) -> _Surprise | None:
        if self.unwarned is None:
            return None
        ways = [self.traffic.trips[number].way for number in self.trip.tolist()]
        off = [self.unwarned.turns_off(w, first) for w, first in zip(ways, self.passages.first.tolist(), strict=True)]
        place = np.array([0 if each is None else each[0] for each in off], np.intp)
        return _Surprise(
            turns_off=np.array([each is not None for each in off], np.bool_),
            off_at=self.onward.first[:-1] + np.maximum(place - self.passages.sign, 0),
            onward=flat_ways([() if each is None else each[1][1:] for each in off]),
        )
