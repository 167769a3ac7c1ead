"""The system as a whole."""

from typing import Literal

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import View
from lotse_gateway.models.ledger import Counts


class NetworkSummary(View):
    """The street network in force."""

    version: str = Field(description="hash of its content", examples=["2ab8302d…"])
    name: str = Field(examples=["auenbrueck"])
    junctions: int = Field(examples=[122])
    links: int = Field(examples=[370])


class Storage(View):
    """How readings are stored."""

    backend: Literal["timescaledb-community", "timescaledb-apache", "postgresql"]
    version: str = Field(examples=["2.19.3"])


class Planner(View):
    """The part that decides."""

    epoch: int = Field(examples=[1])
    heartbeat_at: AwareDatetime = Field(examples=["2026-11-23T07:43:28.203781Z"])
    fresh: bool = Field(description="whether it was heard of lately", examples=[True])


class IngestSlot(View):
    """A replica of ingest."""

    slot: int = Field(examples=[0])
    seen_at: AwareDatetime = Field(description="its last sign of life", examples=["2026-11-23T07:43:26.203781Z"])
    is_listening: bool = Field(
        description="whether it was seen lately, is subscribed and keeps up: readings come in", examples=[True]
    )


class AwayView(View):
    """A part that does not answer."""

    part: Literal["database", "routing"] = Field(
        description="`database`: what is told is what was known last; `routing`: nothing new is decided"
    )
    since: AwareDatetime = Field(
        description="wall time at which it was heard of last", examples=["2026-11-23T07:43:28.203781Z"]
    )


class SystemView(View):
    """What runs, on which network, and how much of everything there is."""

    name: str = Field(examples=["lotse"])
    version: str = Field(examples=["0.1.0"])
    clock: Literal["wall", "data"] = Field(description="what decides what `now` is")
    now: AwareDatetime | None = Field(
        description="Lotse's clock; null: data time has not begun", examples=["2026-11-23T07:43:28.315724Z"]
    )
    covers_until: AwareDatetime | None = Field(
        description="the decisions readable now are computed up to here", examples=["2026-11-23T07:43:28.192616Z"]
    )
    away: list[AwayView] = Field(
        description="parts that do not answer; while the database does not, nothing is known of routing", examples=[[]]
    )
    network: NetworkSummary | None
    storage: Storage
    planner: Planner | None
    ingest: list[IngestSlot] = Field(description="empty: none has ever run")
    readings_24h: Counts = Field(description="received in the last 24 hours of the clock, this one among them")
    detectors: int = Field(examples=[53])
    links_with_state: int = Field(description="that detectors measure; estimates do not count", examples=[53])
    signs: int = Field(description="in service", examples=[6])
