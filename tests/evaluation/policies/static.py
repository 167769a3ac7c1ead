"""The detour that a person signs by hand: fixed, local, from the incident's begin to its end."""

from collections import Counter
from collections.abc import Mapping, Sequence

from evaluation.nouns import Incident, Knowledge, Message, Minute, Route, Scenario
from evaluation.policies.disturbances import Disturbance, disturbances_of
from evaluation.policies.relations import Passage, Relations, find_passages
from evaluation.policies.usual import UsualTimes
from evaluation.policies.wording import word
from evaluation.streets import Seconds, Streets, Way, grow_tree


class Static:
    """Shows, for each incident of the scenario, one detour on each sign that affected traffic passes.

    It leads from the sign to the street after the incident that most of them use, by usual times, over signable
    streets. Where there is no incident, it shows nothing.
    """

    def __init__(self, knowledge: Knowledge, streets: Streets, scenario: Scenario) -> None:
        self._now_s = 0
        self._signed = [
            (incident, message) for incident in scenario.incidents for message in _sign(incident, knowledge, streets)
        ]

    def update(self, minute: Minute) -> None:
        """Take notice of the time alone."""
        self._now_s = minute.until_s

    def messages(self, sign_id: str) -> list[Message]:
        """List what a sign says now."""
        return [
            message
            for incident, message in self._signed
            if message.sign_id == sign_id and incident.begin_s <= self._now_s < incident.end_s
        ]

    def way(self, sign_id: str, ahead: Route) -> Route | None:
        """Give the way by the first message that addresses this driver."""
        ways = (message.way(ahead) for message in self.messages(sign_id))
        return next((way for way in ways if way is not None), None)

    def shown(self) -> Mapping[str, Sequence[str]]:
        """Give the texts."""
        signs = dict.fromkeys(message.sign_id for _, message in self._signed)
        return {sign_id: [message.text for message in self.messages(sign_id)] for sign_id in signs}


def _sign(incident: Incident, knowledge: Knowledge, streets: Streets) -> list[Message]:
    usual_s = UsualTimes(knowledge, streets).at(incident.begin_s)
    trips = Relations(knowledge, streets).always()
    edges = frozenset(streets.numbers(incident.edges))
    messages = []
    for disturbance in disturbances_of(incident.effect, edges, streets):
        affected = trips.through(disturbance.edges)
        for sign in knowledge.city.signs:
            passages = find_passages(affected, streets.number[sign.edge_id], disturbance.edges, edges)
            corridor = _corridor(passages, streets, usual_s, edges)
            if corridor is not None:
                messages.append(_message(sign.sign_id, disturbance, corridor, streets))
    return messages


def _corridor(passages: Sequence[Passage], streets: Streets, usual_s: Seconds, edges: frozenset[int]) -> Way | None:
    after = Counter(edge for passage in passages for edge in dict.fromkeys(passage.after) if streets.is_signable[edge])
    if not after:
        return None
    first = passages[0]
    barred = ~streets.is_signable | streets.mask(edges)
    (rejoin, _), *_ = after.most_common(1)
    return grow_tree(streets.onward, first.trip.way[first.sign], usual_s, barred).find_way(rejoin)


def _message(sign_id: str, disturbance: Disturbance, corridor: Way, streets: Streets) -> Message:
    return Message(
        sign_id=sign_id,
        avoids=frozenset(streets.route(disturbance.edges)),
        corridor=streets.route(corridor),
        rejoin=streets.edges[corridor[-1]].edge_id,
        text=word(disturbance, corridor, streets),
    )
