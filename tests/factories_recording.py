"""A recording of a small street, as that of Aarhus is read: one detector a link, a reading in five minutes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from evaluation.aarhus.recording import Recording
from factories_state import STREET

from lotse_routing.state.estimate import DetectorPlace, FeltReading

BEGIN = datetime(2014, 8, 26, 6, 0, tzinfo=UTC)
INTERVAL = timedelta(minutes=5)
LINKS = [link.link_id for link in STREET.links]

Said = Callable[[str, int], tuple[float, float]]
"""Vehicles and published speed of a link in a step."""


def a_recording(said: Said, steps: int = 12) -> Recording:
    """Detectors are called as their links; a speed without a vehicle is published, and not felt."""
    moments = [BEGIN + number * INTERVAL for number in range(steps)]
    rows = [[(link, *said(link, number)) for link in LINKS] for number in range(steps)]
    felt = [
        tuple(FeltReading(link, now, 300.0, count, speed if count else None) for link, count, speed in step)
        for now, step in zip(moments, rows, strict=True)
    ]
    return Recording(
        topology=STREET,
        places=tuple(DetectorPlace(link, link) for link in LINKS),
        link_of=STREET.index,
        steps=tuple(zip(moments, felt, strict=True)),
        published_kmh={now: {link: speed for link, _, speed in step} for now, step in zip(moments, rows, strict=True)},
    )
