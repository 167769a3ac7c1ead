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


NetworkPage = Page[NetworkView]
