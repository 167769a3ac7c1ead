"""A verdict on a reading: its corrected values, and the codes that say why. Pure (docs/glossary.md lists the codes)."""

import msgspec

from lotse_shared.reading import Reading

LOCKED_ON = "R6"
STUCK = "R7"
CLOCK = "R9"
FAILED = "R10"
UNKNOWN_DETECTOR = "U1"
LATE = "L1"
NEIGHBOUR = "S1"
CARRIED = "S2"
NEVER_FELT = frozenset({FAILED, UNKNOWN_DETECTOR, LATE})

AS_MEASURED_PCT = 100.0
NEIGHBOUR_PCT = AS_MEASURED_PCT - 5
CARRIED_PCT = AS_MEASURED_PCT - 10
"""Quality of substitutes: MARZ practice (field notes: neighbour lane -5 %, carried forward -10 %)."""


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A reading with its corrected values and the codes of the rules that it broke, in the order of the rules.

    A corrected value is the raw one, None where that is not usable, or a substitute: then the codes say so, and
    `quality_pct` is less than 100.
    """

    reading: Reading
    vehicle_count: float | None
    mean_speed_kmh: float | None
    occupancy_pct: float | None
    rule_codes: tuple[str, ...] = ()
    quality_pct: float = AS_MEASURED_PCT

    @property
    def is_felt(self) -> bool:
        """Tell whether it may become the newest accepted reading of its detector."""
        if self.rule_codes and not NEVER_FELT.isdisjoint(self.rule_codes):
            return False
        return not (self.vehicle_count is None and self.mean_speed_kmh is None and self.occupancy_pct is None)


class ClockFault(msgspec.Struct, frozen=True, gc=False):
    """What is wrong with a reading's time (R9): it is quarantined, and gets no other verdict."""

    reason: str
