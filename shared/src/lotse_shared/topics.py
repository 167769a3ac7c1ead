"""MQTT topics of the native dialect: built by publishers, parsed by ingest."""

import re
from dataclasses import dataclass
from typing import Literal

ROOT = "lotse/v1"
EVERYTHING = f"{ROOT}/#"
"""One filter for readings, batches and watermarks: a broker keeps the order of messages within one subscription only,
and a watermark must come after the readings before it."""
WATERMARK = f"{ROOT}/watermark"

Kind = Literal["reading", "batch", "watermark"]


class UnknownTopicError(ValueError):
    """The topic is not one of lotse/v1/readings/{detector_id}, lotse/v1/batches/{station_id}, lotse/v1/watermark."""

    def __str__(self) -> str:
        """Say what is allowed."""
        return self.__doc__ or ""


@dataclass(frozen=True, slots=True)
class Topic:
    """A parsed topic: its kind, and the detector or station it names (empty for the watermark)."""

    kind: Kind
    source_id: str


def reading_topic(detector_id: str) -> str:
    """Topic of single readings of one detector."""
    return f"{ROOT}/readings/{detector_id}"


def batch_topic(station_id: str) -> str:
    """Topic of arrays of readings from one roadside concentrator."""
    return f"{ROOT}/batches/{station_id}"


def parse_topic(topic: str) -> Topic:
    """Tell what a topic of the native dialect carries.

    Raises
    ------
    UnknownTopicError
        For any other topic.
    """
    if topic == WATERMARK:
        return Topic("watermark", "")
    match topic.removeprefix(f"{ROOT}/").split("/"):
        case ["readings", detector_id] if detector_id and topic.startswith(f"{ROOT}/"):
            return Topic("reading", detector_id)
        case ["batches", station_id] if station_id and topic.startswith(f"{ROOT}/"):
            return Topic("batch", station_id)
    raise UnknownTopicError(topic)


def as_pattern(topic_filter: str) -> str:
    """Give the regular expression that matches what an MQTT topic filter (with `+` and `#`) matches."""
    levels = topic_filter.split("/")
    below = "(/.*)?" if len(levels) > 1 else ".*"
    tail = below if levels[-1] == "#" else None
    named = levels[:-1] if tail is not None else levels
    return "^" + "/".join("[^/]*" if level == "+" else re.escape(level) for level in named) + (tail or "") + "$"
