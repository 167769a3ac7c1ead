"""Advice to each driver by themselves, calm enough to do good. No real sign can give it: a bound for signs."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.nouns import Knowledge, Minute, Route
from evaluation.policies.loads import Flow, read_loads
from evaluation.policies.measured import Measured
from evaluation.policies.quickest import Destinations, Quickest, sign_edges
from evaluation.policies.surprised import beyond
from evaluation.streets import Streets, Way

ADVISE_GAIN_S, ADVISE_SHARE = 45.0, 0.15
"""A driver is advised from this gain on, in seconds and in share of their own way's time now."""
KEEP_RATIO = 0.5
"""A way that is advised already goes on being advised down to this share of either."""
HOLD_S = 300
"""The way from a sign to a goal stays the advised one at least this long."""
REPLACE_RATIO, REPLACE_EXTRA_S = 1.25, 20.0
"""Then another replaces it from this multiple of its gain on, and this much more."""
REMEMBERED_S = 300
"""Drivers who were advised in this time stand for those who are on their way there."""


@dataclass(frozen=True, slots=True)
class Advice:
    """The way from a sign to a goal that is advised."""

    way: Way
    since_s: int


class Individual:
    """Advises with smoothing, threshold, hold and hysteresis, and knows what its advice does to the streets."""

    def __init__(self, knowledge: Knowledge, streets: Streets) -> None:
        self._streets, self._signs = streets, sign_edges(knowledge.city, streets)
        self._measured = Measured(knowledge, streets)
        self._loads = read_loads(knowledge, streets)
        self._destinations = Destinations(knowledge, streets)
        self._now_s = 0
        self._now = Quickest(streets, self._signs, self._measured.times_s)
        self._advice: dict[tuple[str, int], Advice] = {}
        self._diverted: deque[tuple[int, list[int]]] = deque()

    def update(self, minute: Minute) -> None:
        """Take in a minute; advice that leads into a closed edge, or that nobody needs any more, goes."""
        self._now_s = minute.until_s
        self._measured.take(minute)
        closed = frozenset(self._streets.numbers(minute.closed))
        costs_s = self._loads.costs_s(self._measured.times_s, self._measured.usual_s, self._diverted_veh_h())
        self._now = Quickest(self._streets, self._signs, costs_s, closed)
        self._advice = {key: advice for key, advice in self._advice.items() if closed.isdisjoint(advice.way)}

    def shown(self) -> Mapping[str, Sequence[str]]:
        """Name, for each named destination to which drivers are led another way than usual, the street that they take.

        Advice to single drivers has no text; this stands for it, so that its changes can be counted.
        """
        return {sign_id: self._destinations.lines(sign_id, self._advise) for sign_id in self._signs}

    def _diverted_veh_h(self) -> Flow:
        while self._diverted and self._diverted[0][0] <= self._now_s - REMEMBERED_S:
            self._diverted.popleft()
        flow = self._loads.none()
        for _, edges in self._diverted:
            flow[edges] += 3600 / REMEMBERED_S
        return flow

    def way(self, sign_id: str, ahead: Route) -> Route | None:
        """Give the way that is advised to a driver; None if their own is good enough."""
        own = self._streets.numbers(ahead)
        way = self._advise(sign_id, own)
        if way is None:
            return None
        self._diverted.append((self._now_s, beyond(way, own)))
        return self._streets.route(way)

    def _advise(self, sign_id: str, own: Way) -> Way | None:
        best = self._now.find_way(sign_id, own[-1])
        if best is None:
            return None
        own_s, key = self._now.cost_s(own), (sign_id, own[-1])
        advice = self._revise(self._advice.get(key), best, own_s)
        if advice is None:
            self._advice.pop(key, None)
            return None
        self._advice[key] = advice
        return advice.way if _is_worth(self._gain_s(advice.way, own_s), own_s, KEEP_RATIO) else None

    def _gain_s(self, way: Way, own_s: float) -> float:
        return own_s - self._now.cost_s(way)

    def _revise(self, advice: Advice | None, best: Way, own_s: float) -> Advice | None:
        """Hold what is advised, replace it, or begin or end advising."""
        best_s = self._gain_s(best, own_s)
        if advice is not None:
            now_s = self._gain_s(advice.way, own_s)
            if self._now_s < advice.since_s + HOLD_S:
                return advice
            if best_s < max(REPLACE_RATIO * now_s, now_s + REPLACE_EXTRA_S):
                return advice if _is_worth(now_s, own_s, KEEP_RATIO) else None
        return Advice(best, self._now_s) if _is_worth(best_s, own_s, 1.0) else None


def _is_worth(gain_s: float, own_s: float, ratio: float) -> bool:
    """Tell whether a gain reaches a ratio of the thresholds; an own way that is closed takes infinitely long."""
    return gain_s >= ADVISE_GAIN_S * ratio and (own_s == float("inf") or gain_s >= ADVISE_SHARE * ratio * own_s)
