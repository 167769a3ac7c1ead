"""From ways to pieces of road between junctions: cut where roads meet, merged where nothing changes."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from lotse_routing.network.osm.tags import Carriageway


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of road between two junctions, both directions of it; `ways` in the order of its nodes."""

    nodes: tuple[str, ...]
    ways: tuple[int, ...]
    forward: Carriageway | None
    backward: Carriageway | None

    def reversed(self) -> "Piece":
        """Give the same piece, seen from its other end."""
        return Piece(self.nodes[::-1], self.ways[::-1], self.backward, self.forward)


def cut_into_pieces(lines: Sequence[Piece], keep: Collection[str]) -> list[Piece]:
    """Cut lines wherever they meet each other or themselves, and at the nodes to keep.

    No piece begins where it ends: a loop is cut once more in its middle, which keeps U-turns and turns apart.
    """
    uses = Counter(chain.from_iterable(line.nodes for line in lines))
    ends = {node for line in lines for node in (line.nodes[0], line.nodes[-1])}
    cuts = ends | {node for node, count in uses.items() if count > 1} | set(keep)
    return [part for line in lines for piece in _cut(line, cuts) for part in _open_loop(piece)]


def merge_pieces(pieces: Iterable[Piece], keep: Collection[str]) -> list[Piece]:
    """Merge pieces at nodes where exactly two of them meet and all their properties go on unchanged.

    Never at the nodes to keep, and never into a loop. Nodes are taken in the order of their ids, so equal input gives
    equal output.
    """
    alive = dict(enumerate(pieces))
    at_node: defaultdict[str, list[int]] = defaultdict(list)
    for number, piece in alive.items():
        at_node[piece.nodes[0]].append(number)
        at_node[piece.nodes[-1]].append(number)
    for node in sorted(at_node.keys() - set(keep)):
        merged = _merge_at(node, [alive[number] for number in at_node[node]])
        if merged is not None:
            kept, gone = at_node.pop(node)
            alive[kept] = merged
            del alive[gone]
            _renumber(at_node, merged, gone, kept)
    return list(alive.values())


def _cut(line: Piece, cuts: Collection[str]) -> Iterator[Piece]:
    start = 0
    for i in range(1, len(line.nodes)):
        if line.nodes[i] in cuts:
            yield replace(line, nodes=line.nodes[start : i + 1])
            start = i


def _open_loop(piece: Piece) -> Iterator[Piece]:
    middle = len(piece.nodes) // 2
    if piece.nodes[0] != piece.nodes[-1]:
        yield piece
    elif piece.nodes[middle] != piece.nodes[0]:
        yield replace(piece, nodes=piece.nodes[: middle + 1])
        yield replace(piece, nodes=piece.nodes[middle:])


def _merge_at(node: str, pieces: Sequence[Piece]) -> Piece | None:
    if len(pieces) != 2:  # noqa: PLR2004 - a junction, or a dead end
        return None
    first, second = pieces
    first = first if first.nodes[-1] == node else first.reversed()
    second = second if second.nodes[0] == node else second.reversed()
    is_loop = first.nodes[0] == second.nodes[-1]
    if is_loop or (first.forward, first.backward) != (second.forward, second.backward):
        return None
    is_same_way = first.ways[-1] == second.ways[0]
    return replace(
        first, nodes=first.nodes + second.nodes[1:], ways=first.ways + second.ways[1 if is_same_way else 0 :]
    )


def _renumber(at_node: Mapping[str, list[int]], merged: Piece, gone: int, kept: int) -> None:
    for end in (merged.nodes[0], merged.nodes[-1]):
        at_node[end][:] = [kept if number == gone else number for number in at_node[end]]
