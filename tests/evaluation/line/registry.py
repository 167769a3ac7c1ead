"""A city's stations, destinations and signs as Lotse registers them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.line.link_map import LinkMap
from evaluation.nouns import City, Edge

Row = dict[str, Any]
"""A REST body."""
INTERVAL_S = 60
SIGN = {"line_count": 3, "line_chars": 16}


@dataclass(frozen=True, slots=True)
class Registry:
    """Bodies for /v1/<noun>/bulk; `left_out` are the stations, signs and destinations that no link can be found for."""

    detectors: tuple[Row, ...]
    destinations: tuple[Row, ...]
    signs: tuple[Row, ...]
    left_out: tuple[str, ...]

    def by_noun(self) -> dict[str, tuple[Row, ...]]:
        """Give the bodies in an order in which each finds what it mentions."""
        return {"destinations": self.destinations, "detectors": self.detectors, "signs": self.signs}


def make_registry(city: City, link_map: LinkMap) -> Registry:
    """Place stations where their loops lie, signs on the last link of their edge, destinations at the end of theirs."""
    chains = link_map.chains
    nodes = {name: _end_node(edge_id, city.edges, link_map) for name, edge_id in city.destinations.items()}
    placed = {name: node for name, node in nodes.items() if node is not None}
    lost = [
        *(station.station_id for station in city.stations if station.edge_id not in chains),
        *(sign.sign_id for sign in city.signs if sign.edge_id not in chains),
        *(name for name in nodes if name not in placed),
    ]
    return Registry(
        detectors=tuple(
            {
                "detector_id": station.station_id,
                "link_id": link_map.link_at(station.edge_id, station.position_m / city.edges[station.edge_id].length_m),
                "lanes": city.edges[station.edge_id].lanes,
                "interval_s": INTERVAL_S,
            }
            for station in city.stations
            if station.edge_id in chains
        ),
        destinations=tuple(
            {"destination_id": name, "name": name, "sign_text": name, "node_id": node} for name, node in placed.items()
        ),
        signs=tuple(
            {
                "sign_id": sign.sign_id,
                "name": city.edges[sign.edge_id].name,
                "link_id": link_map.link_at(sign.edge_id, 1.0),
                "destinations": sorted(placed),
                **SIGN,
            }
            for sign in city.signs
            if sign.edge_id in chains
        ),
        left_out=tuple(lost),
    )


def _end_node(edge_id: str, edges: Mapping[str, Edge], link_map: LinkMap) -> str | None:
    """Give the node where an edge ends; of one that Lotse does not have, the last one that it has on the way there.

    Roads that leave the extract one way and never come back are cut off by the import, but SUMO drives on them.
    """
    ahead, seen = [edge_id], {edge_id}
    while ahead:
        place = ahead.pop(0)
        if place in link_map.chains:
            return link_map.links[link_map.link_at(place, 1.0)].to_node
        before = sorted(other.edge_id for other in edges.values() if place in other.onward)
        ahead += [other for other in before if other not in seen]
        seen.update(before)
    return None
