"""Readings as they are read back."""

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import Page, View


class RawValues(View):
    """As the detector sent them; null: it did not."""

    vehicle_count: float | None = Field(examples=[1])
    heavy_count: float | None = Field(examples=[0])
    mean_speed_kmh: float | None = Field(examples=[3.5])
    occupancy_pct: float | None = Field(examples=[59.1])


class CorrectedValues(View):
    """After judgement; null: not usable."""

    vehicle_count: float | None = Field(examples=[1])
    mean_speed_kmh: float | None = Field(examples=[3.5])
    occupancy_pct: float | None = Field(examples=[59.1])


class RevisedValues(View):
    """The newest correction that the detector sent, after judgement: what history and aggregates go by.

    Decisions go by the first values: they were made when no others were known.
    """

    revision: int = Field(description="how many corrections came", examples=[1])
    interval_s: float = Field(examples=[2])
    vehicle_count: float | None = Field(examples=[2])
    heavy_count: float | None = Field(examples=[0])
    mean_speed_kmh: float | None = Field(examples=[4.1])
    occupancy_pct: float | None = Field(examples=[59.1])
    quality_pct: float = Field(examples=[100])
    rule_codes: list[str] = Field(examples=[[]])


class ReadingView(View):
    """One measurement over one interval."""

    measured_at: AwareDatetime = Field(description="end of the interval", examples=["2026-11-23T07:43:28.091Z"])
    interval_s: float = Field(examples=[2])
    raw: RawValues
    corrected: CorrectedValues
    rule_codes: list[str] = Field(description="which rules struck, and so why values differ", examples=[[]])
    quality_pct: float = Field(description="of the corrected values; below 100: a substitute", examples=[100])
    revised: RevisedValues | None = Field(description="null: no correction came")
    seq: int | None = Field(description="the detector's own counter", examples=[12])
    received_at: AwareDatetime = Field(examples=["2026-11-23T07:43:28.092104Z"])


ReadingPage = Page[ReadingView]
