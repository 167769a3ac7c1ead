"""Detectors that are hidden, in rounds, so that each is hidden once; what is heard of them, if anything.

Two settings. *Never measured*: the hidden links have no detector, and nothing was ever learned of them. *Fell silent*:
their detectors measured until a moment, and then no more.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from evaluation.aarhus.recording import Recording
from lotse_routing.state.estimate import DetectorPlace, FeltReading

ROUNDS = 5
SEED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """A recording of which some detectors are hidden, from `silent_from` on; None: they never stood there."""

    recording: Recording
    hidden: frozenset[str]
    silent_from: datetime | None = None

    @property
    def places(self) -> tuple[DetectorPlace, ...]:
        """Where detectors stand."""
        is_standing = self.silent_from is not None
        return tuple(p for p in self.recording.places if is_standing or p.detector_id not in self.hidden)

    def hears(self, reading: FeltReading) -> bool:
        """Tell whether a reading is felt."""
        is_before = self.silent_from is not None and reading.measured_at <= self.silent_from
        return is_before or reading.detector_id not in self.hidden

    def judges(self, now: datetime) -> bool:
        """Tell whether hidden detectors are compared now."""
        return self.silent_from is None or now > self.silent_from


def rounds(recording: Recording, silent_from: datetime | None = None) -> Iterator[Round]:
    """Hide each detector in one of the rounds."""
    order = sorted(place.detector_id for place in recording.places)
    random.Random(SEED).shuffle(order)
    for number in range(ROUNDS):
        yield Round(recording, frozenset(order[number::ROUNDS]), silent_from)
