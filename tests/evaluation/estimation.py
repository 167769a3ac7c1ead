"""How well links without a detector are estimated: hide some, and compare with what they measured.

    PYTHONPATH=tests .venv/bin/python -m evaluation.estimation ../shared/data/aarhus-5min --report build/estimation.json

Every link of Aarhus has a detector. In five rounds a fifth of them is hidden, each once; the morning is replayed step
by step through the pure code of the service, and each estimate is compared with the speed that the hidden detector
measures in that step. The recording is of one morning, so two things are tried: links that *never* had a detector, with
what the others teach as the morning goes on; and links whose detector fell *silent* before it, with a profile that was
learned from this very morning. The second is no forecast: it shows what a profile adds at best. "Its own median" is
that of the hidden detector over the whole morning: no single speed a link can do better.
"""

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean

from evaluation.recording import Recording, is_measured, read_recording
from lotse_routing.network.model import Link
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.background import Background, Estimates
from lotse_routing.state.estimate import DetectorEstimate, DetectorPlace, feel, freshness
from lotse_routing.state.neighbourhood import find_neighbours
from lotse_routing.state.profile import Profile, empty_profile
from lotse_routing.state.quarters import Quarters, collect, learn

ROUNDS = 5
SEED = 4
MORNINGS = 12
"""The morning is learned so often, as if it were that of as many weeks."""
SETTINGS = EstimateSettings(time_zone="Europe/Copenhagen")


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """A recording of which some detectors are hidden; `streets` are the visible ones of each hidden one's street."""

    recording: Recording
    visible: tuple[DetectorPlace, ...]
    hidden: frozenset[str]
    streets: Mapping[str, Sequence[str]]

    def class_mean_kmh(self, link: Link, known: Mapping[str, DetectorEstimate], now: datetime) -> float:
        """Mean speed that detectors on links of the same road class say now."""
        links, link_of = self.recording.topology.links, self.recording.link_of
        alike = [p.detector_id for p in self.visible if links[link_of[p.detector_id]].road_class == link.road_class]
        said = [known[name] for name in alike if name in known and freshness(known[name], now, SETTINGS) > 0]
        return fmean(estimate.speed_kmh for estimate in said) if said else link.free_flow_kmh


def rounds(recording: Recording) -> Iterator[Round]:
    """Hide each detector in one of the rounds."""
    order = sorted(place.detector_id for place in recording.places)
    random.Random(SEED).shuffle(order)
    for number in range(ROUNDS):
        hidden = frozenset(order[number::ROUNDS])
        visible = tuple(place for place in recording.places if place.detector_id not in hidden)
        yield Round(recording, visible, hidden, _street_neighbours(recording, visible, hidden))


def _street_neighbours(
    recording: Recording, visible: Sequence[DetectorPlace], hidden: frozenset[str]
) -> Mapping[str, Sequence[str]]:
    """Visible detectors near each hidden one, those of its own street first, then by distance."""
    around = find_neighbours(recording.topology, visible, SETTINGS)
    links, link_of = recording.topology.links, recording.link_of
    neighbours: dict[str, Sequence[str]] = {}
    for detector in hidden:
        here = link_of[detector]
        votes = zip(around.near[:, here], around.weights[:, here], strict=True)
        near = [around.detectors[other] for other, weight in votes if weight > 0]
        is_same = {other: links[link_of[other]].name == links[here].name for other in near}
        neighbours[detector] = sorted(near, key=lambda other, is_same=is_same: not is_same[other])  # type: ignore[misc]
    return neighbours


def errors(tried: Round, profile: Profile, *, learns: bool) -> Mapping[str, list[float]]:
    """Replay the morning; give the absolute errors, km/h, of each way to guess the speeds of the hidden links."""
    topology, found = tried.recording.topology, defaultdict[str, list[float]](list)
    known: dict[str, DetectorEstimate] = {}
    quarters, background, usual = Quarters(), Background(SETTINGS), Background(SETTINGS)
    free_flow_kmh = {link.link_id: link.free_flow_kmh for link in topology.links}
    for now, readings in tried.recording.steps:
        felt = [reading for reading in readings if reading.detector_id not in tried.hidden]
        known = feel(known, felt, SETTINGS)
        quarters = collect(quarters, felt, tried.visible, now, SETTINGS)
        if learns:
            profile, _ = learn(profile, quarters, free_flow_kmh, SETTINGS)
        estimates = background.estimate(topology, tried.visible, known, profile, now)
        typical = usual.estimate(topology, tried.visible, {}, profile, now)
        for reading in readings:
            if reading.detector_id in tried.hidden and is_measured(reading):
                for name, guess in _guesses(tried, reading.detector_id, known, (estimates, typical), now).items():
                    found[name].append(abs(guess - (reading.mean_speed_kmh or 0.0)))
    return found


def _guesses(
    tried: Round,
    detector: str,
    known: Mapping[str, DetectorEstimate],
    estimated: tuple[Estimates, Estimates],
    now: datetime,
) -> Mapping[str, float]:
    index = tried.recording.link_of[detector]
    link = tried.recording.topology.links[index]
    return {
        "ours": float(estimated[0].speed_kmh[index]),
        "typical alone": float(estimated[1].speed_kmh[index]),
        "last of the street": _last_kmh(tried.streets[detector], known, link.free_flow_kmh),
        "class mean": tried.class_mean_kmh(link, known, now),
        "free flow": link.free_flow_kmh,
        "its own median": tried.recording.median_kmh[detector],
    }


def _last_kmh(neighbours: Sequence[str], known: Mapping[str, DetectorEstimate], otherwise: float) -> float:
    return next((known[name].speed_kmh for name in neighbours if name in known and known[name].speed_at), otherwise)


def learned_from_itself(recording: Recording) -> Profile:
    """The profile of a town whose every week begins with this morning."""
    free_flow_kmh = {link.link_id: link.free_flow_kmh for link in recording.topology.links}
    profile = empty_profile()
    for _ in range(MORNINGS):
        again = Profile(profile.rows, profile.speed_kmh, profile.weeks, profile.learned_until * 0)
        quarters = Quarters()
        for now, readings in recording.steps:
            quarters = collect(quarters, readings, recording.places, now, SETTINGS)
            again, _ = learn(again, quarters, free_flow_kmh, SETTINGS)
        profile = again
    return profile


def evaluate(recording: Recording) -> dict[str, dict[str, float]]:
    """Mean absolute errors, km/h, over all rounds, by what was tried and how was guessed."""
    tried = {
        "never measured": (empty_profile(), True),
        "silent, profile of itself": (learned_from_itself(recording), False),
    }
    table: dict[str, dict[str, float]] = {}
    for what, (profile, learns) in tried.items():
        pooled: dict[str, list[float]] = defaultdict(list)
        for each in rounds(recording):
            for name, found in errors(each, profile, learns=learns).items():
                pooled[name] += found
        table[what] = {name: round(fmean(found), 2) for name, found in pooled.items()}
        table[what]["compared"] = len(pooled["ours"])
    return table


def main() -> None:
    """Print the table; write it where --report says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder with links.csv and measurements beside it")
    parser.add_argument("--report", type=Path, help="write the figures to this file, as JSON")
    asked = parser.parse_args()
    table = evaluate(read_recording(asked.data))
    names = list(table["never measured"])
    width = max(map(len, names))
    sys.stdout.write(f"{'MAE, km/h':{width}}  {'  '.join(table)}\n")
    for name in names:
        figures = "  ".join(f"{table[what][name]:>{len(what)}}" for what in table)
        sys.stdout.write(f"{name:{width}}  {figures}\n")
    if asked.report:
        asked.report.parent.mkdir(parents=True, exist_ok=True)
        asked.report.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
