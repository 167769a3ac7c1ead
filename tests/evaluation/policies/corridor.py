"""The local corridor of policy.md: who passes a disturbance and then a street, leaves here and comes back there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.nouns import Knowledge, Message, Minute, Route
from evaluation.policies.board import Board
from evaluation.policies.disturbances import Disturbance, SlowSections, disturbances_of
from evaluation.policies.loads import read_loads
from evaluation.policies.measured import Measured
from evaluation.policies.moment import Moment
from evaluation.policies.relations import KnownTrip, Passage, Relations, find_passages
from evaluation.policies.surprised import Surprised, find_forced
from evaluation.streets import Streets


@dataclass(frozen=True, slots=True)
class Pair:
    """A sign, and a disturbance that trips pass after it; for `last_trips` of them it is the last sign before that."""

    sign_id: str
    disturbance: Disturbance
    passages: Sequence[Passage]
    last_trips: int

    @property
    def rank(self) -> tuple[bool, int, str, int]:
        """Order closures first, then by the trips that no other sign can tell."""
        disturbance = self.disturbance
        return disturbance.effect != "closed", -self.last_trips, self.sign_id, min(disturbance.edges)


class Corridor:
    """Decides every minute what signs say.

    Parameters
    ----------
    over_minor
        Whether corridors may lead over minor streets. Real signs must not.
    """

    def __init__(self, knowledge: Knowledge, streets: Streets, *, over_minor: bool) -> None:
        self._streets, self._signs = streets, knowledge.city.signs
        self._measured = Measured(knowledge, streets)
        self._relations = Relations(knowledge, streets)
        self._loads = read_loads(knowledge, streets)
        self._slow = SlowSections(streets)
        self._never = streets.mask(()) if over_minor else ~streets.is_signable
        self._board = Board()

    def update(self, minute: Minute) -> None:
        """Decide anew."""
        self._measured.take(minute)
        closed = frozenset(self._streets.numbers(minute.closed))
        moment = self._moment(minute, closed)
        slow = self._slow.find(self._measured.slowness, closed)
        found = [
            *disturbances_of("closed", closed, self._streets),
            *disturbances_of("slow", slow, self._streets),
        ]
        self._board.begin(moment, found)
        for pair in self._ranked(moment, found):
            self._board.decide(pair.sign_id, pair.disturbance, pair.passages)

    def _moment(self, minute: Minute, closed: frozenset[int]) -> Moment:
        traffic = self._relations.around(minute.until_s)
        surprised = Surprised(self._streets, closed, self._measured.usual_s)
        return Moment(
            now_s=minute.until_s,
            streets=self._streets,
            loads=self._loads,
            traffic=traffic,
            measured_s=self._measured.times_s,
            usual_s=self._measured.usual_s,
            barred=self._never | self._streets.mask(closed),
            closed=closed,
            surprised=surprised,
            forced=find_forced(surprised, traffic),
        )

    def _ranked(self, moment: Moment, found: Sequence[Disturbance]) -> list[Pair]:
        """List signs and what they may warn of: closures first, then where most have no other sign ahead."""
        pairs = [pair for disturbance in found for pair in self._pairs(moment, disturbance)]
        return sorted(pairs, key=lambda pair: pair.rank)

    def _pairs(self, moment: Moment, disturbance: Disturbance) -> list[Pair]:
        passages = self._passages(moment, disturbance)
        return [
            Pair(sign_id, disturbance, passages[sign_id], count) for sign_id, count in _last_signs(passages).items()
        ]

    def _passages(self, moment: Moment, disturbance: Disturbance) -> dict[str, list[Passage]]:
        """List who passes each sign and then a disturbance; of a slow street, those who do not come to a barrier."""
        trips = moment.traffic.through(disturbance.edges)
        if disturbance.effect == "slow":
            trips = [trip for trip in trips if moment.closed.isdisjoint(trip.place)]
        numbers = {sign.sign_id: self._streets.number[sign.edge_id] for sign in self._signs}
        return {
            sign_id: find_passages(trips, edge, disturbance.edges, moment.closed) for sign_id, edge in numbers.items()
        }

    def way(self, sign_id: str, ahead: Route) -> Route | None:
        """Give the way by the first of the sign's messages that addresses this driver."""
        ways = (message.way(ahead) for message in self.messages(sign_id))
        return next((way for way in ways if way is not None), None)

    def messages(self, sign_id: str) -> list[Message]:
        """List what a sign says."""
        return [shown.message(self._streets) for shown in self._board.on(sign_id)]

    def shown(self) -> Mapping[str, Sequence[str]]:
        """Give the texts."""
        return {sign.sign_id: [message.text for message in self.messages(sign.sign_id)] for sign in self._signs}


def _last_signs(passages: Mapping[str, Sequence[Passage]]) -> dict[str, int]:
    """Count, for each sign that anybody passes, the trips for which it is the last one before the disturbance."""
    last: dict[KnownTrip, tuple[int, str]] = {}
    for sign_id, those in passages.items():
        for passage in those:
            last[passage.trip] = max(last.get(passage.trip, (-1, "")), (passage.sign, sign_id))
    counts = Counter(sign_id for _, sign_id in last.values())
    return {sign_id: counts[sign_id] for sign_id, those in passages.items() if those}
