"""What is known when signs are decided on, the same for all of them within a minute."""

from dataclasses import dataclass

from evaluation.policies.loads import Flow, Loads
from evaluation.policies.relations import Traffic
from evaluation.policies.surprised import Forced, Surprised
from evaluation.streets import Mask, Seconds, Streets

ASSUMED_COMPLIANCE = 0.6
"""Share of those addressed who follow a sign: assumed, whatever it is; nobody tells a control centre."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A minute.

    Parameters
    ----------
    barred
        Edges that no corridor leads over: closed ones, and minor ones where those are not allowed.
    closed
        Edges that are closed by announcement.
    surprised, forced
        Where drivers go who come to a barrier unwarned, and which trips those are.
    """

    now_s: int
    streets: Streets
    loads: Loads
    traffic: Traffic
    measured_s: Seconds
    usual_s: Seconds
    barred: Mask
    closed: frozenset[int]
    surprised: Surprised
    forced: tuple[Forced, ...]

    def costs_s(self, diverted_veh_h: Flow) -> Seconds:
        """Give what edges take with so much diverted flow; what closed ones took before, `barred` knows them."""
        return self.loads.costs_s(self.measured_s, self.usual_s, diverted_veh_h)

    @property
    def following_veh_h(self) -> float:
        """How many vehicles an hour follow a sign, for each trip that it addresses."""
        return ASSUMED_COMPLIANCE * self.traffic.veh_h
