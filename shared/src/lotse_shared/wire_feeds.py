"""Roadworks of feeds on the wire: what the gateway has routing read and match, and what it has it write."""

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from lotse_shared.wire import Wire

FeedFormat = Literal["wzdx", "datex2", "geojson"]


class FeedComplaint(Wire):
    """Something about an element of a feed that is not as it should be."""

    source_id: str = Field(description="of the element", examples=["k3"])
    code: str = Field(description="rule: docs/roadwork-feeds.md", examples=["F3"])
    field: str = Field(examples=["ende"])
    reason: str = Field(examples=["2026-03-01T06:00:00Z is before the start 2026-03-02T06:00:00Z"])
    allowed: str = Field(examples=["an end after it"])
    is_left_out: bool = Field(description="whether the element was dropped for it", examples=[True])


class MatchedRoadwork(Wire):
    """A roadwork of a feed, and the links it lies on: none where it lies on none."""

    source_id: str
    name: str
    effect: Literal["closed", "speed", "lanes", "unknown"]
    speed_kmh: float | None
    lanes_closed: int | None
    links: list[str]
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None
    confidence: float
    doubts: list[str] = Field(description="why a person has to confirm it")


class MatchAnswer(Wire):
    """What a feed says, on the network in force."""

    format: FeedFormat
    found: list[MatchedRoadwork]
    complaints: list[FeedComplaint]
    network_version: str


class ExportRequest(Wire):
    """In which format our roadworks are wanted."""

    format: Literal["wzdx", "datex2"]


class ExportAnswer(Wire):
    """A feed of our roadworks, as it is published."""

    content: dict[str, Any]
