"""The files that SUMO reads: who departs, where loops lie, which figures of edges it writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

from evaluation.nouns import City, Incident, Route
from evaluation.world.loops import loop_id

EDGE_DATA_S = 300
MINUTE_S = 60
DRIVER, LET_OUT = "driver", "let_out"
"""Types of vehicles: who departs on a street that is closed counts as a taxi, so that they may drive off it."""
CAR_CLASS, LET_OUT_CLASS = "passenger", "taxi"
"""Classes of vehicles: a closed street is closed to cars alone."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A driver's day: when they want to go, and the way they usually take; `is_let_out` of a street that is closed."""

    vehicle_id: str
    depart_s: float
    route: Route
    is_let_out: bool = False


def let_out(departure: Departure, incidents: Sequence[Incident]) -> Departure:
    """Let who departs on a street that is closed then drive off it; SUMO would forget them."""
    is_closed = any(
        incident.effect == "closed"
        and departure.route[0] in incident.edges
        and incident.begin_s - MINUTE_S <= departure.depart_s < incident.end_s
        for incident in incidents
    )
    return replace(departure, is_let_out=is_closed)


def write_departures(departures: Iterable[Departure], path: Path) -> None:
    """Write vehicles in the order in which they depart."""
    root = ET.Element("routes")
    ET.SubElement(root, "vType", id=DRIVER, vClass=CAR_CLASS, speedDev="0.1")
    ET.SubElement(root, "vType", id=LET_OUT, vClass=LET_OUT_CLASS, speedDev="0.1")
    for each in sorted(departures, key=lambda each: (each.depart_s, each.vehicle_id)):
        vehicle = ET.SubElement(
            root,
            "vehicle",
            id=each.vehicle_id,
            type=LET_OUT if each.is_let_out else DRIVER,
            depart=f"{each.depart_s:.1f}",
            departLane="best",
            departPos="base",
            departSpeed="max",
        )
        ET.SubElement(vehicle, "route", edges=" ".join(each.route))
    ET.ElementTree(root).write(path)


def write_measuring(city: City, loops_to: str, edge_data: Path, path: Path) -> None:
    """Write induction loops, one a lane, and the wish for figures of all edges every EDGE_DATA_S."""
    root = ET.Element("additional")
    for station in city.stations:
        for lane in range(city.edges[station.edge_id].lanes):
            places = {"lane": f"{station.edge_id}_{lane}", "pos": f"{station.position_m:.1f}"}
            loop = {"id": loop_id(station, lane), "period": str(MINUTE_S), "file": loops_to}
            ET.SubElement(root, "inductionLoop", loop | places)
    asked = {"period": str(EDGE_DATA_S), "excludeEmpty": "true", "withInternal": "false"}
    ET.SubElement(root, "edgeData", {"id": "all", "file": str(edge_data), **asked})
    ET.ElementTree(root).write(path)
