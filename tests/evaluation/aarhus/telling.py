"""What is told of congestion on the recording, with all its detectors: by our level of service, and by simpler ways.

*Every row believed*: what a consumer tells that takes each row's speed as it stands, also of rows without a vehicle,
most of which repeat the last speed. *The same, smoothing 0.8*: readings of five minutes need less of it than those of
one, for which the default is. *Each measurement alone*: rows without a vehicle left out, nothing smoothed.
News is a row with a vehicle whose count or speed is not that of the row before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.aarhus.guesses import SETTINGS
from evaluation.aarhus.onsets import CONGESTED, FREE, Event, Flags, Floats, Score, begins, onsets, score, without_news
from evaluation.aarhus.recording import Recording
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.estimate import FeltReading
from lotse_routing.state.sense import Sensed, sense
from lotse_shared.level_of_service import LevelOfService

QUICK_SMOOTHING = 0.8
OURS, QUICK = "our level of service", f"the same, smoothing {QUICK_SMOOTHING}"
ALONE, BELIEVED = "each measurement alone", "every row believed"
SLOW = (LevelOfService.SLOW, LevelOfService.JAM)
NEWS_WITHIN = 3
"""Intervals in which there must have been news where something is told."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How well onsets are told by each way; what is told of links where nothing drove, or nothing was news, by number.

    `rows` are all that were published, `rows_without_vehicle` those whose count is 0.
    """

    scores: Mapping[str, Score]
    without_vehicle: Mapping[str, int]
    without_news: Mapping[str, int]
    rows: int
    rows_without_vehicle: int


def telling(recording: Recording) -> Telling:
    """Tell of congestion in every way, and compare with the onsets."""
    readings = [reading for _, readings in recording.steps for reading in readings]
    measured, is_news = _ratios(recording, _measured(recording)), _news(recording)
    told = {
        OURS: _told_by_level(recording, SETTINGS),
        QUICK: _told_by_level(recording, SETTINGS.model_copy(update={"smoothing": QUICK_SMOOTHING})),
        ALONE: begins(measured < CONGESTED, measured >= FREE),
        BELIEVED: _told_by_rows(recording),
    }
    began = onsets(measured)
    return Telling(
        {name: score(began, events) for name, events in told.items()},
        {name: len(without_news(events, np.isfinite(measured), 1)) for name, events in told.items()},
        {name: len(without_news(events, is_news, NEWS_WITHIN)) for name, events in told.items()},
        len(readings),
        sum(reading.vehicle_count == 0 for reading in readings),
    )


def _measured(recording: Recording) -> Sequence[Mapping[str, float]]:
    return [
        {r.detector_id: r.mean_speed_kmh for r in readings if r.mean_speed_kmh is not None}
        for _, readings in recording.steps
    ]


def _ratios(recording: Recording, speeds_kmh: Sequence[Mapping[str, float]]) -> Floats:
    """Ratios of speeds to free flow, shape (steps, links)."""
    free_flow_kmh = np.array([link.free_flow_kmh for link in recording.topology.links])
    ratios: Floats = np.array([recording.by_link(step) for step in speeds_kmh]) / free_flow_kmh
    return ratios


def _told_by_rows(recording: Recording) -> Sequence[Event]:
    published = _ratios(recording, [recording.published_kmh[now] for now, _ in recording.steps])
    return begins(published < CONGESTED, published >= FREE)


def _told_by_level(recording: Recording, settings: EstimateSettings) -> Sequence[Event]:
    levels = list(_levels(recording, settings))
    is_slow = [recording.by_link({name: float(level in SLOW) for name, level in step.items()}) for step in levels]
    is_free = [
        recording.by_link({name: float(level is LevelOfService.FREE) for name, level in step.items()})
        for step in levels
    ]
    return begins(np.array(is_slow) == 1, np.array(is_free) == 1)


def _levels(recording: Recording, settings: EstimateSettings) -> Iterator[Mapping[str, LevelOfService]]:
    """Replay the morning; give the level of service of every detector's link by step."""
    free_flow_kmh = {link.link_id: link.free_flow_kmh for link in recording.topology.links}
    sensed = Sensed()
    for now, readings in recording.steps:
        sensed = sense(sensed, readings, recording.places, free_flow_kmh, now=now, settings=settings)
        states = {p.detector_id: sensed.links.get(p.link_id) for p in recording.places}
        yield {name: state.level_of_service for name, state in states.items() if state is not None}


def _news(recording: Recording) -> Flags:
    """Tell where there was news, shape (steps, links)."""
    before: dict[str, FeltReading] = {}
    found = []
    for _, readings in recording.steps:
        new = [r for r in readings if r.vehicle_count and not _repeats(r, before.get(r.detector_id))]
        found.append(recording.by_link({r.detector_id: 1.0 for r in new}) == 1)
        before |= {r.detector_id: r for r in readings}
    return np.array(found)


def _repeats(reading: FeltReading, before: FeltReading | None) -> bool:
    if before is None:
        return False
    return (reading.vehicle_count, reading.mean_speed_kmh) == (before.vehicle_count, before.mean_speed_kmh)
