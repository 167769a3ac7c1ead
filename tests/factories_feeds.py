"""Builders of roadwork feeds, and of roadworks along the streets of the demo town."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

from lotse_routing.core.topology import Topology, build_topology
from lotse_routing.feeds.found import FoundRoadwork, Line
from lotse_routing.feeds.matching import Matcher
from lotse_routing.network.import_links import import_links
from lotse_standalone.town import FOLDER

LINE = [[7.770, 49.440], [7.772, 49.441]]
STREET = {"name": "Kanalbau", "strasse": "Nordring", "beginn": "2026-03-02T06:00:00Z", "ende": "2026-03-20T16:00:00Z"}


def collection(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def city_feature(
    source_id: str | None = "a", kind: str = "LineString", coordinates: Any = LINE, **properties: Any
) -> dict[str, Any]:
    said = STREET | {"art": "Vollsperrung", "richtung": "Beidseitig"} | properties
    geometry = {"type": kind, "coordinates": coordinates}
    return {"id": source_id, "type": "Feature", "geometry": geometry, "properties": said}


def datex2_publication(kind: str, **members: Any) -> bytes:
    validity = {"validityTimeSpecification": {"overallStartTime": "2026-03-02T06:00:00Z"}}
    record = {"idG": "r1", "validity": validity, "locationReference": at_line("49.44 7.77 49.441 7.772")} | members
    situation = {"idG": "s1", "situationRecord": [{kind: record}]}
    return json.dumps({"payload": {"situationSituationPublication": {"situation": [situation]}}}).encode()


def at_line(positions: str) -> dict[str, Any]:
    return {"locationReferencingLinearLocation": {"gmlLineString": {"posList": positions}}}


@cache
def town() -> Topology:
    return build_topology(import_links(FOLDER, "town")[0])


@cache
def matcher() -> Matcher:
    return Matcher(town())


def line_of(*links: str, north_deg: float = 0.0) -> Line:
    """The line of links, one after the other, moved to the north."""
    by_id = {link.link_id: link for link in town().links}
    points = [point for link in links for point in by_id[link].coordinates]
    return tuple((lon, lat + north_deg) for lon, lat in dict.fromkeys(points))


def found(line: Line, **fields: Any) -> FoundRoadwork:
    given: dict[str, Any] = {
        "source_id": "a",
        "name": "Kanalbau",
        "description": "",
        "road_names": (),
        "lines": (line,),
        "both_directions": False,
        "heading_deg": None,
        "effect": "lanes",
        "speed_kmh": None,
        "vehicle_impact": "",
        "starts_at": datetime(2026, 3, 2, tzinfo=UTC),
        "ends_at": None,
    }
    return FoundRoadwork(**given | fields)
