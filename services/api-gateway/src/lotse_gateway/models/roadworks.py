"""Roadworks: what operators enter, and what they are now."""

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, ValidationInfo, field_validator, model_validator

from lotse_gateway.models.base import NAME_PATTERN, Body, Name, Page, View
from lotse_shared.identifiers import Identifier
from lotse_shared.local_time import moments_of
from lotse_shared.moment import to_utc
from lotse_shared.recurrence import Hours
from lotse_shared.settings import TimeZoneName
from lotse_shared.vehicle import VehicleClass, Vehicles

LinkIds = Annotated[
    list[Identifier], Field(min_length=1, max_length=1_000, examples=[["R01-R02-0"]], description="links it affects")
]
Effect = Literal["closed", "speed", "lanes"]
Status = Literal["draft", "checked", "refused", "approved", "active", "ended"]
Reason = Annotated[str, Field(min_length=3, max_length=500, pattern=NAME_PATTERN)]
STATUS_MEANS = (
    "draft: without effect; checked: a draft whose links were checked; approved: has its effect when its time comes;"
    " active: has it now; ended: its time is over, whether or not it ever had an effect"
)


class Roadwork(Body):
    """A construction site, or another thing that closes or slows links for a time."""

    roadwork_id: Identifier | None = Field(default=None, description="left out: the gateway gives one", examples=["B1"])
    name: Name = Field(min_length=1, description="as drivers call it", examples=["Kanalbau Nordring"])
    effect: Effect = Field(
        description="closed: nobody passes; speed: at most `speed_kmh`; lanes: it takes `lanes_closed`",
        examples=["closed"],
    )
    speed_kmh: float | None = Field(
        default=None, ge=1, le=200, description="with the effect speed; besides, if wanted, with lanes"
    )
    lanes_closed: int | None = Field(
        default=None, ge=1, le=12, description="of each link; with the effect lanes, and only then"
    )
    vehicles: Vehicles = Field(default=[], description="whom it binds; empty: all")
    links: LinkIds
    time_zone: TimeZoneName | None = Field(
        default=None,
        description="of moments without an offset, and of the hours; left out: moments need an offset, hours are those"
        " of the city",
        examples=["Europe/Berlin"],
    )
    starts_at: datetime | None = Field(default=None, description="left out: now, on Lotse's clock", examples=[None])
    ends_at: datetime | None = Field(default=None, description="left out: open end", examples=[None])
    recurrence: Hours | None = Field(
        default=None,
        description="at these hours only, local time (Mo-Fr 22:00-05:00); left out: at all",
        examples=[None],
    )
    approve: bool = Field(default=True, description="false: it stays a draft, without effect")
    override_reason: Reason | None = Field(
        default=None, description="why it is approved though it isolates something", examples=[None]
    )

    @field_validator("starts_at", "ends_at")
    @classmethod
    def _as_moment(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        """Local time is taken with its zone only; of one that comes twice, the start is the first, the end the last."""
        if value is None or value.tzinfo is not None:
            return None if value is None else to_utc(value)
        zone = info.data.get("time_zone")
        if zone is None:
            message = "has no offset: give one (2026-11-23T06:00:00Z), or its time_zone"
            raise ValueError(message)
        to_utc(value.replace(tzinfo=ZoneInfo("UTC")))
        moments = moments_of(value, ZoneInfo(zone))
        if not moments:
            message = f"there is no {value.isoformat(sep=' ')} in {zone}: the clocks are put forward over it"
            raise ValueError(message)
        return moments[0] if info.field_name == "starts_at" else moments[-1]

    @model_validator(mode="after")
    def _figures_belong_to_their_effect(self) -> "Roadwork":
        if self.effect != "lanes" and (self.effect == "speed") != (self.speed_kmh is not None):
            message = "speed_kmh is given with the effect 'speed', and may be with 'lanes'"
            raise ValueError(message)
        if (self.effect == "lanes") != (self.lanes_closed is not None):
            message = "lanes_closed is given with the effect 'lanes', and only then"
            raise ValueError(message)
        return self


class Approval(Body):
    """What an approval says besides."""

    override_reason: Reason | None = Field(
        default=None, description="why, though it isolates something; kept in the audit log", examples=[None]
    )
    confirm: bool = Field(default=False, description="a person has looked at what `doubts` names")


class Complaint(View):
    """Something about the element of a feed that is not as it should be."""

    code: str = Field(description="rule: docs/roadwork-feeds.md", examples=["F2"])
    field: str = Field(examples=["ende"])
    reason: str = Field(examples=["has an open end"])
    allowed: str = Field(examples=["an end, or none until somebody ends it"])


class RoadworkView(View):
    """A roadwork and what it is now, on Lotse's clock."""

    roadwork_id: str = Field(examples=["B1"])
    name: str = Field(examples=["Kanalbau Nordring"])
    effect: Effect
    speed_kmh: float | None
    lanes_closed: int | None
    vehicles: list[VehicleClass] = Field(description="whom it binds; empty: all", examples=[[]])
    links: list[str] = Field(examples=[["R01-R02-0"]])
    starts_at: AwareDatetime = Field(examples=["2026-11-23T07:42:13Z"])
    ends_at: AwareDatetime | None
    ended_at: AwareDatetime | None = Field(description="ended by hand before its time")
    recurrence: str | None = Field(description="hours in the local time of `time_zone`; null: all")
    time_zone: str | None
    approved_at: AwareDatetime | None = Field(description="on Lotse's clock", examples=["2026-11-23T07:42:13Z"])
    source: str | None = Field(description="the feed it was imported from")
    source_id: str | None = Field(description="its id there")
    confidence: float | None = Field(description="of its links, if it was imported, 0..1")
    doubts: list[str] = Field(description="why a person has to confirm it; empty: nobody has to", examples=[[]])
    complaints: list[Complaint] = Field(description="what was not as it should be in the feed", examples=[[]])
    check: dict[str, Any] | None = Field(
        description="what closing its links would do, as `POST /v1/roadworks/check` answers; null: not looked at",
        examples=[None],
    )
    checked_at: AwareDatetime | None
    created_at: AwareDatetime = Field(examples=["2026-11-23T07:42:13Z"])
    updated_at: AwareDatetime = Field(examples=["2026-11-23T07:42:13Z"])
    status: Status = Field(description=STATUS_MEANS, examples=["active"])


RoadworkPage = Page[RoadworkView]
