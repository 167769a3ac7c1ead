"""Links with their state."""

from typing import Literal

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import View
from lotse_shared.level_of_service import LevelOfService

Access = Literal["yes", "destination", "no"]


class LinkProperties(View):
    """A link and what is known of it now."""

    link_id: str = Field(examples=["L3-L4-0"])
    from_node: str = Field(examples=["L3"])
    to_node: str = Field(examples=["L4"])
    name: str = Field(examples=["Lindenbrücke"])
    ref: str = Field(examples=["L 31"])
    ways: list[int] = Field(description="OpenStreetMap ways it was made of", examples=[[]])
    road_class: str = Field(examples=["secondary"])
    length_m: float = Field(examples=[430])
    lanes: int = Field(examples=[2])
    access: Access = Field(description="of cars; destination: at the ends of a route only")
    truck_access: Access
    bus_access: Access
    emergency_access: Access
    max_height_m: float | None = Field(description="null: no limit", examples=[None])
    max_weight_t: float | None = Field(description="null: no limit", examples=[None])
    free_flow_kmh: float = Field(examples=[50])
    level_of_service: LevelOfService = Field(
        description="unknown where nothing is measured, also where the speed is estimated", examples=["jam"]
    )
    speed_kmh: float | None = Field(
        description="measured or estimated; null: nothing is known but free flow", examples=[7.4]
    )
    confidence: float | None = Field(description="0..1; low for estimates", examples=[0.5])
    source: str | None = Field(
        description="how the speed is known. By detectors of the link: `measured`; `held`, readings come without a"
        " speed; `decayed`, they are silent. Estimated: `neighbourhood`, by detectors around it; `profile`, by what is"
        " usual at this quarter of the week",
        examples=["measured"],
    )
    observed_at: AwareDatetime | None = Field(
        description="newest reading behind the speed; of a profile, up to when it was learned. An estimate is written"
        " when it moved clearly, so this may be a while ago",
        examples=["2026-11-23T07:43:28.091000Z"],
    )
    detectors: list[str] = Field(description="that the speed is measured by; empty for estimates", examples=[["AB-05"]])


class LinkGeometry(View):
    """The line of a link in the direction of travel."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]] = Field(
        examples=[[[7.10777, 54.29577], [7.10729, 54.29769], [7.10677, 54.2996]]]
    )


class LinkFeature(View):
    """A link as a GeoJSON feature."""

    type: Literal["Feature"] = "Feature"
    id: str = Field(examples=["L3-L4-0"])
    geometry: LinkGeometry
    properties: LinkProperties


class LinkCollection(View):
    """Links as a GeoJSON feature collection, by link id."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    network_version: str | None = Field(description="null: no network was imported yet", examples=["2ab8302d…"])
    next_cursor: str | None = Field(description="give it as `cursor` to get the next page; null: this was the last")
    features: list[LinkFeature]


class LinkStates(View):
    """What is known of links now, as columns: the first entry of each list is of the first link."""

    link_id: list[str] = Field(examples=[["L3-L4-0"]])
    level_of_service: list[LevelOfService] = Field(
        description="unknown, too, where the speed is estimated", examples=[["jam"]]
    )
    speed_kmh: list[float] = Field(examples=[[7.4]])
    confidence: list[float] = Field(description="0..1", examples=[[0.5]])
    source: list[str] = Field(description="as in `/v1/links`", examples=[["measured"]])
