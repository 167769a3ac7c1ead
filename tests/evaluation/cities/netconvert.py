"""A street network of SUMO, from OpenStreetMap or from the plain files of the demo town, by netconvert."""

import csv
import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import sumo

PROGRAMS = Path(sumo.SUMO_HOME) / "bin"
FROM_OSM = (
    *("--geometry.remove", "--ramps.guess", "--junctions.join", "--roundabouts.guess"),
    *("--tls.guess-signals", "--tls.discard-simple", "--tls.join", "--tls.default-type", "static"),
    *("--keep-edges.by-vclass", "passenger", "--remove-edges.isolated", "--keep-edges.components", "1"),
    *("--output.street-names", "--output.original-names"),
)
FROM_LINKS = (
    *("--proj.utm", "--tls.guess", "--tls.default-type", "static", "--output.street-names"),
    "--output.original-names",
)
PRIORITIES = {"primary": 6, "secondary": 5, "tertiary": 4}
OTHER_PRIORITY = 2


def program(name: str) -> str:
    """Give the path of one of SUMO's programs."""
    return str(PROGRAMS / name)


def run(command: Sequence[str]) -> None:
    """Run one of SUMO's programs.

    Raises
    ------
    RuntimeError
        It failed; carries what it said last.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        message = f"{Path(command[0]).name} failed: {' '.join(done.stderr.strip().splitlines()[-3:])}"
        raise RuntimeError(message)


def build_from_osm(source: Path, net_file: Path) -> None:
    """Convert an extract of OpenStreetMap (.osm, .osm.gz); about 3 s for a city of 4,000 edges."""
    run([program("netconvert"), "--osm-files", str(source), *FROM_OSM, "-o", str(net_file)])


def build_from_links(source: Path, net_file: Path) -> None:
    """Convert a folder with junctions.csv, links.csv, banned_turns.csv; edges are named as Lotse names its links."""
    nodes, edges, turns = ET.Element("nodes"), ET.Element("edges"), ET.Element("connections")
    for row in _rows(source / "junctions.csv"):
        ET.SubElement(nodes, "node", id=row["node_id"], x=row["lon"], y=row["lat"])
    for row in _rows(source / "links.csv"):
        if row["access"] == "yes":
            _add_edge(edges, row)
    for row in _rows(source / "banned_turns.csv"):
        ends = f"{row['from_node']}-{row['via_node']}-0", f"{row['via_node']}-{row['to_node']}-0"
        ET.SubElement(turns, "delete", {"from": ends[0], "to": ends[1]})
    parts = {"nod": nodes, "edg": edges, "con": turns}
    files = {kind: net_file.with_suffix(f".{kind}.xml") for kind in parts}
    for kind, root in parts.items():
        ET.ElementTree(root).write(files[kind])
    plain = ("-n", str(files["nod"]), "-e", str(files["edg"]), "-x", str(files["con"]))
    run([program("netconvert"), *plain, *FROM_LINKS, "-o", str(net_file)])


def _add_edge(edges: ET.Element, row: dict[str, str]) -> None:
    """Add a link; the demo town has no parallel ones, so its ordinal is 0."""
    shape = " ".join(place.replace(" ", ",") for place in row["coordinates"].split(";") if place)
    ET.SubElement(
        edges,
        "edge",
        {
            "id": f"{row['from_node']}-{row['to_node']}-0",
            "from": row["from_node"],
            "to": row["to_node"],
            "name": row["name"],
            "type": f"highway.{row['road_class']}",
            "priority": str(PRIORITIES.get(row["road_class"], OTHER_PRIORITY)),
            "numLanes": row["lanes"] or "1",
            "speed": f"{float(row['free_flow_kmh']) / 3.6:.3f}",
            **({"shape": shape} if shape else {}),
        },
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
