"""What SUMO's network file tells of the streets that it was made from, beyond what `City.edges` has."""

from pathlib import Path
from xml.etree import ElementTree as ET

from evaluation.line.mapping import Ends

ENDS = ("from", "origFrom"), ("to", "origTo")
JOINED = "cluster"


def read_ends(net_file: Path) -> dict[str, Ends]:
    """Read where each edge began and ended before junctions were joined (`--output.original-names`).

    A cluster's own id does not do: of many nodes it names four, and it does not tell which of them an edge ends at.
    """
    ends: dict[str, Ends] = {}
    for _, element in ET.iterparse(net_file):  # noqa: S314 - SUMO's own file
        if element.tag == "edge":
            if element.get("function") != "internal":
                told = {param.attrib["key"]: param.attrib["value"] for param in element.findall("param")}
                begin, end = (_node(element.attrib[end], told.get(before)) for end, before in ENDS)
                ends[element.attrib["id"]] = (begin, end)
            element.clear()
    return ends


def _node(junction: str, before: str | None) -> str:
    """Give the node before junctions were joined. A part that SUMO cut off an edge tells that of the whole edge."""
    return before if before is not None and junction.startswith(JOINED) else junction
