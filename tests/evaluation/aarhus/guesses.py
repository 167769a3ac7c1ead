"""The morning replayed through the pure code of the service, and every way to guess the speed of every link meanwhile.

Guesses are arrays of km/h, shape (links,), by name. What stands beside ours is what a city could do without Lotse: the
last value of a detector, what is usual, free flow. "Its own median" is that of the hidden detector over all that is
compared, known only afterwards: no single speed a link can do better.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from evaluation.aarhus.recording import Floats, Recording
from evaluation.aarhus.rounds import Round
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.background import Background, Estimates
from lotse_routing.state.changes import told_kmh
from lotse_routing.state.estimate import freshness
from lotse_routing.state.nearest import nearest_detectors
from lotse_routing.state.profile import Profile, empty_profile
from lotse_routing.state.quarters import learn
from lotse_routing.state.sense import Sensed, sense

SETTINGS = EstimateSettings(time_zone="Europe/Copenhagen")
OURS, LAST, PROFILE = "ours", "last value", "weekday profile"
USUAL, CLASS_MEAN, FREE_FLOW, MEDIAN = (
    "ours, what is usual alone",
    "mean of the road class",
    "free flow",
    "its own median",
)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Heard:
    """What each link's detector said last as it was, and the sum and number of what it said, shape (links,)."""

    last_kmh: Floats
    sum_kmh: Floats
    count: Floats

    def take(self, now_kmh: Floats) -> None:
        """Take in the speeds of a step, nan where there is none."""
        is_said = np.isfinite(now_kmh)
        self.last_kmh = np.where(is_said, now_kmh, self.last_kmh)
        self.sum_kmh += np.where(is_said, now_kmh, 0.0)
        self.count += is_said

    @property
    def mean_kmh(self) -> Floats:
        """Mean of all that was said, nan where nothing was."""
        mean: Floats = np.divide(self.sum_kmh, self.count, out=np.full(len(self.count), np.nan), where=self.count > 0)
        return mean


def nothing_heard(count: int) -> Heard:
    """Begin with so many links."""
    return Heard(np.full(count, np.nan), np.zeros(count), np.zeros(count))


@dataclass(slots=True, eq=False)
class Replay:
    """A round under way."""

    tried: Round
    neighbours: Sequence[Sequence[int]] = ()
    sensed: Sensed = field(default_factory=Sensed)
    profile: Profile = field(default_factory=empty_profile)
    background: Background = field(default_factory=lambda: Background(SETTINGS))
    usual: Background = field(default_factory=lambda: Background(SETTINGS))
    alone: Background = field(default_factory=lambda: Background(SETTINGS))


def guesses(tried: Round) -> Iterator[tuple[datetime, Mapping[str, Floats]]]:
    """Replay a round; after every step, give all guesses of it."""
    recording = tried.recording
    free_flow_kmh = {link.link_id: link.free_flow_kmh for link in recording.topology.links}
    medians_kmh = recording.medians_kmh(after=tried.silent_from or LONG_AGO)
    replay, heard = Replay(tried, _street_neighbours(tried)), nothing_heard(len(free_flow_kmh))
    for now, readings in recording.steps:
        felt = [reading for reading in readings if tried.hears(reading)]
        replay.sensed = sense(replay.sensed, felt, tried.places, free_flow_kmh, now=now, settings=SETTINGS)
        replay.profile, _ = learn(replay.profile, replay.sensed.quarters, free_flow_kmh, SETTINGS)
        heard.take(recording.by_link({r.detector_id: r.mean_speed_kmh for r in felt if r.mean_speed_kmh is not None}))
        if tried.judges(now):
            yield now, {**_ours(replay, now), **_others(replay, heard, now), MEDIAN: medians_kmh}


def _ours(replay: Replay, now: datetime) -> Mapping[str, Floats]:
    topology, places = replay.tried.recording.topology, replay.tried.places
    estimates = replay.background.estimate(topology, places, replay.sensed.detectors, replay.profile, now)
    usual = replay.usual.estimate(topology, places, {}, replay.profile, now)
    return {OURS: _told_kmh(replay, estimates), USUAL: usual.speed_kmh}


def _told_kmh(replay: Replay, estimates: Estimates) -> Floats:
    """Give what the link states tell: measured as long as that says anything, then the estimate."""
    told = estimates.speed_kmh.copy()
    for link_id, state in replay.sensed.links.items():
        index = replay.tried.recording.topology.index[link_id]
        told[index] = told_kmh(state, estimates.speed_kmh[index])
    return told


def _others(replay: Replay, heard: Heard, now: datetime) -> Mapping[str, Floats]:
    topology = replay.tried.recording.topology
    free_flow_kmh = np.array([link.free_flow_kmh for link in topology.links])
    of_class = replay.alone.estimate(topology, (), {}, replay.profile, now).speed_kmh
    street_kmh = np.array([_first(heard.last_kmh[list(others)]) for others in replay.neighbours])
    last_kmh = np.where(np.isnan(heard.last_kmh), street_kmh, heard.last_kmh)
    return {
        LAST: np.where(np.isnan(last_kmh), free_flow_kmh, last_kmh),
        PROFILE: np.where(np.isnan(heard.mean_kmh), of_class, heard.mean_kmh),
        CLASS_MEAN: _class_means_kmh(replay, now, free_flow_kmh),
        FREE_FLOW: free_flow_kmh,
    }


def _first(values: Floats) -> float:
    return float(next((value for value in values if np.isfinite(value)), np.nan))


def _class_means_kmh(replay: Replay, now: datetime, otherwise_kmh: Floats) -> Floats:
    """Mean speed that detectors on links of each road class say now."""
    recording = replay.tried.recording
    said = {name: d.speed_kmh for name, d in replay.sensed.detectors.items() if freshness(d, now, SETTINGS) > 0}
    said_kmh = recording.by_link(said)
    classes = np.array([link.road_class for link in recording.topology.links])
    means = otherwise_kmh.copy()
    for road_class in np.unique(classes):
        alike = classes == road_class
        if np.isfinite(said_kmh[alike]).any():
            means[alike] = np.nanmean(said_kmh[alike])
    return means


def _street_neighbours(tried: Round) -> Sequence[Sequence[int]]:
    """Give the links with a detector near each link, those of its own street first, then by distance."""
    links = tried.recording.topology.links
    standing = [tried.recording.link_of[place.detector_id] for place in tried.places]
    near = nearest_detectors(links, standing, SETTINGS.neighbour_distance_m)
    found = []
    for index, link in enumerate(links):
        others = [standing[d] for d in near.detectors[np.isfinite(near.distances_m[:, index]), index]]
        found.append(sorted(others, key=lambda other, name=link.name: links[other].name != name))  # type: ignore[misc]
    return found


def truths_kmh(recording: Recording, hidden: frozenset[str], now: datetime) -> Floats:
    """Give what the hidden detectors measure in the step that ends now, shape (links,); nan where nothing."""
    return recording.by_link({name: speed for name, speed in recording.measured_kmh[now].items() if name in hidden})
