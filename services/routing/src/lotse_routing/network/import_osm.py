"""From an OpenStreetMap file to a street network: read, cut into pieces, keep what hangs together, merge, name."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise
from pathlib import Path

from lotse_routing.network.components import keep_largest
from lotse_routing.network.geometry import Coordinate, line_length_m
from lotse_routing.network.merge import Piece, cut_into_pieces, merge_pieces
from lotse_routing.network.model import BannedTurn, Junction, Link, StreetNetwork, build_network
from lotse_routing.network.osm_file import OsmFileError, OsmRoads, RoadWay, Watch, read_roads
from lotse_routing.network.osm_tags import Carriageway
from lotse_routing.network.restrictions import Resolved, resolve_restrictions
from lotse_routing.network.stable_ids import node_id, number_links
from lotse_routing.network.summary import ImportSummary, summarize
from lotse_shared.vehicle import ALL_VEHICLES

MIN_LENGTH_M = 0.1
"""Two junctions at one place: the link between them has a length all the same."""

Coordinates = Mapping[str, Coordinate]
"""Places of nodes by their names in the network."""


def import_osm(path: Path, name: str, watch: Watch) -> tuple[StreetNetwork, ImportSummary]:
    """Make a street network of an OpenStreetMap file, and tell what was used, assumed and left out.

    Raises
    ------
    OsmFileError
        The file cannot be read, or has no road for cars.
    """
    roads = read_roads(path, watch)
    vias = frozenset(restriction.via_node for restriction in roads.restrictions)
    lines = [line for way in roads.ways.roads for line in _lines(way, roads)]
    kept, cut_off = keep_largest(cut_into_pieces(lines, vias))
    if not kept:
        message = f"{path} has no street for cars that leads there and back"
        raise OsmFileError(message)
    places = _places(lines, roads)
    links = list(_make_links(merge_pieces(kept, vias), places))
    resolved = resolve_restrictions(roads.restrictions, links, _elsewhere(roads))
    turns = (BannedTurn(turn, ALL_VEHICLES) for turn in resolved.banned_turns)
    network = build_network(name, path.name, _junctions(links, places), links, turns)
    return network, summarize(
        network,
        restrictions_used=len(resolved.used),
        restrictions_dropped=_dropped(roads, resolved),
        left_out=dict(roads.ways.left_out),
        notes=_notes(roads),
        cut_off=cut_off,
    )


def _lines(way: RoadWay, roads: OsmRoads) -> Iterator[Piece]:
    """Give the stretches of a way whose nodes are in the file, parted at nodes that stop cars."""
    for is_there, group in groupby(way.nodes, key=roads.coordinates.__contains__):
        nodes = tuple(node for node, _ in groupby(group))
        if is_there and len(nodes) > 1:
            for stretch in _part_at_barriers(nodes, roads.barriers):
                yield Piece(stretch, (way.way,), way.road.forward, way.road.backward)


def _part_at_barriers(nodes: tuple[int, ...], barriers: frozenset[int]) -> Iterator[tuple[str, ...]]:
    """Name the nodes; one that stops cars ends one stretch and begins the next under another name."""
    stretch: list[str] = []
    for node, following in pairwise(nodes):
        stretch.append(node_id(node, side=following) if node in barriers else node_id(node))
        if following in barriers:
            yield (*stretch, node_id(following, side=node))
            stretch = []
    if stretch:
        yield (*stretch, node_id(nodes[-1]))


def _places(lines: Iterable[Piece], roads: OsmRoads) -> dict[str, Coordinate]:
    by_name = {node_id(node): place for node, place in roads.coordinates.items()}
    return {node: by_name[node.partition(".")[0]] for line in lines for node in line.nodes}


def _make_links(pieces: Iterable[Piece], places: Coordinates) -> Iterator[Link]:
    """Make a link of each direction. Parallel ones are numbered in the order of their lines, not of their ways."""
    directed = [side for piece in pieces for side in (piece, piece.reversed()) if side.forward]
    lines = {id(piece): tuple(places[node] for node in piece.nodes) for piece in directed}
    directed.sort(key=lambda piece: (piece.nodes[0], piece.nodes[-1], lines[id(piece)], piece.ways))
    link_ids = number_links((piece.nodes[0], piece.nodes[-1]) for piece in directed)
    for link_id, piece in zip(link_ids, directed, strict=True):
        if piece.forward:
            yield _link(link_id, piece, piece.forward, lines[id(piece)])


def _link(link_id: str, piece: Piece, side: Carriageway, line: tuple[Coordinate, ...]) -> Link:
    return Link(
        link_id=link_id,
        from_node=piece.nodes[0],
        to_node=piece.nodes[-1],
        name=side.name,
        ref=side.ref,
        road_class=side.road_class,
        length_m=max(round(line_length_m(line), 2), MIN_LENGTH_M),
        free_flow_kmh=side.free_flow_kmh,
        speed_source=side.speed_source,
        lanes=side.lanes,
        access=side.access,
        truck_access=side.access,
        bus_access=side.access,
        emergency_access=side.access,
        max_height_m=None,
        max_weight_t=None,
        ways=piece.ways,
        coordinates=line,
    )


def _junctions(links: Iterable[Link], places: Coordinates) -> list[Junction]:
    nodes = {node for link in links for node in (link.from_node, link.to_node)}
    return [Junction(node, *places[node]) for node in sorted(nodes)]


def _elsewhere(roads: OsmRoads) -> dict[int, str]:
    """Tell where ways are that made no link: not for cars, or cut off."""
    return {**{way.way: "cut off" for way in roads.ways.roads}, **roads.ways.members_left_out}


def _dropped(roads: OsmRoads, resolved: Resolved) -> dict[str, tuple[int, ...]]:
    reasons = sorted(roads.unread_restrictions.keys() | resolved.dropped.keys())
    return {
        reason: (*roads.unread_restrictions.get(reason, ()), *resolved.dropped.get(reason, ())) for reason in reasons
    }


def _notes(roads: OsmRoads) -> dict[str, int]:
    missing = sum(node not in roads.coordinates for way in roads.ways.roads for node in set(way.nodes))
    notes = {**roads.ways.notes, "nodes not in the file": missing, "nodes that stop cars": len(roads.barriers)}
    return {note: count for note, count in notes.items() if count}
