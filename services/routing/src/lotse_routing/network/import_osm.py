"""From an OpenStreetMap file to a street network: read, cut into pieces, keep what hangs together, merge, name."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

from lotse_routing.network.geometry import Coordinate, line_length_m
from lotse_routing.network.model import Condition, DrivesOn, Junction, Link, StreetNetwork, build_network
from lotse_routing.network.osm.components import keep_largest
from lotse_routing.network.osm.file import OsmFileError, OsmRoads, RoadWay, Watch, read_roads
from lotse_routing.network.osm.gates import make_gates, part_at_barriers, side_place
from lotse_routing.network.osm.merge import Piece, cut_into_pieces, merge_pieces
from lotse_routing.network.osm.notes import dropped_restrictions, notes, unread_tags
from lotse_routing.network.osm.restrictions import resolve_restrictions
from lotse_routing.network.osm.tags import Carriageway
from lotse_routing.network.stable_ids import node_id, number_links
from lotse_routing.network.summary import ImportSummary, summarize

MIN_LENGTH_M = 0.1
"""Two junctions at one place: the link between them has a length all the same."""

Coordinates = Mapping[str, Coordinate]
"""Places of nodes by their names in the network."""


def import_osm(
    path: Path, name: str, watch: Watch, *, drives_on: DrivesOn | None = None
) -> tuple[StreetNetwork, ImportSummary]:
    """Make a street network of an OpenStreetMap file, and tell what was used, assumed and left out.

    `drives_on` is told by the ways' tags, right if they tell nothing, unless it is given.

    Raises
    ------
    OsmFileError
        The file cannot be read, or has no road for cars.
    """
    roads = read_roads(path, watch)
    lines = [line for way in roads.ways.roads for line in _lines(way, roads)]
    lines += make_gates(lines, roads.barriers)
    keep = _nodes_to_keep(roads)
    kept, cut_off = keep_largest(cut_into_pieces(lines, keep))
    if not kept:
        message = f"{path} has no street for cars that leads there and back"
        raise OsmFileError(message)
    places = _places(lines, roads)
    made = list(_make_links(merge_pieces(kept, keep), places))
    links = [link for link, _ in made]
    resolved = resolve_restrictions(roads.restrictions, links, _elsewhere(roads))
    network = build_network(
        name,
        path.name,
        _junctions(links, places),
        links,
        resolved.banned_turns,
        conditions=[condition for link, side in made for condition in _conditions(link, side)],
        drives_on=drives_on or _side_of(roads),
    )
    return network, summarize(
        network,
        restrictions_used=len(resolved.used),
        restrictions_dropped=dropped_restrictions(roads, resolved),
        left_out=dict(roads.ways.left_out),
        notes=notes(roads),
        unread=unread_tags(roads),
        cut_off=cut_off,
    )


def _nodes_to_keep(roads: OsmRoads) -> Collection[str]:
    """Name the nodes that restrictions need as junctions: their vias, and both ends of those that are ways."""
    via_ways = {way for restriction in roads.restrictions for way in restriction.via_ways}
    ends = {node for way in roads.ways.roads if way.way in via_ways for node in (way.nodes[0], way.nodes[-1])}
    vias = {node for restriction in roads.restrictions for node in restriction.via_nodes}
    return frozenset(vias | {node_id(node) for node in ends})


def _lines(way: RoadWay, roads: OsmRoads) -> Iterator[Piece]:
    """Give the stretches of a way whose nodes are in the file, parted at nodes that stop anybody."""
    for is_there, group in groupby(way.nodes, key=roads.coordinates.__contains__):
        nodes = tuple(node for node, _ in groupby(group))
        if is_there and len(nodes) > 1:
            for stretch in part_at_barriers(nodes, roads.barriers):
                yield Piece(stretch, (way.way,), way.road.forward, way.road.backward)


def _places(lines: Iterable[Piece], roads: OsmRoads) -> dict[str, Coordinate]:
    by_name = {node_id(node): place for node, place in roads.coordinates.items()}
    gates = {node_id(node) for node, barrier in roads.barriers.items() if not barrier.stops_all}
    places: dict[str, Coordinate] = {}
    for name in {node for line in lines for node in line.nodes}:
        node, _, side = name.partition(".")
        places[name] = side_place(by_name[node], by_name[side]) if side and node in gates else by_name[node]
    return places


def _make_links(pieces: Iterable[Piece], places: Coordinates) -> Iterator[tuple[Link, Carriageway]]:
    """Make a link of each direction. Parallel ones are numbered in the order of their lines, not of their ways."""
    directed = [side for piece in pieces for side in (piece, piece.reversed()) if side.forward]
    lines = {id(piece): tuple(places[node] for node in piece.nodes) for piece in directed}
    directed.sort(key=lambda piece: (piece.nodes[0], piece.nodes[-1], lines[id(piece)], piece.ways))
    link_ids = number_links((piece.nodes[0], piece.nodes[-1]) for piece in directed)
    for link_id, piece in zip(link_ids, directed, strict=True):
        if piece.forward:
            yield _link(link_id, piece, piece.forward, lines[id(piece)]), piece.forward


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
        access=side.permission.car.value,
        truck_access=side.permission.truck.value,
        bus_access=side.permission.bus.value,
        emergency_access=side.permission.emergency.value,
        max_height_m=side.max_height_m,
        max_weight_t=side.max_weight_t,
        ways=piece.ways,
        coordinates=line,
    )


def _conditions(link: Link, side: Carriageway) -> Iterator[Condition]:
    for timed in side.permission.timed:
        yield Condition(link.link_id, frozenset(timed.vehicles), timed.access.value, timed.during)


def _junctions(links: Iterable[Link], places: Coordinates) -> list[Junction]:
    nodes = {node for link in links for node in (link.from_node, link.to_node)}
    return [Junction(node, *places[node]) for node in sorted(nodes)]


def _elsewhere(roads: OsmRoads) -> dict[int, str]:
    """Tell where ways are that made no link: not for our vehicles, or cut off."""
    return {**{way.way: "cut off" for way in roads.ways.roads}, **roads.ways.members_left_out}


def _side_of(roads: OsmRoads) -> DrivesOn:
    sides = roads.ways.driving_sides
    return "left" if sides.get("left", 0) > sides.get("right", 0) else "right"
