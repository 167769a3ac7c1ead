"""Readings as they are read back."""

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import Page, View


class RawValues(View):
    """As the detector sent them; null: it did not."""

    vehicle_count: float | None = Field(examples=[12])
    heavy_count: float | None = Field(examples=[1])
    mean_speed_kmh: float | None = Field(examples=[43.2])
    occupancy_pct: float | None = Field(examples=[17.5])


class CorrectedValues(View):
    """After judgement; null: not usable."""

    vehicle_count: float | None = Field(examples=[12])
    mean_speed_kmh: float | None = Field(examples=[43.2])
    occupancy_pct: float | None = Field(examples=[17.5])


class ReadingView(View):
    """One measurement over one interval."""

    measured_at: AwareDatetime = Field(description="end of the interval", examples=["2026-11-23T07:10:00Z"])
    interval_s: float = Field(examples=[60])
    raw: RawValues
    corrected: CorrectedValues
    rule_codes: list[str] = Field(description="which rules struck, and so why values differ", examples=[[]])
    seq: int | None = Field(description="the detector's own counter", examples=[4711])
    received_at: AwareDatetime = Field(examples=["2026-11-23T07:10:00.180Z"])


ReadingPage = Page[ReadingView]
