"""The best corridor for a sign and a disturbance, and what it gains for those it addresses. policy.md, step 3."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lotse_routing.core.jit import Flags
from lotse_routing.core.routes import RouteGraph, paths_from, tree_over, tree_to_link
from lotse_routing.core.topology import Seconds
from lotse_routing.decide.registry import Corridor
from lotse_routing.decide.relations.disturbance import Disturbance
from lotse_routing.decide.relations.loads import Loads
from lotse_routing.decide.relations.passages import Passage
from lotse_routing.decide.relations.streets import Floats, Streets
from lotse_routing.decide.relations.unwarned import Unwarned, beyond
from lotse_routing.decide.relations.usual import KnownTrip, Traffic

REJOIN_SHARE = 0.08
"""Streets after the disturbance come into question for coming back if so much of the affected flow uses them."""
MOST_REJOINS = 20
TURN_ROUND_S = 60.0
"""What surprised drivers lose at a barrier, which the costs of links do not show."""
MINUTE_S = 60.0

Way = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What messages do together: whom they lead away, what they divert, and what links cost then. No two are equal.

    `led_away` has, for each trip, the place of the first sign on its way that addresses it: who follows that one is not
    there to follow a later one. The others are of shape (links,).
    """

    led_away: Mapping[KnownTrip, int]
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

    def following_veh_h(self, trip: KnownTrip) -> float:
        """Tell how many of the drivers that a trip stands for follow a sign, per hour."""
        return self.compliance * self.traffic.veh_h(trip)


@dataclass(frozen=True, slots=True)
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
    addressed
        The trips it speaks to, and where in their way the sign stands.
    vehicles_per_h
        Flow of those addressed, as usual.
    load_veh_h
        Flow that it brings to links which the addressed would not have used.
    usual_way
        What most of the addressed drive without it, from the sign to the link where it rejoins.
    """

    corridor: Way
    via: str | None
    gain_s: float
    gain_share: float
    lost_s: float
    addressed: Mapping[KnownTrip, int]
    vehicles_per_h: float
    load_veh_h: Mapping[int, float]
    usual_way: Way

    @property
    def total_gain_s(self) -> float:
        """What all those addressed gain together, in an hour."""
        return self.gain_s * self.vehicles_per_h

    @property
    def total_gain_veh_min_h(self) -> float:
        """The same in vehicle minutes an hour."""
        return self.total_gain_s / MINUTE_S


@dataclass(frozen=True, slots=True)
class _Own:
    """A driver's own way, now: from the sign to the goal, and what is left after each link of it."""

    passage: Passage
    now_s: float
    left_s: Seconds


@dataclass(frozen=True, slots=True)
class _Gain:
    """What a corridor gains without its own load: those addressed, their time now, on it, and after it (means)."""

    passages: Sequence[Passage]
    vehicles_per_h: float
    now_s: float
    corridor_s: float
    left_s: float

    @property
    def total_s(self) -> float:
        """What all of them gain together, in an hour."""
        return (self.now_s - self.corridor_s - self.left_s) * self.vehicles_per_h


@dataclass(frozen=True, slots=True)
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
    passages: Sequence[Passage]
    sign_link: int
    corridors: Sequence[Corridor]
    is_free: bool
    expected: Expected
    by_others: Expected

    def find_best(self) -> Detour | None:
        """Find the corridor that gains most for all those it addresses together.

        What a corridor gains before its own load is the most it can gain: only those that may be the best are loaded.
        """
        costs_s = self.by_others.costs_s
        owns = self._owns(costs_s)
        ways = ((way, via, self._gain(way, costs_s, owns)) for way, via in self._ways())
        in_order = sorted(((w, v, gain) for w, v, gain in ways if gain), key=lambda each: -each[2].total_s)
        best: Detour | None = None
        for way, via, gain in in_order:
            if best is not None and gain.total_s <= best.total_gain_s:
                break
            detour = self._loaded(way, via, gain)
            best = detour if best is None or detour.total_gain_s > best.total_gain_s else best
        return best

    def value(self, corridor: Way, via: str | None) -> Detour | None:
        """Tell what a corridor is worth now; None if it addresses nobody."""
        costs_s = self.by_others.costs_s
        gain = self._gain(corridor, costs_s, self._owns(costs_s))
        return self._loaded(corridor, via, gain) if gain else None

    def _ways(self) -> Iterator[tuple[Way, str | None]]:
        """List the ways to come back to the usual one behind the disturbance."""
        rejoins = self._rejoins()
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

    def _rejoins(self) -> list[int]:
        """List streets after the disturbance, those most used first, the nearest of them first."""
        used: dict[int, float] = defaultdict(float)
        for passage in self.passages:
            for link in dict.fromkeys(passage.after):
                used[link] += passage.trip.vehicles
        least = REJOIN_SHARE * sum(passage.trip.vehicles for passage in self.passages)
        common = [link for link in sorted(used, key=lambda link: -used[link]) if used[link] >= least]
        out_of_question = self.situation.barred | self.situation.streets.is_minor
        return [link for link in common if not out_of_question[link]][:MOST_REJOINS]

    def _owns(self, costs_s: Seconds) -> list[_Own]:
        owns = (self._own(passage, costs_s) for passage in self.passages)
        return [own for own in owns if own is not None]

    def _own(self, passage: Passage, costs_s: Seconds) -> _Own | None:
        way = passage.trip.way
        along_s = costs_s[list(way)]
        left_s = along_s.sum() - np.cumsum(along_s)
        now_s = float(left_s[passage.sign])
        if self.disturbance.effect == "closed":
            off = self.situation.unwarned.turns_off(way, passage.first)
            if off is None:
                return None
            place, onward = off
            until_s = float(left_s[passage.sign] - left_s[max(place, passage.sign)])
            now_s = until_s + TURN_ROUND_S + float(costs_s[list(onward[1:])].sum())
        return _Own(passage, now_s, left_s)

    def _gain(self, corridor: Way, costs_s: Seconds, owns: Sequence[_Own]) -> _Gain | None:
        rejoin = corridor[-1]
        addressed = [own for own in owns if own.passage.trip.place.get(rejoin, -1) > own.passage.last]
        if not addressed:
            return None
        weights = [self.situation.traffic.veh_h(own.passage.trip) for own in addressed]
        left_s = [float(own.left_s[own.passage.trip.place[rejoin]]) for own in addressed]
        return _Gain(
            passages=[own.passage for own in addressed],
            vehicles_per_h=sum(weights),
            now_s=float(np.average([own.now_s for own in addressed], weights=weights)),
            corridor_s=float(costs_s[list(corridor[1:])].sum()),
            left_s=float(np.average(left_s, weights=weights)),
        )

    def _loaded(self, corridor: Way, via: str | None, gain: _Gain) -> Detour:
        load = self._load(corridor, gain.passages)
        gain_s = gain.now_s - gain.left_s - self._loaded_s(corridor, load)
        return Detour(
            corridor=corridor,
            via=via,
            gain_s=gain_s,
            gain_share=gain_s / gain.now_s,
            lost_s=self._lost_s(gain.passages, corridor[-1]),
            addressed={passage.trip: passage.sign for passage in gain.passages},
            vehicles_per_h=gain.vehicles_per_h,
            load_veh_h=load,
            usual_way=_most_usual(gain.passages, corridor[-1]),
        )

    def _lost_s(self, passages: Sequence[Passage], rejoin: int) -> float:
        """Give what their own way takes longer than usual, from the sign to where a corridor rejoins it: a mean."""
        if self.disturbance.effect == "closed":
            return np.inf
        costs_s, typical_s = self.by_others.costs_s, self.situation.loads.typical_s
        trips = [(passage.trip, passage.sign) for passage in passages]
        ways = [list(trip.way[sign + 1 : trip.place[rejoin] + 1]) for trip, sign in trips]
        lost_s = [float((costs_s[way] - typical_s[way]).sum()) for way in ways]
        return float(np.average(lost_s, weights=[self.situation.traffic.veh_h(trip) for trip, _ in trips]))

    def _load(self, corridor: Way, passages: Sequence[Passage]) -> Mapping[int, float]:
        load: dict[int, float] = defaultdict(float)
        for passage in passages:
            if self.by_others.led_away.get(passage.trip, passage.sign) >= passage.sign:
                for link in beyond(corridor, passage.trip.place):
                    load[link] += self.situation.following_veh_h(passage.trip)
        return dict(load)

    def _loaded_s(self, corridor: Way, load_veh_h: Mapping[int, float]) -> float:
        """Give what a corridor takes with its own traffic on it."""
        links = list(corridor[1:])
        diverted = self.by_others.diverted_veh_h[links] + [load_veh_h.get(link, 0.0) for link in links]
        return float(self.situation.loads.costs_s(diverted, links).sum())


def _most_usual(passages: Sequence[Passage], rejoin: int) -> Way:
    vehicles: dict[Way, float] = defaultdict(float)
    for passage in passages:
        vehicles[passage.trip.way[passage.sign : passage.trip.place[rejoin] + 1]] += passage.trip.vehicles
    return max(vehicles, key=lambda way: (vehicles[way], way))
