"""Street networks as plain files: junctions.csv, links.csv and banned_turns.csv in a folder (see ARCHITECTURE.md).

All or nothing: with one bad row nothing is imported, but every bad row is named. Parallel links are numbered in the
order of their rows. Parts that do not hang together are kept, and counted.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise, product
from pathlib import Path

from lotse_routing.network.geometry import Coordinate, line_length_m
from lotse_routing.network.link_files import BadRowsError, BannedTurnRow, JunctionRow, LinkFiles, LinkRow
from lotse_routing.network.model import BannedTurn, Junction, Link, StreetNetwork, build_network
from lotse_routing.network.stable_ids import number_links
from lotse_routing.network.summary import ImportSummary, outside_notes, summarize
from lotse_shared.identifiers import IDENTIFIER_PATTERN
from lotse_shared.vehicle import ALL_VEHICLES

JUNCTIONS, LINKS, BANNED_TURNS = "junctions.csv", "links.csv", "banned_turns.csv"

SPEED_SOURCE = "given"


def import_links(folder: Path, name: str) -> tuple[StreetNetwork, ImportSummary]:
    """Make a street network of a folder of CSV files.

    Raises
    ------
    BadRowsError
        Rows that break a rule, each with file, line, field and reason.
    """
    files = LinkFiles(folder)
    junctions = _make_junctions(files)
    links = list(_make_links(files, junctions))
    turns = set(_make_turns(files, links))
    if not links and not files.bad_rows:
        files.reject(LINKS, 1, "row", "there is none")
    if files.bad_rows:
        raise BadRowsError(files.bad_rows)
    network = build_network(name, folder.name, junctions.values(), links, turns)
    return network, summarize(network, notes=outside_notes(network))


def _make_junctions(files: LinkFiles) -> dict[str, Junction]:
    junctions: dict[str, Junction] = {}
    for line, row in files.read(JUNCTIONS, JunctionRow):
        if row.node_id in junctions:
            files.reject(JUNCTIONS, line, "node_id", f"{row.node_id} stands twice")
        junctions[row.node_id] = Junction(row.node_id, row.lon, row.lat)
    return junctions


def _make_links(files: LinkFiles, junctions: Mapping[str, Junction]) -> Iterator[Link]:
    rows = files.read(LINKS, LinkRow)
    seen: set[str] = set()
    link_ids = number_links((row.from_node, row.to_node) for _, row in rows)
    for link_id, (line, row) in zip(link_ids, rows, strict=True):
        problems = list(_problems(row, link_id, seen, junctions))
        for field, reason in problems:
            files.reject(LINKS, line, field, reason)
        seen.add(link_id)
        if not problems:
            yield _link(link_id, row, _line(row, junctions))


def _problems(
    row: LinkRow, link_id: str, seen: set[str], junctions: Mapping[str, Junction]
) -> Iterator[tuple[str, str]]:
    for field, node in (("from_node", row.from_node), ("to_node", row.to_node)):
        if node not in junctions:
            yield field, f"{node} is not in {JUNCTIONS}"
    if row.from_node == row.to_node:
        yield "to_node", "a link must end at another junction than it begins"
        return
    if link_id in seen or not re.match(IDENTIFIER_PATTERN, link_id):
        yield "from_node", f"the link's id {link_id} would be too long or stand twice: rename the junctions"
    if {row.from_node, row.to_node} <= junctions.keys() and not line_length_m(_line(row, junctions)):
        yield "coordinates", "both ends and all points lie at one place"


def _line(row: LinkRow, junctions: Mapping[str, Junction]) -> tuple[Coordinate, ...]:
    start, end = junctions[row.from_node], junctions[row.to_node]
    return ((start.lon, start.lat), *row.coordinates, (end.lon, end.lat))


def _link(link_id: str, row: LinkRow, line: tuple[Coordinate, ...]) -> Link:
    return Link(
        link_id=link_id,
        from_node=row.from_node,
        to_node=row.to_node,
        name=row.name,
        ref=row.ref,
        road_class=row.road_class,
        length_m=row.length_m or round(line_length_m(line), 2),
        free_flow_kmh=row.free_flow_kmh,
        speed_source=SPEED_SOURCE,
        lanes=row.lanes,
        access=row.access,
        truck_access=row.truck_access or row.access,
        bus_access=row.bus_access or row.access,
        emergency_access=row.emergency_access or row.access,
        max_height_m=row.max_height_m,
        max_weight_t=row.max_weight_t,
        ways=(),
        coordinates=line,
    )


def _make_turns(files: LinkFiles, links: Iterable[Link]) -> Iterator[BannedTurn]:
    """Ban the turn for all parallel links between the junctions."""
    between: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for link in links:
        between[link.from_node, link.to_node].append(link.link_id)
    for line, row in files.read(BANNED_TURNS, BannedTurnRow, may_be_absent=True):
        pairs = list(pairwise((row.from_node, *row.via_node, row.to_node)))
        absent = next((pair for pair in pairs if not between[pair]), None)
        if absent is not None:
            field = "from_node" if absent == pairs[0] else "to_node" if absent == pairs[-1] else "via_node"
            files.reject(BANNED_TURNS, line, field, f"no good row of {LINKS} leads from {absent[0]} to {absent[1]}")
            continue
        for path in product(*(between[pair] for pair in pairs)):
            yield BannedTurn(path, row.vehicles or ALL_VEHICLES, row.during)
