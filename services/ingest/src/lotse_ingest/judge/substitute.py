"""Substitutes for values that fell: the neighbour lane's of the same interval, else the detector's own last. Pure.

A substitute is taken whole from one place, is bounded in time, and never the source of another. A speed that is missing
because nobody passed (R2, R3) is no fault and is not substituted.
"""

from collections.abc import Iterable

import msgspec

from lotse_ingest.judge.plausible import Values
from lotse_ingest.judge.site import Site
from lotse_ingest.judge.verdict import CARRIED, CARRIED_PCT, NEIGHBOUR, NEIGHBOUR_PCT, Judged
from lotse_shared.reading import Reading


class Substitute(msgspec.Struct, frozen=True, gc=False):
    """Values with a substitute among them, and what they are worth."""

    values: Values
    code: str
    quality_pct: float


def has_fallen(reading: Reading, values: Values) -> bool:
    """Tell whether the rules left less of a reading than it said, but for what is missing because nobody passed."""
    return any(_fallen(reading, values))


def find_substitute(
    reading: Reading, values: Values | None, site: Site, neighbours: Iterable[Judged], own: Judged | None
) -> Substitute | None:
    """Find what may stand in for the values that fell, None if nothing may.

    Parameters
    ----------
    values
        What the rules left of the reading; None if the detector itself is not to be trusted (R6, R7): then its
        neighbour stands in for it altogether, and its own last values, of the same fault, do not.
    neighbours
        Good verdicts on neighbours in the same interval, best first.
    own
        Its own newest good verdict.
    """
    for neighbour in neighbours:
        if filled := _fill(reading, values, neighbour):
            return Substitute(filled, NEIGHBOUR, NEIGHBOUR_PCT)
    if values is not None and own is not None and _is_recent(own.reading, reading, site):
        filled = _fill(reading, values, own)
        return Substitute(filled, CARRIED, CARRIED_PCT) if filled else None
    return None


def _fallen(reading: Reading, values: Values) -> tuple[bool, bool, bool]:
    """Tell of count, speed and occupancy which fell."""
    somebody_passed = reading.vehicle_count != 0
    return (
        somebody_passed and reading.vehicle_count is not None and values.vehicle_count is None,
        somebody_passed and reading.mean_speed_kmh is not None and values.mean_speed_kmh is None,
        reading.occupancy_pct is not None and values.occupancy_pct is None,
    )


def _fill(reading: Reading, values: Values | None, source: Judged) -> Values | None:
    """Fill in what fell from a source; None if that has not all of it."""
    whole = Values(source.vehicle_count, source.mean_speed_kmh, source.occupancy_pct)
    if values is None:
        return whole
    count_fell, speed_fell, occupancy_fell = _fallen(reading, values)
    filled = Values(
        whole.vehicle_count if count_fell else values.vehicle_count,
        whole.mean_speed_kmh if speed_fell else values.mean_speed_kmh,
        whole.occupancy_pct if occupancy_fell else values.occupancy_pct,
    )
    return None if has_fallen(reading, filled) else filled


def _is_recent(source: Reading, reading: Reading, site: Site) -> bool:
    return source.measured_at < reading.measured_at <= source.measured_at + site.carry
