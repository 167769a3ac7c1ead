"""What hangs together: from every junction of a network cars can drive to every other.

Streets that only other vehicles use are kept where those can drive there from the cars' network and back.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import networkx as nx

from lotse_routing.network.osm.access import Access
from lotse_routing.network.osm.merge import Piece
from lotse_routing.network.osm.tags import Carriageway
from lotse_shared.vehicle import VehicleClass

STREETS_TOLD = 5
OTHERS = (VehicleClass.BUS, VehicleClass.EMERGENCY, VehicleClass.TRUCK)


@dataclass(frozen=True, slots=True)
class CutOff:
    """Roads that hang together, left out because one cannot drive there and back."""

    pieces: int
    streets: tuple[str, ...]
    node_id: str


def keep_largest(pieces: Sequence[Piece]) -> tuple[list[Piece], list[CutOff]]:
    """Keep what hangs together for cars (the largest strongly connected component, by junctions) and on it for others.

    What was cut off is listed, largest first.
    """
    for_cars = {number for number, piece in enumerate(pieces) if _is_open(piece, VehicleClass.CAR)}
    core = _largest((pieces[number] for number in for_cars), VehicleClass.CAR)
    kept = {number for number in for_cars if _ends(pieces[number]) <= core}
    others = [number for number in range(len(pieces)) if number not in for_cars]
    reached = [_reached([pieces[i] for i in (*kept, *others)], core, vehicle) for vehicle in OTHERS if core]
    for number in others:
        piece = pieces[number]
        if any(_is_open(piece, v) and _ends(piece) <= nodes for v, nodes in zip(OTHERS, reached, strict=False)):
            kept.add(number)
    gone = [piece for number, piece in enumerate(pieces) if number not in kept]
    nodes_kept = core.union(*(_ends(pieces[number]) for number in kept))
    return [pieces[number] for number in sorted(kept)], _list_groups(gone, nodes_kept)


def _largest(pieces: Iterable[Piece], vehicle: VehicleClass) -> set[str]:
    components = nx.strongly_connected_components(_drivable(pieces, vehicle))
    return max(components, key=lambda nodes: (len(nodes), min(nodes)), default=set())


def _reached(pieces: Iterable[Piece], core: Collection[str], vehicle: VehicleClass) -> set[str]:
    """Find the component that a vehicle class has most of the cars' junctions in."""
    components = nx.strongly_connected_components(_drivable(pieces, vehicle))
    return max(components, key=lambda nodes: (len(nodes.intersection(core)), min(nodes)), default=set())


def _drivable(pieces: Iterable[Piece], vehicle: VehicleClass) -> "nx.DiGraph[str]":
    graph: nx.DiGraph[str] = nx.DiGraph()
    for piece in pieces:
        if _lets_in(piece.forward, vehicle):
            graph.add_edge(piece.nodes[0], piece.nodes[-1])
        if _lets_in(piece.backward, vehicle):
            graph.add_edge(piece.nodes[-1], piece.nodes[0])
    return graph


def _lets_in(side: Carriageway | None, vehicle: VehicleClass) -> bool:
    return side is not None and side.permission.of(vehicle) is not Access.NO


def _is_open(piece: Piece, vehicle: VehicleClass) -> bool:
    return _lets_in(piece.forward, vehicle) or _lets_in(piece.backward, vehicle)


def _ends(piece: Piece) -> set[str]:
    return {piece.nodes[0], piece.nodes[-1]}


def _list_groups(pieces: Iterable[Piece], kept: Collection[str]) -> list[CutOff]:
    """Group pieces that touch each other outside of what is kept."""
    outside: nx.MultiGraph[str] = nx.MultiGraph()
    for piece in pieces:
        ends = [node for node in (piece.nodes[0], piece.nodes[-1]) if node not in kept] or list(piece.nodes)
        outside.add_edge(ends[0], ends[-1], piece=piece)
    groups = (outside.subgraph(nodes) for nodes in nx.connected_components(outside))
    cut_off = [_describe([data["piece"] for _, _, data in group.edges(data=True)]) for group in groups]
    return sorted(cut_off, key=lambda group: (-group.pieces, group.node_id))


def _describe(pieces: Sequence[Piece]) -> CutOff:
    sides = (side for piece in pieces for side in (piece.forward, piece.backward) if side)
    streets = sorted({side.name or side.ref or side.road_class for side in sides})
    return CutOff(len(pieces), tuple(streets[:STREETS_TOLD]), min(piece.nodes[0] for piece in pieces))
