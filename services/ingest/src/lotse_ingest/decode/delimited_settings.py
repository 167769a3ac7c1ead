"""How delimited lines are read: separator, columns, units, sentinels, time. Checked at the start."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lotse_ingest.decode.configured import Configured
from lotse_ingest.decode.local_time import ISO, TimeReader
from lotse_ingest.messages import DecodeError
from lotse_ingest.privacy import is_personal_name
from lotse_shared.reading import LONGEST_INTERVAL_S

EXAMPLE_TIME = datetime(2024, 6, 30, 23, 0)  # noqa: DTZ001 - a local time


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Part):
    """A column that holds a number, and what to multiply it with to come to our unit."""

    column: str
    factor: float = Field(default=1.0, gt=0, allow_inf_nan=False)


def _by_name(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


Number = Annotated[Column, BeforeValidator(_by_name)]


class Fields(_Part):
    """Which column holds which field of a reading. Without `detector_id` the level that `+` stands for is the id."""

    detector_id: str | None = None
    vehicle_count: Number | None = None
    heavy_count: Number | None = None
    mean_speed_kmh: Number | None = None
    occupancy_pct: Number | None = None
    seq: str | None = None

    @property
    def numbers(self) -> Mapping[str, Column]:
        """The fields that are numbers, where configured."""
        columns = {
            "vehicle_count": self.vehicle_count,
            "heavy_count": self.heavy_count,
            "mean_speed_kmh": self.mean_speed_kmh,
            "occupancy_pct": self.occupancy_pct,
        }
        return {name: column for name, column in columns.items() if column is not None}


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{name!r} is no time zone; one is Europe/Berlin"
        raise ValueError(message) from None
    return name


class Time(_Part):
    """When a line was measured: the columns, joined by a blank, are read by `format` in `zone`."""

    columns: tuple[str, ...] = Field(min_length=1)
    format: str = Field(default=ISO, description="as Python's strptime, or iso")
    zone: Annotated[str, AfterValidator(_known_zone)] | None = Field(
        default=None, description="for times without offset"
    )
    marks: Literal["start", "end"] = Field(description="which end of the interval the time is")

    @property
    def zone_info(self) -> ZoneInfo | None:
        """The zone, for `datetime`."""
        return None if self.zone is None else ZoneInfo(self.zone)

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if self.format == ISO:
            return self
        if not ("%Y" in self.format or "%y" in self.format):
            message = f"format {self.format!r} has no year (%Y)"
            raise ValueError(message)
        if self.zone is None and "%z" not in self.format:
            message = "times without an offset (%z) need a zone, like UTC or Europe/Berlin"
            raise ValueError(message)
        try:
            text = EXAMPLE_TIME.astimezone(self.zone_info).strftime(self.format)
            TimeReader(self.format, self.zone_info).read("format", text)
        except (ValueError, DecodeError):
            message = f"format {self.format!r} is none that strptime can read"
            raise ValueError(message) from None
        return self


class DelimitedSettings(Configured):
    """Settings of the dialect `delimited`."""

    dialect: Literal["delimited"]
    separator: str = Field(default=";", min_length=1, max_length=1)
    columns: tuple[str, ...] | None = Field(default=None, description="in their order; without, line 1 is the header")
    fields: Fields
    time: Time
    interval_s: float = Field(gt=0, le=LONGEST_INTERVAL_S)
    absent: frozenset[str] = Field(default=frozenset(), description="texts that mean: not reported, like -1")
    decimal: Literal[".", ","] = "."
    encoding: Literal["utf-8", "latin-1"] = "utf-8"

    @property
    def columns_read(self) -> frozenset[str]:
        """All columns that something is read from."""
        fields = self.fields
        names = (fields.detector_id, fields.seq, *(column.column for column in fields.numbers.values()))
        return frozenset(self.time.columns).union(name for name in names if name is not None)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if fault := next(self._faults(), None):
            raise ValueError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        columns = self.columns or ()
        if personal := sorted(filter(is_personal_name, self.columns_read.union(columns))):
            yield f"column {personal[0]!r} looks like number plates or MAC addresses: the vendor must leave it out"
        if self.fields.detector_id is None and self.filter.split("/").count("+") != 1:
            yield "without a column detector_id the filter needs exactly one +, which stands for the detector's id"
        if self.separator in ('"', "\r", "\n", self.decimal):
            yield "the separator may be neither a quote, a line break nor the decimal sign"
        if len(set(columns)) < len(columns):
            yield "columns names one twice"
        if columns and (missing := sorted(self.columns_read.difference(columns))):
            yield f"columns lacks {', '.join(missing)}"
