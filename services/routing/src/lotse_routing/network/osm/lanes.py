"""How many lanes a direction has: OpenStreetMap's lanes tags."""

from collections.abc import Mapping

DEFAULT_LANES: Mapping[str, int] = {"motorway": 2}
"""Lanes per direction; 1 for all other classes."""
MAX_LANES = 12

BUS_LANE_KEYS = ("lanes:psv", "lanes:bus")


def tagged_lanes(tags: Mapping[str, str], direction: str, directions: tuple[str, ...]) -> int | None:
    """Tell the lanes in a direction: its own tag, else its share of all lanes; None if nothing useful is tagged."""
    own, total = _count(tags.get(f"lanes:{direction}")), _count(tags.get("lanes"))
    if own is not None or total is None or len(directions) == 1:
        return own or total
    opposite = "backward" if direction == "forward" else "forward"
    others = (_count(tags.get(f"{key}:{opposite}")) for key in ("lanes", *BUS_LANE_KEYS))
    other = next((lanes for lanes in others if lanes is not None), None)
    return max(1, total // 2 if other is None else total - other)


def _count(value: str | None) -> int | None:
    """Read a number of lanes; the lowest of several ('2;3')."""
    parts = [part.strip() for part in value.split(";")] if value else []
    if not parts or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    lanes = min(int(part) for part in parts)
    return lanes if 1 <= lanes <= MAX_LANES else None
