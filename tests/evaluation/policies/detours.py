"""The best corridor for a sign and a disturbance, and what it gains for those it addresses. policy.md, step 3."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from evaluation.policies.disturbances import Disturbance
from evaluation.policies.loads import Flow
from evaluation.policies.moment import Moment
from evaluation.policies.relations import KnownTrip, Passage
from evaluation.policies.surprised import beyond
from evaluation.streets import Seconds, Way, cost_s, grow_tree

REJOIN_SHARE = 0.08
"""Streets after the disturbance come into question for coming back if so many of the affected use them."""
MOST_REJOINS = 20
TURN_ROUND_S = 60.0
"""What surprised drivers lose at a barrier, which the costs of edges do not show."""


@dataclass(frozen=True, slots=True)
class Detour:
    """A corridor from a sign to where it rejoins the usual way, and what it is worth now.

    Parameters
    ----------
    gain_s, gain_share
        Mean over those addressed: seconds, and their share of what the usual way takes from the sign on.
    addressed
        The trips it speaks to, and where in their way the sign stands.
    load_veh_h
        Flow that it brings to edges which the addressed would not have used.
    """

    corridor: Way
    gain_s: float
    gain_share: float
    addressed: dict[KnownTrip, int]
    load_veh_h: dict[int, float]

    @property
    def total_gain_s(self) -> float:
        """What all those addressed gain together."""
        return self.gain_s * len(self.addressed)


@dataclass(frozen=True, slots=True)
class Own:
    """A driver's own way, now: from the sign to the goal, and what is left after each edge of it."""

    passage: Passage
    now_s: float
    left_s: Seconds


@dataclass(frozen=True, slots=True)
class Question:
    """Where a sign may lead those who pass it and then a disturbance.

    Parameters
    ----------
    diverted_veh_h
        What all other messages divert.
    led_away
        For each trip, the place of the first other sign on its way that addresses it: who follows that one is not
        there to follow this one.
    """

    moment: Moment
    disturbance: Disturbance
    passages: Sequence[Passage]
    sign_edge: int
    diverted_veh_h: Flow
    led_away: dict[KnownTrip, int]

    def find_best(self) -> Detour | None:
        """Find the corridor that gains most for all those it addresses together."""
        costs_s = self.moment.costs_s(self.diverted_veh_h)
        streets = self.moment.streets
        barred = self.moment.barred | streets.mask(self.disturbance.edges)
        tree = grow_tree(streets.onward, self.sign_edge, costs_s, barred)
        ways = [tree.find_way(edge) for edge in self._rejoins()]
        owns = self._owns(costs_s)
        found = [detour for way in ways if way and (detour := self._value(way, owns)) is not None]
        return max(found, key=lambda detour: detour.total_gain_s, default=None)

    def value(self, corridor: Way) -> Detour | None:
        """Tell what a corridor is worth now; None if it addresses nobody, or leads over what is barred."""
        if self.moment.barred[list(corridor[1:])].any() or not self.disturbance.edges.isdisjoint(corridor[1:]):
            return None
        return self._value(corridor, self._owns(self.moment.costs_s(self.diverted_veh_h)))

    def _rejoins(self) -> list[int]:
        """List streets after the disturbance, those most used first, the nearest of them first."""
        used = Counter(edge for passage in self.passages for edge in dict.fromkeys(passage.after))
        is_signable = self.moment.streets.is_signable
        common = [
            edge
            for edge, trips in used.most_common()
            if is_signable[edge] and trips >= REJOIN_SHARE * len(self.passages) and edge not in self.disturbance.edges
        ]
        return common[:MOST_REJOINS]

    def _owns(self, costs_s: Seconds) -> list[Own]:
        owns = (self._own(passage, costs_s) for passage in self.passages)
        return [own for own in owns if own is not None]

    def _own(self, passage: Passage, costs_s: Seconds) -> Own | None:
        way = passage.trip.way
        along_s = costs_s[list(way)]
        left_s = along_s.sum() - np.cumsum(along_s)
        now_s = float(left_s[passage.sign])
        if self.disturbance.effect == "closed":
            forced = self.moment.surprised.find_way(way[passage.first - 1], way[-1])
            if forced is None:
                return None
            until_s = float(left_s[passage.sign] - left_s[passage.first - 1])
            now_s = until_s + TURN_ROUND_S + cost_s(forced, costs_s)
        return Own(passage, now_s, left_s)

    def _value(self, corridor: Way, owns: Sequence[Own]) -> Detour | None:
        rejoin = corridor[-1]
        addressed = [own for own in owns if own.passage.trip.place.get(rejoin, -1) > own.passage.last]
        if not addressed:
            return None
        load = self._load(corridor, [own.passage for own in addressed])
        corridor_s = self._loaded_s(corridor, load)
        now_s = fmean(own.now_s for own in addressed)
        then_s = corridor_s + fmean(float(own.left_s[own.passage.trip.place[rejoin]]) for own in addressed)
        return Detour(
            corridor=corridor,
            gain_s=now_s - then_s,
            gain_share=(now_s - then_s) / now_s,
            addressed={own.passage.trip: own.passage.sign for own in addressed},
            load_veh_h=load,
        )

    def _load(self, corridor: Way, passages: Sequence[Passage]) -> dict[int, float]:
        load: Counter[int] = Counter()
        for passage in passages:
            if self.led_away.get(passage.trip, passage.sign) >= passage.sign:
                load.update(beyond(corridor, passage.trip.place))
        return {edge: trips * self.moment.following_veh_h for edge, trips in load.items()}

    def _loaded_s(self, corridor: Way, load_veh_h: dict[int, float]) -> float:
        """Give what a corridor takes with its own traffic on it."""
        moment, edges = self.moment, list(corridor[1:])
        diverted = self.diverted_veh_h[edges] + [load_veh_h.get(edge, 0.0) for edge in edges]
        loaded = moment.loads.at(edges).costs_s(moment.measured_s[edges], moment.usual_s[edges], diverted)
        return float(loaded.sum())
