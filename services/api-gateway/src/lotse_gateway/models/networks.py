"""Street networks in their versions."""

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import Page, View


class NetworkView(View):
    """A street network that was imported."""

    network_version: str = Field(description="hash of its content", examples=["2ab8302d…"])
    name: str = Field(examples=["auenbrueck"])
    source: str = Field(description="what it was made from", examples=["links"])
    imported_at: AwareDatetime = Field(examples=["2026-11-23T07:38:47Z"])
    is_active: bool = Field(description="whether it is in force; of all versions, one at most", examples=[True])
    junctions: int = Field(examples=[122])
    links: int = Field(examples=[370])
    bbox: list[float] | None = Field(
        description="min longitude, min latitude, max longitude, max latitude of its junctions; null: it has none",
        examples=[[7.0801, 54.2841, 7.1363, 54.3196]],
    )


class NetworkLinks(View):
    """What stays of the links of a network, as columns: the first entry of each list is of the first link."""

    network_version: str = Field(examples=["2ab8302d…"])
    attribution: str | None = Field(description="whose name has to stand on a map of it", examples=[None])
    link_id: list[str] = Field(examples=[["L3-L4-0"]])
    from_node: list[str] = Field(examples=[["L3"]])
    to_node: list[str] = Field(examples=[["L4"]])
    name: list[str] = Field(examples=[["Lindenbrücke"]])
    ref: list[str] = Field(examples=[["L 31"]])
    road_class: list[str] = Field(examples=[["secondary"]])
    length_m: list[float] = Field(examples=[[430]])
    lanes: list[int] = Field(examples=[[2]])
    free_flow_kmh: list[float] = Field(examples=[[50]])
    coordinates: list[list[float]] = Field(
        description="lon, lat, lon, lat, … of each, in the direction of travel",
        examples=[[[7.10777, 54.29577, 7.10729, 54.29769]]],
    )


NetworkPage = Page[NetworkView]
