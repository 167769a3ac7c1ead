"""The best corridor for a sign and a disturbance, and what it gains for those it addresses. policy.md, step 3."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lotse_routing.core.along import Places, weights_beside
from lotse_routing.core.jit import Flags
from lotse_routing.core.routes import RouteGraph, paths_from, tree_over, tree_to_link
from lotse_routing.core.topology import Seconds
from lotse_routing.decide.registry import Corridor
from lotse_routing.decide.relations.affected import Affected, Own, Rejoin
from lotse_routing.decide.relations.disturbance import Disturbance
from lotse_routing.decide.relations.loads import Loads
from lotse_routing.decide.relations.streets import Floats, Streets
from lotse_routing.decide.relations.unwarned import Unwarned, Way
from lotse_routing.decide.relations.usual import Traffic

MINUTE_S = 60.0
DIGITS = 3
"""Of the seconds that decide between two corridors: where they gain the same, the last digits of sums do not decide."""
BY_NOBODY = np.iinfo(np.intp).max
"""Place of the sign that leads a trip away, where none does."""


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What messages do together: whom they lead away, what they divert, and what links cost then. No two are equal.

    `led_away_at` has, for each trip, the place of the first sign on its way that addresses it, or `BY_NOBODY`: who
    follows that one is not there to follow a later one; shape (trips,). The others are of shape (links,).
    """

    led_away_at: Places
    diverted_veh_h: Floats
    costs_s: Seconds


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """What is known when signs are decided on, the same for all of them within a step.

    Attributes
    ----------
    barred
        Links that nobody is led over: closed ones, and disturbed ones.
    compliance
        Share of those addressed who are taken to follow a sign.
    graph
        Gives the streets of cars where they are open, under the costs of what is expected.
    """

    streets: Streets
    traffic: Traffic
    loads: Loads
    barred: Flags
    unwarned: Unwarned
    compliance: float
    graph: Callable[[Expected, Flags], RouteGraph]


@dataclass(frozen=True, slots=True, eq=False)
class Detour:
    """A corridor from a sign to where it rejoins the usual way, and what it is worth now.

    Parameters
    ----------
    corridor
        From the sign's link to the one where it rejoins, both included; `via` names it if it is a registered one.
    gain_s, gain_share
        Mean over those addressed: seconds, and their share of what the usual way takes from the sign on.
    lost_s
        What they lose beyond what is usual until they are where it rejoins, in the mean; infinite past a closure.
    trips, sign_places
        Numbers of the trips it speaks to, and where in their way the sign stands.
    vehicles_per_h
        Flow of those addressed, as usual.
    load_veh_h
        Flow that it brings to each link of the corridor: of those who would not have used it; shape (corridor,).
    usual_way
        What most of the addressed drive without it, from the sign to the link where it rejoins.
    """

    corridor: Way
    via: str | None
    gain_s: float
    gain_share: float
    lost_s: float
    trips: Places
    sign_places: Places
    vehicles_per_h: float
    load_veh_h: Floats
    usual_way: Way

    @property
    def total_gain_s(self) -> float:
        """What all those addressed gain together, in an hour."""
        return self.gain_s * self.vehicles_per_h

    @property
    def total_gain_veh_min_h(self) -> float:
        """The same in vehicle minutes an hour."""
        return self.total_gain_s / MINUTE_S


@dataclass(frozen=True, slots=True, eq=False)
class _Gain:
    """What a corridor gains for whom, before its own load is on it: their time now, on it, and after it (means)."""

    corridor: Way
    via: str | None
    rejoin: Rejoin
    vehicles_per_h: float
    now_s: float
    corridor_s: float
    left_s: float

    @property
    def total_s(self) -> float:
        """What all of them gain together, in an hour."""
        return round((self.now_s - self.corridor_s - self.left_s) * self.vehicles_per_h, DIGITS)


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """The same with its own load."""

    gain: _Gain
    gain_s: float
    load_veh_h: Floats

    @property
    def total_s(self) -> float:
        return round(self.gain_s * self.gain.vehicles_per_h, DIGITS)


@dataclass(frozen=True, eq=False)  # without slots: it keeps what is asked of it several times
class Question:
    """Where a sign may lead those who pass it and then a disturbance.

    Parameters
    ----------
    corridors
        What the sign may show; none registered: any way, if it `is_free` to propose one.
    expected
        What all messages do, the sign's own included: under its costs ways are searched.
    by_others
        What all other messages do: under its costs they are valued.
    """

    situation: Situation
    disturbance: Disturbance
    affected: Affected
    sign_link: int
    corridors: Sequence[Corridor]
    is_free: bool
    expected: Expected
    by_others: Expected

    def find_best(self) -> Detour | None:
        """Find the corridor that gains most for all those it addresses together.

        What a corridor gains before its own load is the most it can gain: only those that may be the best are loaded.
        Of those that gain the same it is the one that comes back last: tried against the first (decision 0058).
        """
        gains = [gain for way, via in self._ways() if (gain := self._gain(way, via)) is not None]
        best: _Loaded | None = None
        for _, gain in sorted(enumerate(gains), key=lambda each: (-each[1].total_s, -each[0])):
            if best is not None and gain.total_s <= best.total_s:
                break
            loaded = self._loaded(gain)
            best = loaded if best is None or loaded.total_s > best.total_s else best
        return self._detour(best) if best is not None else None

    def value(self, corridor: Way, via: str | None) -> Detour | None:
        """Tell what a corridor is worth now; None if it addresses nobody."""
        gain = self._gain(corridor, via)
        return self._detour(self._loaded(gain)) if gain is not None else None

    def _ways(self) -> Iterator[tuple[Way, str | None]]:
        """List the ways to come back to the usual one behind the disturbance."""
        rejoins = self.affected.rejoins(self.situation.barred | self.situation.streets.is_minor)
        if not rejoins:
            return
        if not self.corridors and self.is_free:
            graph = self.situation.graph(self.expected, self._open(()))
            yield from ((way, None) for way in paths_from(graph, self.sign_link, rejoins) if not self._loops(way))
        index = self.situation.streets.topology.index
        for corridor in self.corridors:
            if all(link in index for link in corridor.links):
                links = tuple(index[link] for link in corridor.links)
                graph = self.situation.graph(self.expected, self._open(links))
                paths = [tree_over(links, tree_to_link(graph, r)).path_from(self.sign_link) for r in rejoins]
                yield from ((p.links, corridor.corridor_id) for p in paths if p and len(set(p.links)) == len(p.links))

    def _loops(self, way: Way) -> bool:
        """Tell whether a way comes twice to one junction: nobody follows that."""
        links = self.situation.streets.topology.links
        return len({links[link].to_node for link in way}) < len(way)

    def _open(self, approved: Way) -> Flags:
        """Mark where a sign may lead: not over minor streets, but for those of an approved corridor."""
        streets = self.situation.streets
        is_open = ~(self.situation.barred | streets.is_minor & ~streets.mask(approved))
        is_open[self.sign_link] = True
        return is_open

    @cached_property
    def _own(self) -> Own:
        return self.affected.own(self.by_others.costs_s)

    def _gain(self, corridor: Way, via: str | None) -> _Gain | None:
        rejoin = self.affected.rejoin(corridor[-1])
        if not len(rejoin.who):
            return None
        veh_h, own = self.affected.veh_h[rejoin.who], self._own
        return _Gain(
            corridor=corridor,
            via=via,
            rejoin=rejoin,
            vehicles_per_h=float(veh_h.sum()),
            now_s=_mean(own.now_s[rejoin.who], veh_h),
            corridor_s=float(self.by_others.costs_s[list(corridor[1:])].sum()),
            left_s=_mean(own.left_s[rejoin.at], veh_h),
        )

    def _loaded(self, gain: _Gain) -> _Loaded:
        links = np.array(gain.corridor, np.intp)
        load_veh_h = self._load(links, gain.rejoin)
        diverted_veh_h = self.by_others.diverted_veh_h[links[1:]] + load_veh_h[1:]
        corridor_s = float(self.situation.loads.costs_s(diverted_veh_h, links[1:]).sum())
        return _Loaded(gain, gain.now_s - gain.left_s - corridor_s, load_veh_h)

    def _load(self, links: Places, rejoin: Rejoin) -> Floats:
        """Give the flow that those addressed bring to links that they would not have used."""
        trips = self.affected.trip[rejoin.who]
        stays = self.by_others.led_away_at[trips] >= self.affected.passages.sign[rejoin.who]
        traffic = self.situation.traffic
        following_veh_h = self.situation.compliance * traffic.veh_h[trips[stays]]
        return weights_beside(traffic.ways, trips[stays], following_veh_h, links, traffic.links)

    def _detour(self, loaded: _Loaded) -> Detour:
        gain, affected = loaded.gain, self.affected
        return Detour(
            corridor=gain.corridor,
            via=gain.via,
            gain_s=loaded.gain_s,
            gain_share=loaded.gain_s / gain.now_s,
            lost_s=self._lost_s(gain.rejoin),
            trips=affected.trip[gain.rejoin.who],
            sign_places=affected.passages.sign[gain.rejoin.who],
            vehicles_per_h=gain.vehicles_per_h,
            load_veh_h=loaded.load_veh_h,
            usual_way=affected.most_usual(gain.rejoin),
        )

    def _lost_s(self, rejoin: Rejoin) -> float:
        """Give what their own way takes longer than usual, from the sign to where a corridor rejoins it: a mean."""
        if self.disturbance.effect == "closed":
            return np.inf
        usual = self.affected.own(self.situation.loads.typical_s)
        lost_s = self.affected.until_s(self._own, rejoin) - self.affected.until_s(usual, rejoin)
        return _mean(lost_s, self.affected.veh_h[rejoin.who])


def _mean(values: Floats, weights: Floats) -> float:
    return float((values * weights).sum() / weights.sum())
