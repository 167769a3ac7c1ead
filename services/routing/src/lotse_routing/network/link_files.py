"""Reads CSV files row by row into checked rows, and collects every row that breaks a rule with its place and reason."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from lotse_routing.network.osm_lanes import MAX_LANES
from lotse_routing.network.osm_tags import RESERVED_CLASSES, ROAD_CLASSES
from lotse_shared.identifiers import Identifier
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


def _points(text: str) -> list[list[str]]:
    points = [point.split() for point in text.split(";") if point.strip()]
    if any(len(point) != 2 for point in points):  # noqa: PLR2004 - lon and lat
        raise PydanticCustomError("points", "should be 'lon lat;lon lat;...'")  # noqa: EM101
    return points


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


class JunctionRow(_Row):
    """A row of junctions.csv."""

    node_id: Identifier
    lon: Longitude
    lat: Latitude


class LinkRow(_Row):
    """A row of links.csv. `coordinates` are the points between the junctions."""

    from_node: Identifier
    to_node: Identifier
    name: str
    ref: str
    road_class: Annotated[str, BeforeValidator(_known_class)]
    length_m: Annotated[Annotated[float, Field(gt=0, le=1e6)] | None, BeforeValidator(lambda text: text or None)]
    free_flow_kmh: Annotated[float, Field(gt=0, le=200)]
    lanes: Annotated[int, Field(ge=1, le=MAX_LANES)]
    access: Literal["yes", "destination"]
    coordinates: Annotated[tuple[tuple[Longitude, Latitude], ...], BeforeValidator(_points)]


class BannedTurnRow(_Row):
    """A row of banned_turns.csv."""

    from_node: Identifier
    via_node: Identifier
    to_node: Identifier


RowT = TypeVar("RowT", bound=_Row)


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
                self.reject(file, line, "row", f"has not {len(row_type.model_fields)} values")
                continue
            try:
                rows.append((line, row_type.model_validate(values)))
            except ValidationError as error:
                for e in error.errors():
                    self.reject(file, line, ".".join(map(str, e["loc"])), f"{e['msg']}, not {e['input']!r}")
        return rows

    def _has_header(self, file: str, header: Sequence[str], row_type: type[_Row]) -> bool:
        known = list(row_type.model_fields)
        for name in known:
            if name not in header:
                self.reject(file, 1, name, "the column is missing")
        for name in header:
            if name not in known:
                self.reject(file, 1, name, f"is no column here; columns are {', '.join(known)}")
        return set(header) == set(known)
