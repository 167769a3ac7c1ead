"""History: aggregates of readings, and outages of detectors."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import Page, View

Bucket = Literal["15min", "1h", "1d"]


class Aggregate(View):
    """What was measured in a bucket of time. A bucket without readings is not in the list: it is unknown, not empty."""

    begins_at: AwareDatetime = Field(examples=["2026-11-23T07:30:00Z"])
    readings: int = Field(description="that ended within the bucket", examples=[15])
    vehicle_count: float | None = Field(description="of all usable counts; null: there is none", examples=[212])
    heavy_count: float | None = Field(examples=[14])
    mean_speed_kmh: float | None = Field(description="mean of the vehicles, not of the intervals", examples=[41.8])
    occupancy_pct: float | None = Field(description="mean over the time", examples=[17.2])
    usable_s: float = Field(description="in which the detector itself measured something usable", examples=[900])
    substituted: int = Field(description="readings of which a value is a substitute", examples=[0])
    invalid: int = Field(description="readings of which no value is usable", examples=[0])


AggregatePage = Page[Aggregate]


class Outage(View):
    """How long a detector measured nothing usable within a day."""

    detector_id: str = Field(examples=["AB-05"])
    day: date = Field(description="of the zone in force", examples=["2026-11-23"])
    elapsed_s: float = Field(
        description="how long the day was (23 to 25 h), or what of it has passed since its first "
        "reading and can have been reported",
        examples=[86_400],
    )
    outage_s: float = Field(description="elapsed time without usable readings of its own", examples=[8_100])
    outage_share: float = Field(description="outage_s / elapsed_s; 0 where nothing has passed", examples=[0.094])
    is_over_limit: bool = Field(description="whether outage_s is above what a day may have (2 h)", examples=[True])


OutagePage = Page[Outage]
