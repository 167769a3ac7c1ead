"""Reads CSV files row by row into checked rows, and collects every row that breaks a rule with its place and reason."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from lotse_routing.network.osm.lanes import MAX_LANES
from lotse_routing.network.osm.tags import RESERVED_CLASSES, ROAD_CLASSES
from lotse_shared.identifiers import Identifier
from lotse_shared.vehicle import VehicleClass
from lotse_shared.weekly_times import WeeklyTimes
from lotse_shared.wire import Latitude, Longitude

ROAD_CLASS_WORDS = ROAD_CLASSES | RESERVED_CLASSES
BADS_TOLD = 20


@dataclass(frozen=True, slots=True)
class BadRow:
    """A place in a file and what is wrong there. Line 1 is the header."""

    file: str
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        """Say it as editors understand it."""
        return f"{self.file}:{self.line}: {self.field}: {self.reason}"


class BadRowsError(ValueError):
    """Rows that break a rule. Nothing was imported."""

    def __init__(self, rows: list[BadRow]) -> None:
        told = [str(row) for row in rows[:BADS_TOLD]]
        more = [f"and {len(rows) - BADS_TOLD} more"] if len(rows) > BADS_TOLD else []
        super().__init__("\n".join([f"nothing was imported; places that are not valid: {len(rows)}", *told, *more]))
        self.rows = rows


def _known_class(value: str) -> str:
    if value not in ROAD_CLASS_WORDS:
        words = ", ".join(sorted(ROAD_CLASS_WORDS))
        raise PydanticCustomError("road_class", "should be one of {words}", {"words": words})  # noqa: EM101
    return value


def points(text: str) -> list[list[str]]:
    """Part 'lon lat;lon lat' into its numbers."""
    parted = [point.split() for point in text.split(";") if point.strip()]
    if any(len(point) != 2 for point in parted):  # noqa: PLR2004 - lon and lat
        raise PydanticCustomError("points", "should be 'lon lat;lon lat;...'")  # noqa: EM101
    return parted


def listed(text: str) -> list[str]:
    """Part 'a;b;c'."""
    return [part.strip() for part in text.split(";") if part.strip()]


def _hours(text: str) -> str:
    try:
        return str(WeeklyTimes.parse(text)) if text else ""
    except ValueError as error:
        raise PydanticCustomError("hours", "{reason}", {"reason": str(error)}) from error  # noqa: EM101


Access = Literal["yes", "destination", "no"]
Hours = Annotated[str, BeforeValidator(_hours)]
"""Opening hours in their normal form; empty: always."""
NotGiven = BeforeValidator(lambda text: text or None)
"""An empty value is one that is not given."""


class Row(BaseModel):
    """A row of any file: columns are fields, all of them told."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


class JunctionRow(Row):
    """A row of junctions.csv."""

    node_id: Identifier
    lon: Longitude
    lat: Latitude


class LinkRow(Row):
    """A row of links.csv. `coordinates` are the points between the junctions.

    The columns from `truck_access` on may be absent or empty: then `access` holds for all vehicles, and no limit.
    """

    from_node: Identifier
    to_node: Identifier
    name: str
    ref: str
    road_class: Annotated[str, BeforeValidator(_known_class)]
    length_m: Annotated[Annotated[float, Field(gt=0, le=1e6)] | None, NotGiven]
    free_flow_kmh: Annotated[float, Field(gt=0, le=200)]
    lanes: Annotated[int, Field(ge=1, le=MAX_LANES)]
    access: Access
    coordinates: Annotated[tuple[tuple[Longitude, Latitude], ...], BeforeValidator(points)]
    truck_access: Annotated[Access | None, NotGiven] = None
    bus_access: Annotated[Access | None, NotGiven] = None
    emergency_access: Annotated[Access | None, NotGiven] = None
    max_height_m: Annotated[Annotated[float, Field(gt=0, le=100)] | None, NotGiven] = None
    max_weight_t: Annotated[Annotated[float, Field(gt=0, le=1000)] | None, NotGiven] = None


class BannedTurnRow(Row):
    """A row of banned_turns.csv. `via_node` may be several junctions, in the order they are passed: 'B;C'.

    `vehicles` ('car;truck'; empty or absent: all) and `during` (opening hours; empty or absent: always) are optional.
    """

    from_node: Identifier
    via_node: Annotated[tuple[Identifier, ...], BeforeValidator(listed), Field(min_length=1)]
    to_node: Identifier
    vehicles: Annotated[frozenset[VehicleClass], BeforeValidator(listed)] = frozenset()
    during: Hours = ""


RowT = TypeVar("RowT", bound=Row)


@dataclass(slots=True)
class LinkFiles:
    """The files of one folder, and the bad rows met in them so far."""

    folder: Path
    bad_rows: list[BadRow] = field(default_factory=list)

    def reject(self, file: str, line: int, where: str, reason: str) -> None:
        """Note a bad row."""
        self.bad_rows.append(BadRow(file, line, where, reason))

    def read(self, file: str, row_type: type[RowT], *, may_be_absent: bool = False) -> list[tuple[int, RowT]]:
        """Read the good rows of a file with their line numbers."""
        path = self.folder / file
        if not path.is_file():
            if not may_be_absent:
                self.reject(file, 0, "file", f"is not in {self.folder}")
            return []
        try:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                return self._read_rows(file, csv.DictReader(lines, strict=True), row_type)
        except (UnicodeDecodeError, csv.Error) as error:
            self.reject(file, 0, "file", f"is not CSV in UTF-8: {error}")
            return []

    def _read_rows(self, file: str, reader: "csv.DictReader[str]", row_type: type[RowT]) -> list[tuple[int, RowT]]:
        if not self._has_header(file, reader.fieldnames or [], row_type):
            return []
        rows: list[tuple[int, RowT]] = []
        for values in reader:
            line = reader.line_num
            if None in values or None in values.values():
                self.reject(file, line, "row", f"has not {len(reader.fieldnames or [])} values")
                continue
            try:
                rows.append((line, row_type.model_validate(values)))
            except ValidationError as error:
                for e in error.errors():
                    self.reject(
                        file,
                        line,
                        ".".join(map(str, e["loc"])),
                        f"{e['msg'].removeprefix('Value error, ')}, not {e['input']!r}",
                    )
        return rows

    def _has_header(self, file: str, header: Sequence[str], row_type: type[Row]) -> bool:
        fields = row_type.model_fields
        missing = [name for name, field in fields.items() if field.is_required() and name not in header]
        strange = [name for name in header if name not in fields]
        for name in missing:
            self.reject(file, 1, name, "the column is missing")
        for name in strange:
            self.reject(file, 1, name, f"is no column here; columns are {', '.join(fields)}")
        return not missing and not strange
