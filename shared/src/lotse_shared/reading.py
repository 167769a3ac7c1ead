"""A reading: one measurement of one detector over one interval."""

from datetime import datetime
from typing import Annotated

import msgspec

from lotse_shared.identifiers import IDENTIFIER_PATTERN

LONGEST_INTERVAL_S = 86_400.0

STRICT_IDENTIFIER = IDENTIFIER_PATTERN.removesuffix("$") + r"\Z"
"""Python's `$` also matches before a trailing line break."""


class Reading(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a detector reported, as received.

    `measured_at` is the *end* of the interval, aware UTC. A value that the detector did not report is None;
    `mean_speed_kmh` is None when `vehicle_count` is 0. Counts may be decimal (detectors with an uptime share).

    The bounds hold for what is decoded from the wire; there are tens of thousands a second, hence a msgspec struct.
    It is strict about unknown fields, so that what decodes at once holds nothing that must be screened.
    """

    detector_id: Annotated[str, msgspec.Meta(pattern=STRICT_IDENTIFIER)]
    measured_at: Annotated[datetime, msgspec.Meta(tz=True)]
    interval_s: Annotated[float, msgspec.Meta(gt=0, le=LONGEST_INTERVAL_S)]
    vehicle_count: float | None = None
    heavy_count: float | None = None
    mean_speed_kmh: float | None = None
    occupancy_pct: float | None = None
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None
