"""Whether the constants of kriging are tuned to the links that they are judged by: they are chosen again without those.

    PYTHONPATH=tests .venv/bin/python -m evaluation.aarhus.choice ../shared/data/aarhus-5min

In each round, a fifth of the detectors is hidden. Every set of constants is tried on the others alone: a fifth of
*them* is hidden at a time, and guessed from the rest. The set that does best there is judged by the hidden ones, beside
the constants in force. Typical speeds are left out (free flow stands in for them), so the errors differ a little from
those of `evaluation.estimation`.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evaluation.aarhus.guesses import SETTINGS
from evaluation.aarhus.recording import Floats, Recording, read_recording
from evaluation.aarhus.rounds import ROUNDS, rounds
from lotse_routing.state.estimate import DetectorEstimate, feel, freshness
from lotse_routing.state.kriging import COMMON, Common, kriging_weights
from lotse_routing.state.nearest import Near, nearest_detectors
from lotse_routing.state.neighbourhood import Neighbourhood, factors

CHANGED = ("everywhere", "place", "direction", "street", "reach_m")
FACTORS = (0.5, 2.0)


@dataclass(frozen=True, slots=True, eq=False)
class Morning:
    """Free flow, what each link's detector said, its freshness, and what it measured; the last three by step."""

    recording: Recording
    free_flow_kmh: Floats
    said_kmh: Floats
    trusts: Floats
    truths_kmh: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Hiding:
    """Links with a detector, links to guess, and which detectors are near: found once for all constants."""

    standing: np.ndarray[tuple[int], np.dtype[np.intp]]
    hidden: np.ndarray[tuple[int], np.dtype[np.intp]]
    near: Near


def candidates() -> Sequence[Common]:
    """The constants in force, and each of them halved and doubled."""
    return [COMMON, *(replace(COMMON, **{name: getattr(COMMON, name) * by}) for name in CHANGED for by in FACTORS)]


def read_morning(recording: Recording) -> Morning:
    """Feel every detector, through the whole morning."""
    known: dict[str, DetectorEstimate] = {}
    said, trusts, truths = [], [], []
    for now, readings in recording.steps:
        known = feel(known, readings, SETTINGS)
        said.append(recording.by_link({name: d.speed_kmh for name, d in known.items()}))
        trusts.append(recording.by_link({name: freshness(d, now, SETTINGS) for name, d in known.items()}))
        truths.append(recording.by_link(recording.measured_kmh[now]))
    free_flow_kmh = np.array([link.free_flow_kmh for link in recording.topology.links])
    return Morning(recording, free_flow_kmh, np.nan_to_num(said), np.nan_to_num(trusts), np.array(truths))


def hiding(recording: Recording, standing: Sequence[int], hidden: Sequence[int]) -> Hiding:
    """Hide the detectors of some links."""
    near = nearest_detectors(recording.topology.links, standing, SETTINGS.neighbour_distance_m)
    return Hiding(np.array(standing), np.array(hidden), near)


def without(links: Sequence[int]) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """Split links into those that stand and those that are hidden, in rounds."""
    for number in range(ROUNDS):
        hidden = links[number::ROUNDS]
        yield [link for link in links if link not in set(hidden)], hidden


def error_kmh(morning: Morning, tried: Hiding, common: Common) -> Floats:
    """Give the absolute errors on the hidden links, all steps in a row."""
    weights = kriging_weights(morning.recording.topology.links, tried.standing, tried.near, common)
    names = tuple(str(link) for link in tried.standing)
    around = Neighbourhood(names, tried.standing, tried.near.detectors, weights)
    free_kmh = morning.free_flow_kmh
    found = []
    for said_kmh, trusts, truth_kmh in zip(morning.said_kmh, morning.trusts, morning.truths_kmh, strict=True):
        ratios = said_kmh[tried.standing] / free_kmh[tried.standing]
        factor = factors(around, ratios, trusts[tried.standing], SETTINGS).factor
        found.append(np.abs(factor * free_kmh - truth_kmh)[tried.hidden])
    errors: Floats = np.concatenate(found)
    known: Floats = errors[np.isfinite(errors)]
    return known


def choose(recording: Recording) -> Iterator[tuple[Common, Floats, Floats]]:
    """By round: the constants chosen without the hidden links; the errors on those, with them and as in force."""
    morning, sets = read_morning(recording), candidates()
    for each in rounds(recording):
        hidden = sorted(recording.link_of[name] for name in each.hidden)
        standing = sorted(recording.link_of[place.detector_id] for place in each.places)
        inner = [hiding(recording, *split) for split in without(standing)]
        tried = [np.concatenate([error_kmh(morning, one, common) for one in inner]).mean() for common in sets]
        chosen, outer = sets[int(np.argmin(tried))], hiding(recording, standing, hidden)
        yield chosen, error_kmh(morning, outer, chosen), error_kmh(morning, outer, COMMON)


def main() -> None:
    """Print what is chosen in each round, and the errors."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder with links.csv and measurements beside it")
    pooled: list[tuple[Floats, Floats]] = []
    for chosen, errors, in_force in choose(read_recording(parser.parse_args().data)):
        sys.stdout.write(f"{errors.mean():.2f} km/h; in force {in_force.mean():.2f}; {chosen}\n")
        sys.stdout.flush()
        pooled.append((errors, in_force))
    all_errors, all_in_force = (np.concatenate(parts).mean() for parts in zip(*pooled, strict=True))
    sys.stdout.write(f"MAE: chosen without the hidden links {all_errors:.2f} km/h, in force {all_in_force:.2f} km/h\n")


if __name__ == "__main__":
    main()
