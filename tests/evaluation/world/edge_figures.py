"""What SUMO tells of its edges: how long they took, how many left them, in which five minutes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from evaluation.nouns import Edge


@dataclass(frozen=True, slots=True)
class EdgeFigures:
    """Of one interval: travel time in seconds, vehicles that left, and vehicle seconds spent."""

    begin_s: int
    travel_time_s: float
    left: int
    sampled_s: float


def read_edge_figures(path: Path) -> Mapping[str, tuple[EdgeFigures, ...]]:
    """Read an edgeData output by edge; edges that nobody drove on are absent."""
    found: dict[str, list[EdgeFigures]] = {}
    for begin_s, edge_id, figures in _rows(path):
        if (time_s := figures.get("traveltime")) is not None:
            left = int(figures.get("left", 0)) + int(figures.get("arrived", 0))
            row = EdgeFigures(begin_s, float(time_s), left, float(figures.get("sampledSeconds", 0)))
            found.setdefault(edge_id, []).append(row)
    return {edge_id: tuple(rows) for edge_id, rows in found.items()}


def _rows(path: Path) -> Iterator[tuple[int, str, Mapping[str, str]]]:
    for interval in ET.parse(path).getroot().iter("interval"):  # noqa: S314 - SUMO's own
        for edge in interval.iter("edge"):
            yield round(float(interval.attrib["begin"])), edge.attrib["id"], edge.attrib


def mileage_km(figures: Mapping[str, tuple[EdgeFigures, ...]], edges: Mapping[str, Edge]) -> tuple[float, float]:
    """Give the kilometres driven, on all edges and on minor streets."""
    driven = {
        edge_id: sum(row.left for row in rows) * edges[edge_id].length_m / 1000 for edge_id, rows in figures.items()
    }
    minor = sum(km for edge_id, km in driven.items() if not edges[edge_id].is_signable)
    return sum(driven.values()), minor


def usual_times_s(
    figures: Mapping[str, tuple[EdgeFigures, ...]], edges: Mapping[str, Edge], slot_s: int, slots: int
) -> Mapping[str, tuple[float, ...]]:
    """Give the mean travel time of each edge by slot, never below free flow; without traffic, free flow."""
    return {
        edge_id: tuple(_slot_time_s(rows, edges[edge_id], slot * slot_s, slot_s) for slot in range(slots))
        for edge_id, rows in figures.items()
    }


def _slot_time_s(rows: tuple[EdgeFigures, ...], edge: Edge, begin_s: int, slot_s: int) -> float:
    inside = [row for row in rows if begin_s <= row.begin_s < begin_s + slot_s and row.left > 0]
    vehicles = sum(row.left for row in inside)
    if not vehicles:
        return edge.free_flow_s
    return max(edge.free_flow_s, sum(row.travel_time_s * row.left for row in inside) / vehicles)
