"""How much traffic a closed stretch carries, from what its detectors count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

S_PER_HOUR = 3600.0
WEEK = timedelta(days=7)
HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Counter:
    """A detector as a counter: where it stands, its newest reading, its flow lately and at this time of a week before.

    `measured_at`, `interval_s` and `vehicle_count` are None where it said nothing (usable).
    """

    detector_id: str
    link_id: str
    is_failed: bool
    measured_at: datetime | None
    interval_s: float | None
    vehicle_count: float | None
    last_hour_vehh: float | None
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
    """Vehicles an hour on a stretch: by the newest counts, in the last hour, and a week before; by these detectors.

    A figure is None where nothing counts; `problem` says why there is none of now.
    """

    flow_vehh: float | None
    last_hour_vehh: float | None
    week_before_vehh: float | None
    detectors: tuple[str, ...]
    problem: str = ""

    @property
    def most_vehh(self) -> float | None:
        """What has to be reckoned with: few are counted in a standing jam, so the greatest of the figures."""
        return max(
            (f for f in (self.flow_vehh, self.last_hour_vehh, self.week_before_vehh) if f is not None), default=None
        )


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
    names = tuple(sorted(each.detector_id for group in on_it for each in group))
    flow_vehh = _busiest([[each.flow_vehh(now, stale_after_intervals) for each in group] for group in on_it])
    return Traffic(
        flow_vehh,
        _busiest([[each.last_hour_vehh for each in group] for group in on_it]),
        _busiest([[each.week_before_vehh for each in group] for group in on_it]),
        names,
        "" if flow_vehh is not None else _problem(names),
    )


def week_before(moment: datetime, now: datetime) -> datetime:
    """Give the middle of the last hour that is over at the time of the week of a moment, a week before it or more."""
    return moment - max(1, -((now - moment - HALF_AN_HOUR) // WEEK)) * WEEK


def _busiest(links: Sequence[Sequence[float | None]]) -> float | None:
    """Add up the flows of each link as far as they are known, and give the greatest sum, None if none is known."""
    known = [[flow for flow in flows if flow is not None] for flows in links]
    return max((sum(flows) for flows in known if flows), default=None)


def _problem(detectors: Sequence[str]) -> str:
    if not detectors:
        return "no detector stands on it"
    return f"of its detectors, none counts now: {', '.join(detectors)}"
