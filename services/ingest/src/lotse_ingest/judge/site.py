"""What is expected of a detector where it stands: its row of the registry, with our defaults filled in. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

RUN_GAP_INTERVALS = 10
"""Readings further apart than this are not taken together (R6, R7).

It is this long because each of several slots sees only a part of a detector's readings: of three, one sees 98 % of the
gaps between two of its own to be shorter.
"""

MOST_FLOW_VEHH = 1_000_000.0
"""No street carries as much: it bounds the counts of detectors that nobody registered, so that no sum overflows."""


@dataclass(frozen=True, slots=True)
class Site:
    """The bounds of one detector.

    `most_ahead` is the tolerance of R9 and `clock_limit` that of its skew, `locked_on` the time of R6, `stuck` that of
    R7, `carry` how old an own value may be that stands in (S2), `run_gap` the longest gap in a run.
    """

    interval_s: float
    max_speed_kmh: float
    max_flow_vehh: float
    fast_kmh: float
    full_pct: float
    locked_on: timedelta
    stuck: timedelta
    carry: timedelta
    run_gap: timedelta
    most_ahead: timedelta
    clock_limit: timedelta
    neighbours: tuple[str, ...] = ()
    is_failed: bool = False

    @property
    def memory(self) -> timedelta:
        """How far back a verdict reaches."""
        return max(self.locked_on, self.stuck, self.carry) + self.run_gap


@dataclass(frozen=True, slots=True)
class Limits:
    """Parameters of the rules where the registry names none.

    `max_speed_kmh` (R1) holds where the detector is unknown; `fast_kmh` and `full_pct` are those of R4, `locked_on_s`
    of R6, `stuck_intervals` of R7, `future_tolerance_s` and `retention` of R9. A value that fell stands for up to
    `carry_intervals` (S2). A clock is off by more than `skew_limit_s`, or by an interval if that is longer.
    """

    max_speed_kmh: float = 254
    fast_kmh: float = 100
    full_pct: float = 80
    locked_on_s: float = 120
    stuck_intervals: float = 10
    future_tolerance_s: float = 60
    retention: timedelta = field(default=timedelta(days=400))
    carry_intervals: float = 3
    skew_limit_s: float = 60

    def site(self, row: Mapping[str, Any]) -> Site:
        """Make the site of a row of the table `detector`; null is our default."""
        interval_s = row["interval_s"]
        tolerance_s = _given(row["future_tolerance_s"], self.future_tolerance_s)
        return Site(
            interval_s=interval_s,
            max_speed_kmh=row["max_speed_kmh"],
            max_flow_vehh=row["max_flow_vehh_per_lane"] * row["lanes"],
            fast_kmh=_given(row["fast_kmh"], self.fast_kmh),
            full_pct=_given(row["full_pct"], self.full_pct),
            locked_on=timedelta(seconds=_given(row["locked_on_s"], self.locked_on_s)),
            stuck=timedelta(seconds=interval_s * _given(row["stuck_intervals"], self.stuck_intervals)),
            carry=timedelta(seconds=interval_s * self.carry_intervals),
            run_gap=timedelta(seconds=interval_s * RUN_GAP_INTERVALS),
            most_ahead=timedelta(seconds=max(interval_s, tolerance_s)),
            clock_limit=timedelta(seconds=max(interval_s, self.skew_limit_s)),
            neighbours=tuple(row["neighbours"]),
            is_failed=row["failed_at"] is not None,
        )

    def unknown_site(self, interval_s: float) -> Site:
        """Make the site of a detector that is not registered: nearly any flow is possible, nothing is remembered."""
        none = timedelta(0)
        ahead = timedelta(seconds=max(interval_s, self.future_tolerance_s))
        return Site(
            interval_s, self.max_speed_kmh, MOST_FLOW_VEHH, self.fast_kmh, self.full_pct, *(none,) * 4, ahead, none
        )


def _given(value: float | None, default: float) -> float:
    return default if value is None else value
