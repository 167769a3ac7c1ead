"""What hangs together: from every junction of a network one can drive to every other."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import networkx as nx

from lotse_routing.network.merge import Piece

STREETS_TOLD = 5


@dataclass(frozen=True, slots=True)
class CutOff:
    """Roads that hang together, left out because one cannot drive there and back."""

    pieces: int
    streets: tuple[str, ...]
    node_id: str


def keep_largest(pieces: Sequence[Piece]) -> tuple[list[Piece], list[CutOff]]:
    """Keep the largest strongly connected component (by junctions), and list what was cut off, largest first."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for piece in pieces:
        if piece.forward:
            graph.add_edge(piece.nodes[0], piece.nodes[-1])
        if piece.backward:
            graph.add_edge(piece.nodes[-1], piece.nodes[0])
    core = max(nx.strongly_connected_components(graph), key=lambda nodes: (len(nodes), min(nodes)), default=set())
    kept = [piece for piece in pieces if {piece.nodes[0], piece.nodes[-1]} <= core]
    gone = [piece for piece in pieces if not {piece.nodes[0], piece.nodes[-1]} <= core]
    return kept, _list_groups(gone, core)


def _list_groups(pieces: Iterable[Piece], core: Collection[str]) -> list[CutOff]:
    """Group pieces that touch each other outside the core."""
    outside: nx.MultiGraph[str] = nx.MultiGraph()
    for piece in pieces:
        ends = [node for node in (piece.nodes[0], piece.nodes[-1]) if node not in core]
        outside.add_edge(ends[0], ends[-1], piece=piece)
    groups = (outside.subgraph(nodes) for nodes in nx.connected_components(outside))
    cut_off = [_describe([data["piece"] for _, _, data in group.edges(data=True)]) for group in groups]
    return sorted(cut_off, key=lambda group: (-group.pieces, group.node_id))


def _describe(pieces: Sequence[Piece]) -> CutOff:
    sides = (side for piece in pieces for side in (piece.forward, piece.backward) if side)
    streets = sorted({side.name or side.ref or side.road_class for side in sides})
    return CutOff(len(pieces), tuple(streets[:STREETS_TOLD]), min(piece.nodes[0] for piece in pieces))
