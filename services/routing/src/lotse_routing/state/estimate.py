"""Readings → what is known of each link: speed, level of service, confidence, source.

Each detector is smoothed on its own, in the order of its readings, so that the estimate does not depend on how the
readings were grouped into steps; a link is the count-weighted mean of its detectors. A reading without a usable speed
(count 0, or a value that a rule found implausible) never means a free road: the last speed is kept, with a freshness
that halves with time. See field.md 3 and 4.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from lotse_routing.settings import EstimateSettings
from lotse_routing.state.level_of_service import level_of_service
from lotse_shared.level_of_service import LevelOfService

NEGLIGIBLE_FRESHNESS = 0.05
"""Below this, a held speed says nothing any more: the link's travel time is the estimated one."""
FRESH_INTERVALS = 1.5
"""A speed is fresh for an interval, and half of one more in which the next reading is on its way."""
UNKNOWN_BELOW_FRESHNESS = 0.1

Source = Literal["measured", "held", "decayed", "neighbourhood", "profile"]
"""measured: by a fresh speed; held: readings come, but without a speed; decayed: the detectors are silent.

neighbourhood, profile: nobody measures the link; an estimate from detectors around it, or from what is usual."""


@dataclass(frozen=True, slots=True)
class DetectorPlace:
    """Where a detector measures."""

    detector_id: str
    link_id: str


@dataclass(frozen=True, slots=True)
class FeltReading:
    """A reading as routing feels it: corrected values only, None where not usable. `measured_at` is aware UTC.

    `quality_pct` is less than 100 where one of the values is a substitute.
    """

    detector_id: str
    measured_at: datetime
    interval_s: float
    vehicle_count: float | None
    mean_speed_kmh: float | None
    quality_pct: float = 100.0


@dataclass(frozen=True, slots=True)
class DetectorEstimate:
    """What one detector said so far, smoothed. `speed_at` is when it last gave a speed, `heard_at` when anything.

    `quality` (0..1) tells how much of the speed is measured, and not a substitute of ingest.
    """

    heard_at: datetime
    interval_s: float
    speed_at: datetime | None = None
    speed_kmh: float = 0.0
    weight: float = 0.0
    quality: float = 1.0


@dataclass(frozen=True, slots=True)
class LinkState:
    """The current estimate of a link. `observed_at` is the newest reading with a speed.

    `freshness` (0..1) is how much the speed still says, by age: in its proportion the speed counts in travel times.
    `confidence` (0..1) is what is told: freshness, how many vehicles stand behind the speed, and its quality. Few
    vehicles make a speed uncertain, not likelier to be free, and a count is low in a standing jam: so the weights do
    not read it.
    With either 0 nothing is known: `speed_kmh` is then only what was last known.
    """

    link_id: str
    speed_kmh: float
    level_of_service: LevelOfService
    freshness: float
    confidence: float
    observed_at: datetime
    source: Source
    detectors: tuple[str, ...]


def feel(
    known: Mapping[str, DetectorEstimate], readings: Iterable[FeltReading], settings: EstimateSettings
) -> dict[str, DetectorEstimate]:
    """Take readings in, oldest first for each detector; one that is not newer than what was felt is ignored."""
    estimates = dict(known)
    for reading in sorted(readings, key=lambda reading: (reading.measured_at, reading.detector_id)):
        before = estimates.get(reading.detector_id)
        if before is None or reading.measured_at > before.heard_at:
            estimates[reading.detector_id] = _smooth(before, reading, settings)
    return estimates


def _smooth(before: DetectorEstimate | None, reading: FeltReading, settings: EstimateSettings) -> DetectorEstimate:
    """Take a reading in: the fewer vehicles, the less; at a signal, the mean speed of two is that of the red light."""
    heard_at, interval_s, speed_kmh = reading.measured_at, reading.interval_s, reading.mean_speed_kmh
    if speed_kmh is None or reading.vehicle_count == 0:
        silent = DetectorEstimate(heard_at, interval_s)
        return silent if before is None else replace(before, heard_at=heard_at, interval_s=interval_s)
    weight = 1.0 if reading.vehicle_count is None else reading.vehicle_count
    quality = reading.quality_pct / 100
    if before is None or before.speed_at is None:
        return DetectorEstimate(heard_at, interval_s, heard_at, speed_kmh, weight, quality)
    smoothing = settings.smoothing
    of_speed = smoothing * weight / (weight + settings.smoothing_half_vehicles)
    return DetectorEstimate(
        heard_at=heard_at,
        interval_s=interval_s,
        speed_at=heard_at,
        speed_kmh=before.speed_kmh + of_speed * (speed_kmh - before.speed_kmh),
        weight=before.weight + smoothing * (weight - before.weight),
        quality=before.quality + smoothing * (quality - before.quality),
    )


def freshness(detector: DetectorEstimate, now: datetime, settings: EstimateSettings) -> float:
    """Tell how much a detector's last speed still says, 0..1.

    1 while it is fresh; then it halves every `confidence_half_life_intervals`; and once the detector has
    been silent for `stale_after_intervals` (rule R8) it halves with every interval on top.
    """
    if detector.speed_at is None:
        return 0.0
    held = max(0.0, (now - detector.speed_at).total_seconds() / detector.interval_s - FRESH_INTERVALS)
    silent = max(0.0, _silent_intervals(detector, now) - settings.stale_after_intervals)
    value = float(0.5 ** (held / settings.confidence_half_life_intervals + silent))
    return value if value >= NEGLIGIBLE_FRESHNESS else 0.0


def sample_confidence(detector: DetectorEstimate, settings: EstimateSettings) -> float:
    """Tell how sure a speed is that so many vehicles were measured for, 0..1: n/(n+k), times its quality.

    n is the smoothed count of vehicles an interval, at least one; k is `half_confidence_vehicles`. Source: Bühlmann,
    Experience rating and credibility, ASTIN Bulletin 4 (1967): the weight of a mean of n observations.
    """
    vehicles = max(detector.weight, 1.0)
    return detector.quality * vehicles / (vehicles + settings.half_confidence_vehicles)


def _silent_intervals(detector: DetectorEstimate, now: datetime) -> float:
    return (now - detector.heard_at).total_seconds() / detector.interval_s


def estimate_links(  # noqa: PLR0913, PLR0917 - pure: all that the estimate depends on is named
    estimates: Mapping[str, DetectorEstimate],
    places: Iterable[DetectorPlace],
    free_flow_kmh: Mapping[str, float],
    previous: Mapping[str, LinkState],
    now: datetime,
    settings: EstimateSettings,
    heard: Container[str] | None = None,
) -> dict[str, LinkState]:
    """Estimate every link that a detector has measured, by link id in sorted order.

    Parameters
    ----------
    free_flow_kmh
        Of the links of the network; a detector on a link that is not among them is left out.
    previous
        The estimates of the step before: the level of service has hysteresis.
    heard
        The detectors that said something since then; None: any may have.
    """
    by_link: dict[str, dict[str, DetectorEstimate]] = defaultdict(dict)
    for place in sorted(places, key=lambda place: place.detector_id):
        estimate = estimates.get(place.detector_id)
        if estimate is not None and estimate.speed_at is not None and place.link_id in free_flow_kmh:
            by_link[place.link_id][place.detector_id] = estimate
    states: dict[str, LinkState] = {}
    for link_id in sorted(by_link):
        detectors, before = by_link[link_id], previous.get(link_id)
        stays = before is not None and heard is not None and _stays(before, detectors, heard, now, settings)
        if before is None or not stays:
            before = _estimate_link(link_id, detectors, free_flow_kmh[link_id], before, now, settings)
        states[link_id] = before
    return states


def _stays(
    before: LinkState,
    detectors: Mapping[str, DetectorEstimate],
    heard: Container[str],
    now: datetime,
    settings: EstimateSettings,
) -> bool:
    """Tell whether the same comes out again: no detector of the link said anything, and all are still fresh.

    Most links of most steps: a city's detectors do not speak all at once.
    """
    return tuple(detectors) == before.detectors and all(
        name not in heard and freshness(detector, now, settings) == 1.0 for name, detector in detectors.items()
    )


def _estimate_link(  # noqa: PLR0913, PLR0917 - one link's whole evidence
    link_id: str,
    detectors: Mapping[str, DetectorEstimate],
    free_flow_kmh: float,
    previous: LinkState | None,
    now: datetime,
    settings: EstimateSettings,
) -> LinkState:
    trust = {name: freshness(detector, now, settings) for name, detector in detectors.items()}
    newest = max(detector.speed_at for detector in detectors.values() if detector.speed_at is not None)
    speed_kmh = _mean_speed(detectors, trust if any(trust.values()) else dict.fromkeys(detectors, 1.0))
    heard = [d for d in detectors.values() if _silent_intervals(d, now) <= settings.stale_after_intervals]
    best = max(trust.values())
    before = previous.level_of_service if previous else LevelOfService.UNKNOWN
    is_known = bool(heard) and best >= UNKNOWN_BELOW_FRESHNESS
    return LinkState(
        link_id=link_id,
        speed_kmh=speed_kmh,
        level_of_service=(
            level_of_service(speed_kmh / free_flow_kmh, before, settings) if is_known else LevelOfService.UNKNOWN
        ),
        freshness=best,
        confidence=max(trust[name] * sample_confidence(detector, settings) for name, detector in detectors.items()),
        observed_at=newest,
        source="decayed" if not heard else "measured" if best == 1.0 else "held",
        detectors=tuple(name for name in detectors if trust[name] > 0),
    )


def _mean_speed(detectors: Mapping[str, DetectorEstimate], trust: Mapping[str, float]) -> float:
    """Mean of the detectors' speeds, weighted by vehicles (at least one each) and trust."""
    weights = {name: max(detector.weight, 1.0) * trust[name] for name, detector in detectors.items()}
    return sum(detectors[name].speed_kmh * weight for name, weight in weights.items()) / sum(weights.values())
