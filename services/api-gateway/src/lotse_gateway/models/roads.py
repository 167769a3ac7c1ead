"""Links with their state, and roadworks."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from lotse_gateway.models.base import Body, Moment, Name, Page, View
from lotse_shared.identifiers import Identifier
from lotse_shared.level_of_service import LevelOfService

LinkIds = Annotated[
    list[Identifier], Field(min_length=1, max_length=1_000, examples=[["J12-J13-0"]], description="links it affects")
]
Effect = Literal["closed", "speed"]
Status = Literal["planned", "active", "ended"]


class LinkProperties(View):
    """A link and what is known of it now."""

    link_id: str = Field(examples=["J12-J13-0"])
    from_node: str = Field(examples=["J12"])
    to_node: str = Field(examples=["J13"])
    name: str = Field(examples=["Lauterstraße"])
    ref: str = Field(examples=["B 37"])
    ways: list[int] = Field(description="OpenStreetMap ways it was made of", examples=[[4221187]])
    road_class: str = Field(examples=["primary"])
    length_m: float = Field(examples=[184.2])
    lanes: int = Field(examples=[2])
    access: Literal["yes", "destination"]
    free_flow_kmh: float = Field(examples=[50])
    level_of_service: LevelOfService = Field(description="unknown where nothing is measured", examples=["dense"])
    speed_kmh: float | None = Field(examples=[31.5])
    confidence: float | None = Field(description="0..1", examples=[0.9])
    source: str | None = Field(description="how the speed is known", examples=["measured"])
    observed_at: AwareDatetime | None = Field(examples=["2026-11-23T07:10:00.000000Z"])
    detectors: list[str] = Field(examples=[["KL-17"]])


class LinkGeometry(View):
    """The line of a link in the direction of travel."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]] = Field(examples=[[[7.7689, 49.4447], [7.7702, 49.4451]]])


class LinkFeature(View):
    """A link as a GeoJSON feature."""

    type: Literal["Feature"] = "Feature"
    id: str = Field(examples=["J12-J13-0"])
    geometry: LinkGeometry
    properties: LinkProperties


class LinkCollection(View):
    """Links as a GeoJSON feature collection, by link id."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    network_version: str | None = Field(description="null: no network was imported yet", examples=["9f2c41…"])
    next_cursor: str | None = Field(description="give it as `cursor` to get the next page; null: this was the last")
    features: list[LinkFeature]


class Roadwork(Body):
    """A construction site, or another thing that closes or slows links for a time."""

    roadwork_id: Identifier | None = Field(default=None, description="left out: the gateway gives one", examples=["B1"])
    name: Name = Field(min_length=1, description="as drivers call it", examples=["Kanalbau Lauterstraße"])
    effect: Effect = Field(description="closed: nobody passes; speed: at most `speed_kmh`", examples=["closed"])
    speed_kmh: float | None = Field(default=None, gt=0, le=200, description="with the effect speed, and only then")
    links: LinkIds
    starts_at: Moment | None = Field(default=None, description="left out: now, on Lotse's clock")
    ends_at: Moment | None = Field(default=None, description="left out: open end", examples=["2099-11-23T16:00:00Z"])

    @model_validator(mode="after")
    def _speed_belongs_to_its_effect(self) -> "Roadwork":
        if (self.effect == "speed") != (self.speed_kmh is not None):
            message = "speed_kmh is given with the effect 'speed', and only then"
            raise ValueError(message)
        return self


class RoadworkView(View):
    """A roadwork and what it is now, on Lotse's clock."""

    roadwork_id: str = Field(examples=["B1"])
    name: str = Field(examples=["Kanalbau Lauterstraße"])
    effect: Effect
    speed_kmh: float | None
    links: list[str] = Field(examples=[["J12-J13-0"]])
    starts_at: AwareDatetime = Field(examples=["2026-11-23T07:00:00Z"])
    ends_at: AwareDatetime | None = Field(examples=["2099-11-23T16:00:00Z"])
    ended_at: AwareDatetime | None = Field(description="ended by hand before its time")
    created_at: AwareDatetime = Field(examples=["2026-11-20T09:12:00Z"])
    updated_at: AwareDatetime = Field(examples=["2026-11-20T09:12:00Z"])
    status: Status = Field(examples=["active"])


RoadworkPage = Page[RoadworkView]
