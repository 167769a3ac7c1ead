"""Each minute, each driver is told what is quickest now: by raw measured times, whatever it gains. The classic harm."""

from collections.abc import Mapping, Sequence

from evaluation.nouns import Knowledge, Minute, Route
from evaluation.policies.measured import RAW, Measured
from evaluation.policies.quickest import Destinations, Quickest, sign_edges
from evaluation.streets import Streets, Way


class Naive:
    """Tells everyone the quickest way of now."""

    def __init__(self, knowledge: Knowledge, streets: Streets) -> None:
        self._streets, self._signs = streets, sign_edges(knowledge.city, streets)
        self._measured = Measured(knowledge, streets, RAW)
        self._destinations = Destinations(knowledge, streets)
        self._now = Quickest(streets, self._signs, self._measured.times_s)

    def update(self, minute: Minute) -> None:
        """Take the newest minute for what the next one will be."""
        self._measured.take(minute)
        closed = frozenset(self._streets.numbers(minute.closed))
        self._now = Quickest(self._streets, self._signs, self._measured.times_s, closed)

    def way(self, sign_id: str, ahead: Route) -> Route | None:
        """Give the quickest way; None if the driver's own is as quick."""
        way = self._advise(sign_id, self._streets.numbers(ahead))
        return None if way is None else self._streets.route(way)

    def _advise(self, sign_id: str, own: Way) -> Way | None:
        best = self._now.find_way(sign_id, own[-1])
        if best is None or self._now.cost_s(best) >= self._now.cost_s(own):
            return None
        return best

    def shown(self) -> Mapping[str, Sequence[str]]:
        """Name, for each named destination to which drivers are led another way than usual, the street that they take.

        Advice to single drivers has no text; this stands for it, so that its changes can be counted.
        """
        return {sign_id: self._destinations.lines(sign_id, self._advise) for sign_id in self._signs}
