"""The files of Open Data Aarhus: links between Bluetooth points, and what was measured on them. Pure.

links.csv
    One row a directed link, from POINT_1_NAME to POINT_2_NAME. NDT_IN_KMH (normal driving time) serves as free-flow
    speed. REPORT_ID names the link's measurements and becomes the id of a detector. Points are given with slightly
    different positions from row to row; a junction lies in their mean.
Measurements
    TIMESTAMP is the moment at which the feed published a value, so it is taken as the *end* of the five minutes. It
    carries no zone; what it shows speaks for UTC: in the recording of Tuesday 2014-08-26 the morning peak stands at
    06:00 to 06:30, which is 08:00 to 08:30 in Aarhus, and is over by 07:00.
    vehicleCount counts matched Bluetooth devices, not all vehicles. A row with count 0 mostly repeats the last speed:
    it is published as it stands, and rule R2 finds the speed invalid.
"""

import csv
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from statistics import fmean
from typing import Any

from lotse_shared.identifiers import IDENTIFIER_PATTERN
from lotse_standalone.machine.problems import StandaloneError

AARHUS_SIGNS = Path(__file__).parent / "aarhus.json"
"""Signs and destinations for the 449 links of Open Data Aarhus, which bring none: five approaches to the ring
roads whose usual way is slow in the morning peak and free an hour later. Links by REPORT_ID, junctions by point."""
INTERVAL_S = 300
ROAD_CLASSES = {"MAJOR_ROAD": "primary", "ROAD": "secondary", "STREET": "residential"}
OTHER_ROAD_CLASS = "tertiary"
LANES = 1  # not told


@dataclass(frozen=True, slots=True)
class Segment:
    """A link between two Bluetooth points. `start` and `end` are longitude, latitude; `link_id` as routing gives it."""

    report_id: str
    link_id: str
    from_node: str
    to_node: str
    start: tuple[float, float]
    end: tuple[float, float]
    name: str
    road_class: str
    length_m: float
    normal_kmh: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A row of a recording as text, and its moment in UTC (None where it cannot be read)."""

    row: Mapping[str, Any]
    measured_at: datetime | None

    @property
    def detector_id(self) -> str:
        """The link's measurements."""
        return str(self.row.get("REPORT_ID") or "")

    @property
    def has_identifier(self) -> bool:
        """Tell whether `detector_id` may stand in a topic."""
        return re.fullmatch(IDENTIFIER_PATTERN, self.detector_id) is not None and not self.detector_id.endswith("\n")


def read_segments(path: Path) -> list[Segment]:
    """Read links.csv, in the order of its rows, which numbers parallel links.

    Raises
    ------
    StandaloneError
        It is missing, or a row is not a link; names the line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _segments(path, csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"{path} cannot be read: {error}"
        raise StandaloneError(message) from error


def _segments(path: Path, reader: "csv.DictReader[str]") -> list[Segment]:
    segments: list[Segment] = []
    parallels: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in reader:
        try:
            ends = row["POINT_1_NAME"], row["POINT_2_NAME"]
            segments.append(_segment(row, parallels[ends]))
        except (KeyError, TypeError, ValueError) as error:
            message = f"{path}:{reader.line_num}: not a link of Open Data Aarhus: {error!r}"
            raise StandaloneError(message) from error
        parallels[ends] += 1
    return segments


def _segment(row: Mapping[str, str], ordinal: int) -> Segment:
    from_node, to_node = row["POINT_1_NAME"], row["POINT_2_NAME"]
    return Segment(
        report_id=row["REPORT_ID"],
        link_id=f"{from_node}-{to_node}-{ordinal}",
        from_node=from_node,
        to_node=to_node,
        start=(float(row["POINT_1_LNG"]), float(row["POINT_1_LAT"])),
        end=(float(row["POINT_2_LNG"]), float(row["POINT_2_LAT"])),
        name=street_name(row["POINT_1_STREET"], row["POINT_2_STREET"]),
        road_class=ROAD_CLASSES.get(row["ROAD_TYPE"], OTHER_ROAD_CLASS),
        length_m=float(row["DISTANCE_IN_METERS"]),
        normal_kmh=float(row["NDT_IN_KMH"]),
    )


def street_name(first: str, second: str) -> str:
    """Name a link after the streets at its ends: one where they agree, both where it leads from one into another."""
    return "/".join(dict.fromkeys(street for street in (first, second) if street))


def junctions(segments: Iterable[Segment]) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of every point, by name: the mean of the positions that the rows give."""
    places: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for segment in segments:
        places[segment.from_node].append(segment.start)
        places[segment.to_node].append(segment.end)
    return {
        node: (round(fmean(lon for lon, _ in found), 7), round(fmean(lat for _, lat in found), 7))
        for node, found in sorted(places.items())
    }


def write_network(segments: Sequence[Segment], folder: Path) -> None:
    """Write the links as a folder of plain files, the form that `lotse-routing import-links` takes."""
    folder.mkdir(parents=True, exist_ok=True)
    places = [(node, *place) for node, place in junctions(segments).items()]
    _write(folder / "junctions.csv", ["node_id", "lon", "lat"], places)
    header = [
        "from_node",
        "to_node",
        "name",
        "ref",
        "road_class",
        "length_m",
        "free_flow_kmh",
        "lanes",
        "access",
        "coordinates",
    ]
    rows = [
        (s.from_node, s.to_node, s.name, "", s.road_class, s.length_m, s.normal_kmh, LANES, "yes", "") for s in segments
    ]
    _write(folder / "links.csv", header, rows)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_registry(segments: Sequence[Segment], signs_path: Path, folder: Path) -> None:
    """Write detectors.json, destinations.json, signs.json and corridors.json, as the registry takes them.

    Raises
    ------
    StandaloneError
        The file of signs cannot be read, or names a link that is not in the recording.
    """
    by_report = {segment.report_id: segment for segment in segments}
    try:
        chosen = json.loads(signs_path.read_text(encoding="utf-8"))
        signs = [_sign(dict(sign), by_report) for sign in chosen["signs"]]
        destinations = list(chosen["destinations"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{signs_path} does not fit this recording: {error!r}; give --signs another file"
        raise StandaloneError(message) from error
    nouns = {"detectors": [_detector(s) for s in segments], "destinations": destinations, "signs": signs}
    for noun, rows in (nouns | {"corridors": []}).items():
        (folder / f"{noun}.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def _sign(sign: dict[str, Any], by_report: Mapping[str, Segment]) -> dict[str, Any]:
    return sign | {"link_id": by_report[sign.pop("report_id")].link_id}


def _detector(segment: Segment) -> dict[str, Any]:
    middle = [fmean(pair) for pair in zip(segment.start, segment.end, strict=True)]
    return {
        "detector_id": segment.report_id,
        "name": segment.name,
        "link_id": segment.link_id,
        "lon": middle[0],
        "lat": middle[1],
        "lanes": LANES,
        "interval_s": INTERVAL_S,
    }


def moment_of(text: object, zone: tzinfo) -> datetime | None:
    """Read a TIMESTAMP in UTC; one that carries an offset keeps it. An hour that stands twice is taken as the first."""
    try:
        moment = datetime.fromisoformat(str(text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def payload_of(measured: Measured, seq: int) -> dict[str, Any]:
    """Compose the native payload of a row. What cannot be read is handed on as it stands, for ingest to reject."""
    moment = measured.measured_at
    return {
        "detector_id": measured.detector_id,
        "measured_at": measured.row.get("TIMESTAMP") if moment is None else moment.isoformat().replace("+00:00", "Z"),
        "interval_s": INTERVAL_S,
        "vehicle_count": number_of(measured.row.get("vehicleCount")),
        "mean_speed_kmh": number_of(measured.row.get("avgSpeed")),
        "seq": seq,
    }


def number_of(text: str | None) -> float | str | None:
    """Read a number; an empty field was not reported, anything else stays text."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        return text
    if not math.isfinite(value):
        return text
    return int(value) if value.is_integer() else value
