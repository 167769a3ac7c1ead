"""Draws the demo town: `python -m lotse_standalone.town.draw > docs/town.svg`."""

import csv
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lotse_standalone.town import FOLDER

WIDTH_PX = 1200
MARGIN_PX = 30
METRES_PER_DEGREE = 111_200.0
STYLE = """
svg { font-family: sans-serif }
.land { fill: #f6f4ee }
.water { stroke: #a9cfe6; stroke-linecap: round; fill: none }
.railway { stroke: #777; stroke-width: 3; stroke-dasharray: 10 5; fill: none }
.casing { stroke: #8a8478; fill: none; stroke-linecap: round; stroke-linejoin: round }
.street { stroke: #fff; fill: none; stroke-linecap: round; stroke-linejoin: round }
.primary { stroke: #f2b45c } .secondary { stroke: #f8df8b }
.corridor { stroke: #2f6fb0; stroke-width: 3; stroke-dasharray: 1 7; stroke-linecap: round; fill: none; opacity: .7 }
.detector { fill: #2b8a4b; stroke: #fff; stroke-width: 1 }
.sign { fill: #1d3557; stroke: #fff; stroke-width: 1.5 }
.label { fill: #fff; font-size: 12px; font-weight: bold; text-anchor: middle }
.place { fill: #5d574b; font-size: 15px; text-anchor: middle; letter-spacing: 1px }
.title { fill: #1d3557; font-size: 26px; font-weight: bold }
.legend { fill: #444; font-size: 13px }
"""
WIDTHS_PX = {"primary": 8.0, "secondary": 6.5, "tertiary": 5.0, "living_street": 2.5}
OTHER_WIDTH_PX = 3.5
CASING_PX = 2.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where longitudes and latitudes lie on the drawing."""

    west: float
    north: float
    px_per_degree_lon: float
    px_per_degree_lat: float
    height_px: float

    def place(self, point: Sequence[float]) -> Point:
        """Give x and y in px."""
        x = MARGIN_PX + (point[0] - self.west) * self.px_per_degree_lon
        return round(x, 1), round(MARGIN_PX + (self.north - point[1]) * self.px_per_degree_lat, 1)

    def path(self, points: Iterable[Sequence[float]]) -> str:
        """Give the d attribute of a line."""
        return "M" + " L".join(f"{x} {y}" for x, y in map(self.place, points))

    def metres(self, length_m: float) -> float:
        """Give a length in px."""
        return round(length_m / METRES_PER_DEGREE * self.px_per_degree_lat, 1)


def make_sheet(points: Sequence[Sequence[float]]) -> Sheet:
    """Fit the points into the width, north up, without distortion."""
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    per_lon = (WIDTH_PX - 2 * MARGIN_PX) / (east - west)
    per_lat = per_lon / math.cos(math.radians((south + north) / 2))
    return Sheet(west, north, per_lon, per_lat, 2 * MARGIN_PX + (north - south) * per_lat)


def draw(folder: Path = FOLDER) -> Iterator[str]:
    """Give the lines of an SVG of a town folder."""
    lines = {link_id: (road_class, points) for link_id, road_class, points in _links(folder)}
    landscape = json.loads((folder / "landscape.json").read_text(encoding="utf-8"))
    sheet = make_sheet([point for _, points in lines.values() for point in points])
    size = f'viewBox="0 0 {WIDTH_PX} {sheet.height_px:.0f}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE}</style>'
    yield '<rect class="land" width="100%" height="100%"/>'
    river = landscape["river"]
    yield f'<path class="water" stroke-width="{sheet.metres(river["width_m"])}" d="{sheet.path(river["line"])}"/>'
    yield f'<path class="railway" d="{sheet.path(landscape["railway"]["line"])}"/>'
    yield from _streets(sheet, lines.values())
    for corridor in _list(folder, "corridors"):
        points = [point for link in corridor["links"] for point in lines[str(link)][1]]
        yield f'<path class="corridor" d="{sheet.path(points)}"><title>{escape(corridor["name"])}</title></path>'
    for place in landscape["places"]:
        x, y = sheet.place((place["lon"], place["lat"]))
        yield f'<text class="place" x="{x}" y="{y}">{escape(place["name"])}</text>'
    yield from _equipment(sheet, folder)
    yield f'<text class="title" x="{MARGIN_PX}" y="{MARGIN_PX + 20}">{escape(landscape["name"])}</text>'
    legend = "blue: signs, green: detectors, dotted: detour corridors, dashed: railway"
    yield f'<text class="legend" x="{MARGIN_PX}" y="{sheet.height_px - 12:.0f}">{legend}</text></svg>'


def _streets(sheet: Sheet, lines: Iterable[tuple[str, list[Point]]]) -> Iterator[str]:
    """Draw each street twice, its edge below all fillings; the important ones on top."""
    ordered = sorted(lines, key=lambda line: _width_px(line[0]))
    for road_class, points in ordered:
        width = _width_px(road_class) + CASING_PX
        yield f'<path class="casing" stroke-width="{width}" d="{sheet.path(points)}"/>'
    for road_class, points in ordered:
        style = quoteattr(f"street {road_class}")
        yield f'<path class={style} stroke-width="{_width_px(road_class)}" d="{sheet.path(points)}"/>'


def _equipment(sheet: Sheet, folder: Path) -> Iterator[str]:
    for detector in _list(folder, "detectors"):
        x, y = sheet.place((detector["lon"], detector["lat"]))
        name = escape(f"{detector['detector_id']} {detector['name']}")
        yield f'<circle class="detector" cx="{x}" cy="{y}" r="4"><title>{name}</title></circle>'
    for sign in _list(folder, "signs"):
        x, y = sheet.place((sign["lon"], sign["lat"]))
        yield f'<rect class="sign" x="{x - 13}" y="{y - 10}" width="26" height="20" rx="3"/>'
        yield f'<text class="label" x="{x}" y="{y + 4}">{escape(sign["sign_id"])}</text>'


def _width_px(road_class: str) -> float:
    return WIDTHS_PX.get(road_class, OTHER_WIDTH_PX)


def _links(folder: Path) -> Iterator[tuple[str, str, list[Point]]]:
    with (folder / "junctions.csv").open(newline="", encoding="utf-8") as file:
        junctions = {row["node_id"]: (float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)}
    with (folder / "links.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            pairs = [point.split() for point in row["coordinates"].split(";") if point]
            between = [(float(lon), float(lat)) for lon, lat in pairs]
            line = [junctions[row["from_node"]], *between, junctions[row["to_node"]]]
            yield f"{row['from_node']}-{row['to_node']}-0", row["road_class"], line


def _list(folder: Path, noun: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / f"{noun}.json").read_text(encoding="utf-8"))
    return rows


if __name__ == "__main__":
    sys.stdout.write("\n".join(draw()) + "\n")
