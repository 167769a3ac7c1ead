"""How much traffic a closed stretch carries, from what its detectors count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

S_PER_HOUR = 3600.0
WEEK = timedelta(days=7)
HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Counter:
    """A detector as a counter: where it stands, its newest reading, and its flow at this time of an earlier week.

    `measured_at`, `interval_s` and `vehicle_count` are None where it said nothing (usable).
    """

    detector_id: str
    link_id: str
    is_failed: bool
    measured_at: datetime | None
    interval_s: float | None
    vehicle_count: float | None
    week_before_vehh: float | None

    def flow_vehh(self, now: datetime, stale_after_intervals: float) -> float | None:
        """Give the flow of its newest reading, None if that is stale."""
        if self.is_failed or self.measured_at is None or self.interval_s is None or self.vehicle_count is None:
            return None
        age_s = (now - self.measured_at).total_seconds()
        is_fresh = age_s <= self.interval_s * stale_after_intervals
        return self.vehicle_count / self.interval_s * S_PER_HOUR if is_fresh else None


@dataclass(frozen=True, slots=True)
class Traffic:
    """Vehicles an hour on a stretch, now and a week before, by these detectors.

    A figure is None where nothing counts; `problem` says why there is none of now.
    """

    flow_vehh: float | None
    week_before_vehh: float | None
    detectors: tuple[str, ...]
    problem: str = ""


def traffic_on(
    links: Sequence[str], counters: Mapping[str, Sequence[Counter]], now: datetime, stale_after_intervals: float
) -> Traffic:
    """Tell the traffic on a stretch: that of its busiest link, where the detectors of a link count a lane each.

    Parameters
    ----------
    counters
        By link id.
    """
    on_it = [counters[link] for link in links if link in counters]
    flows = [_sum([each.flow_vehh(now, stale_after_intervals) for each in group]) for group in on_it]
    before = [_sum([each.week_before_vehh for each in group]) for group in on_it]
    names = tuple(sorted(each.detector_id for group in on_it for each in group))
    flow_vehh = max((flow for flow in flows if flow is not None), default=None)
    problem = "" if flow_vehh is not None else _problem(names)
    return Traffic(flow_vehh, max((flow for flow in before if flow is not None), default=None), names, problem)


def week_before(moment: datetime, now: datetime) -> datetime:
    """Give the middle of the last hour that is over at the time of the week of a moment, a week before it or more."""
    return moment - max(1, -((now - moment - HALF_AN_HOUR) // WEEK)) * WEEK


def _sum(flows: Sequence[float | None]) -> float | None:
    known = [flow for flow in flows if flow is not None]
    return sum(known) if known else None


def _problem(detectors: Sequence[str]) -> str:
    if not detectors:
        return "no detector stands on it"
    return f"of its detectors, none counts now: {', '.join(detectors)}"
