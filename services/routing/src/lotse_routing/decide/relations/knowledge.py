"""What is known of the usual traffic on a network, until trips, detectors or the network change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lotse_routing.decide.relations.guide import Relations
from lotse_routing.decide.relations.slowness import Reach, find_reach
from lotse_routing.decide.relations.streets import Streets
from lotse_routing.decide.relations.usual import UsualTraffic, UsualTrip
from lotse_routing.state.estimate import DetectorPlace


@dataclass(frozen=True, slots=True, eq=False)
class TrafficKnowledge:
    """Streets, what the detectors at these places speak for, and the usual trips."""

    streets: Streets
    places: Sequence[DetectorPlace]
    reach: Reach
    usual: UsualTraffic

    def at(self, local: datetime) -> Relations | None:
        """Give what messages are decided from at a local moment; None if no trip of the sample departs around it."""
        traffic = self.usual.around(local)
        return Relations(self.streets, self.reach, traffic) if traffic.trips else None


def know_traffic(streets: Streets, places: Sequence[DetectorPlace], trips: Iterable[UsualTrip]) -> TrafficKnowledge:
    """Bring trips and detectors onto a network; detectors on links that it does not have say nothing."""
    index = streets.topology.index
    measured = [index[place.link_id] for place in places if place.link_id in index]
    return TrafficKnowledge(streets, places, find_reach(streets, measured), UsualTraffic(streets.topology, trips))
