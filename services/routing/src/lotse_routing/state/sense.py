"""One step of sensing: readings in, what is known of detectors and links out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lotse_routing.settings import EstimateSettings
from lotse_routing.state.estimate import (
    DetectorEstimate,
    DetectorPlace,
    FeltReading,
    LinkState,
    estimate_links,
    feel,
)
from lotse_routing.state.quarters import Quarters, collect


@dataclass(frozen=True, slots=True)
class Sensed:
    """What is known after a step, by detector and by link; `quarters` are what the profile is learned from.

    `felt` counts the readings that were new in the step; `newest` is the `measured_at` of the newest one that was
    felt in time, None if there was none: a reading that is stale already (after a restart, say) causes nothing now.
    """

    detectors: Mapping[str, DetectorEstimate] = field(default_factory=dict)
    links: Mapping[str, LinkState] = field(default_factory=dict)
    felt: int = 0
    newest: datetime | None = None
    quarters: Quarters = field(default_factory=Quarters)


def sense(  # noqa: PLR0913 - pure: all that the estimate depends on is named
    known: Sensed,
    readings: Iterable[FeltReading],
    places: Collection[DetectorPlace],
    free_flow_kmh: Mapping[str, float],
    *,
    now: datetime,
    settings: EstimateSettings,
) -> Sensed:
    """Feel the readings that are new, and estimate all links anew: even without readings, what is known gets older."""
    new = [reading for reading in readings if _is_new(known, reading)]
    detectors = feel(known.detectors, new, settings)
    heard = frozenset(reading.detector_id for reading in new)
    links = estimate_links(detectors, places, free_flow_kmh, known.links, now, settings, heard)
    in_time = [reading.measured_at for reading in new if _is_in_time(reading, now, settings)]
    quarters = collect(known.quarters, new, places, now, settings)
    return Sensed(detectors, links, len(new), max(in_time, default=None), quarters)


def _is_new(known: Sensed, reading: FeltReading) -> bool:
    before = known.detectors.get(reading.detector_id)
    return before is None or reading.measured_at > before.heard_at


def _is_in_time(reading: FeltReading, now: datetime, settings: EstimateSettings) -> bool:
    return now - reading.measured_at <= timedelta(seconds=reading.interval_s * settings.stale_after_intervals)
