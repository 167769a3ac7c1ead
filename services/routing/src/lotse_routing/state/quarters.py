"""Speeds of the quarters of an hour that are under way or not long over, by link: what the profile is learned from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from lotse_routing.settings import EstimateSettings
from lotse_routing.state.estimate import DetectorPlace, FeltReading
from lotse_routing.state.profile import Learner, LinkDay, Profile, quarter_begin, quarter_end

KEPT = timedelta(hours=1)
"""A quarter is kept so long after its end, to be learned later where the profile could not be written at its time."""

MEASURED_PCT = 100
Sums = tuple[float, float]
"""Vehicles, and vehicles times km/h."""


@dataclass(frozen=True, slots=True)
class Quarters:
    """Sums of speeds by link, by the end of their quarter.

    Quarters up to `closed_until` are over: readings of the next step that belong to them come too late. `too_late` is
    how many did in this one.
    """

    sums: Mapping[datetime, Mapping[str, Sums]] = field(default_factory=dict)
    closed_until: datetime | None = None
    too_late: int = 0


def collect(
    known: Quarters,
    readings: Iterable[FeltReading],
    places: Iterable[DetectorPlace],
    now: datetime,
    settings: EstimateSettings,
) -> Quarters:
    """Add new readings to their quarters, and forget quarters that are long over."""
    kept = {end: sums for end, sums in known.sums.items() if now - end <= KEPT}
    by_quarter: dict[datetime, list[FeltReading]] = defaultdict(list)
    for reading in filter(_is_measured, readings):
        by_quarter[quarter_end(reading.measured_at)].append(reading)
    links = {place.detector_id: place.link_id for place in places} if by_quarter else {}
    closed, too_late = known.closed_until or now - KEPT, 0
    for end, felt in by_quarter.items():
        if end > closed:
            kept[end] = _added(kept.get(end, {}), felt, links)
        else:
            too_late += len(felt)
    return Quarters(kept, _closed_until(now, settings), too_late)


def _is_measured(reading: FeltReading) -> bool:
    """Tell whether there is something to learn from it: no speed, no vehicle or a substitute of ingest is nothing."""
    return reading.mean_speed_kmh is not None and reading.vehicle_count != 0 and reading.quality_pct >= MEASURED_PCT


def _added(sums: Mapping[str, Sums], felt: Iterable[FeltReading], links: Mapping[str, str]) -> Mapping[str, Sums]:
    added = dict(sums)
    for reading in felt:
        link_id = links.get(reading.detector_id)
        if link_id is not None:
            count = 1.0 if reading.vehicle_count is None else reading.vehicle_count
            vehicles, weighted = added.get(link_id, (0.0, 0.0))
            added[link_id] = (vehicles + count, weighted + count * (reading.mean_speed_kmh or 0.0))
    return added


def _closed_until(now: datetime, settings: EstimateSettings) -> datetime:
    """Tell up to when quarters are over, with the delay in which their last readings may come."""
    return quarter_begin(now - timedelta(seconds=settings.profile_delay_s))


def learn(
    profile: Profile, quarters: Quarters, free_flow_kmh: Mapping[str, float], settings: EstimateSettings
) -> tuple[Profile, frozenset[LinkDay]]:
    """Learn the quarters that are over and were not learned yet.

    Returns the profile, the same one if nothing is due, and which links and weekdays changed.
    """
    closed = quarters.closed_until
    if closed is None or profile.closed_until == closed:
        return profile, frozenset()
    learner = Learner(profile, settings)
    for end in sorted(end for end in quarters.sums if end <= closed):
        means_kmh = {link: weighted / vehicles for link, (vehicles, weighted) in quarters.sums[end].items()}
        learner.take(end, means_kmh, free_flow_kmh)
    return replace(learner.profile, closed_until=closed), frozenset(learner.touched)
