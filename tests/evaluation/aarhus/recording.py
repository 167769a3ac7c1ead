"""The recording of Open Data Aarhus as routing feels it: network, places of detectors, readings by step."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt

from lotse_routing.core.topology import Topology, build_topology
from lotse_routing.network.import_links import import_links
from lotse_routing.state.estimate import DetectorPlace, FeltReading
from lotse_standalone.replay.odaa import INTERVAL_S, read_segments, write_network
from lotse_standalone.replay.recording import Slot, list_files, read_slots

Floats = npt.NDArray[np.float64]

STRAYS = 2
"""A speed counts as measured from so many matched devices on: one alone may have stopped on the way."""


@dataclass(frozen=True, eq=False)
class Recording:
    """Every link has one detector, `link_of` tells which; `steps` are moments with the readings since the last.

    `published_kmh` are the speeds of all rows as they stand, also of those without a vehicle, by step and detector.
    """

    topology: Topology
    places: tuple[DetectorPlace, ...]
    link_of: Mapping[str, int]
    steps: tuple[tuple[datetime, tuple[FeltReading, ...]], ...]
    published_kmh: Mapping[datetime, Mapping[str, float]]

    def medians_kmh(self, after: datetime) -> Floats:
        """Median of what the detector of each link measures after a moment, shape (links,); nan where nothing."""
        speeds: dict[str, list[float]] = defaultdict(list)
        for now, measured_kmh in self.measured_kmh.items():
            for detector, speed_kmh in measured_kmh.items() if now > after else ():
                speeds[detector].append(speed_kmh)
        return self.by_link({detector: median(found) for detector, found in speeds.items()})

    @cached_property
    def measured_kmh(self) -> Mapping[datetime, Mapping[str, float]]:
        """By step and detector, the speeds that are fit to judge an estimate by."""
        return {
            now: {r.detector_id: r.mean_speed_kmh or 0.0 for r in readings if is_measured(r)}
            for now, readings in self.steps
        }

    def by_link(self, values: Mapping[str, float]) -> Floats:
        """Bring values of detectors to their links, shape (links,); nan where there is none."""
        found = np.full(len(self.topology.links), np.nan)
        for detector, value in values.items():
            found[self.link_of[detector]] = value
        return found


def read_recording(folder: Path) -> Recording:
    """Read links.csv and the measurements beside it."""
    segments = read_segments(folder / "links.csv")
    with tempfile.TemporaryDirectory() as files:
        write_network(segments, Path(files))
        network, _ = import_links(Path(files), "Aarhus")
    topology = build_topology(network)
    places = tuple(DetectorPlace(s.report_id, s.link_id) for s in segments if s.link_id in topology.index)
    link_of = {place.detector_id: topology.index[place.link_id] for place in places}
    slots = list(read_slots(list_files(folder), UTC))
    published_kmh = {slot.covers_until: dict(_published(slot)) for slot in slots if slot.covers_until is not None}
    return Recording(topology, places, link_of, tuple(_steps(slots)), published_kmh)


def _steps(slots: Sequence[Slot]) -> Iterator[tuple[datetime, tuple[FeltReading, ...]]]:
    for slot in slots:
        if slot.covers_until is not None:
            yield slot.covers_until, tuple(_readings(slot))


def _readings(slot: Slot) -> Iterator[FeltReading]:
    """Speeds of rows without a vehicle are no measurement (rule R2)."""
    for row in slot.rows:
        with suppress(TypeError, ValueError):
            vehicles, speed_kmh = float(row.row["vehicleCount"]), float(row.row["avgSpeed"])
            if row.measured_at is not None:
                usable_kmh = speed_kmh if vehicles > 0 and speed_kmh > 0 else None
                yield FeltReading(row.detector_id, row.measured_at, INTERVAL_S, vehicles, usable_kmh)


def _published(slot: Slot) -> Iterator[tuple[str, float]]:
    for row in slot.rows:
        with suppress(TypeError, ValueError, KeyError):
            yield row.detector_id, float(row.row["avgSpeed"])


def is_measured(reading: FeltReading) -> bool:
    """Tell whether a reading is fit to judge an estimate by."""
    return reading.mean_speed_kmh is not None and (reading.vehicle_count or 0) >= STRAYS
