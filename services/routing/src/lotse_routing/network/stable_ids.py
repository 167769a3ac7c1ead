"""Ids that survive a re-import: OpenStreetMap splits and renumbers ways often, junctions rarely."""

from collections import Counter
from collections.abc import Iterable, Iterator


def node_id(osm_id: int, side: int | None = None) -> str:
    """Name an OpenStreetMap node; 'n5' for -5 (drafts not yet uploaded), as ids must not begin with a sign.

    A node that stops cars stands once for each `side`, the neighbouring node from which it is reached.
    """
    name = str(osm_id) if osm_id >= 0 else f"n{-osm_id}"
    return name if side is None else f"{name}.{node_id(side)}"


def number_links(ends: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Name links by their junctions, and by an ordinal that counts the parallel ones in the order given."""
    seen: Counter[tuple[str, str]] = Counter()
    for from_node, to_node in ends:
        yield f"{from_node}-{to_node}-{seen[from_node, to_node]}"
        seen[from_node, to_node] += 1
