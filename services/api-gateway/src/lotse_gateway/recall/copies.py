"""Copies of what the database said last, for the time that it is away. No I/O."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

COPIED_EVERY_S = 30.0
"""At the latest; at once, more or less, when something changes."""

Box = tuple[float, float, float, float]
"""West, south, east, north."""


class _Geometry(msgspec.Struct):
    coordinates: list[tuple[float, float]]


class _Properties(msgspec.Struct):
    level_of_service: str


class _Feature(msgspec.Struct):
    """What the filters of links look at."""

    geometry: _Geometry
    properties: _Properties


_READ = msgspec.json.Decoder(_Feature).decode


@dataclass(frozen=True, slots=True)
class Links:
    """Every link of a network by its id, as the GeoJSON feature that PostgreSQL composed."""

    network_version: str | None
    features: Sequence[tuple[str, str]]

    def find(self, after: str | None, box: Box | None, levels: Collection[str] | None) -> Iterator[tuple[str, str]]:
        """Give those after an id, that touch a box, with one of these levels of service; None: any."""
        for link_id, feature in self.features:
            if after is not None and link_id <= after:
                continue
            if (box is None and levels is None) or _is_wanted(_READ(feature), box, levels):
                yield link_id, feature


def _is_wanted(feature: _Feature, box: Box | None, levels: Collection[str] | None) -> bool:
    if levels is not None and feature.properties.level_of_service not in levels:
        return False
    if box is None:
        return True
    lons, lats = zip(*feature.geometry.coordinates, strict=True)
    west, south, east, north = box
    return bool(max(lons) >= west and max(lats) >= south and min(lons) <= east and min(lats) <= north)


@dataclass(slots=True)
class Copies:
    """What is told while the database is away; `link_states` as JSON, `confirmations` by sign.

    `links_copied_at`: when links and their states were read (wall).
    """

    links_copied_at: datetime | None = None
    links: Links | None = None
    link_states: str | None = None
    confirmations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    system: Mapping[str, Any] | None = None

    def are_links_fresh(self, ttl_s: float, now: datetime) -> bool:
        """Tell whether links may still be told: copying may fail for longer than the database is away."""
        at = self.links_copied_at
        return at is not None and now < at + timedelta(seconds=ttl_s + COPIED_EVERY_S)
