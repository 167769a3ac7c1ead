"""Drivers who believe every sign, for properties of what signs say together."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lotse_routing.decide.decision import Decision

MOST_LINKS = 200
"""No way on the grid is as long, unless it leads in circles."""

Told = Mapping[str, Sequence[dict[str, Any]]]
"""By link, the records of the messages that are read there."""


def messages(decision: Decision) -> list[dict[str, Any]]:
    """The records of what a sign shows."""
    return [record for record in decision.detours if record["state"] == "detour"]


def led(ahead: Sequence[str], record: dict[str, Any]) -> list[str] | None:
    """The way of a driver who reads a message, the sign's link included; None if it addresses somebody else."""
    disturbed, rejoins = set(record["relation"]["links"]), record["relation"]["rejoins"]
    last = max((place for place, link in enumerate(ahead) if link in disturbed), default=None)
    if last is None or rejoins not in ahead[last + 1 :]:
        return None
    return [*record["shown"]["links"], *ahead[ahead.index(rejoins, last) + 1 :]]


def drive(way: Sequence[str], told: Told, closed: Collection[str] = ()) -> list[str] | None:
    """The links that a driver passes who follows every sign, until the end or a barrier; None: in circles."""
    ahead, driven = list(way), []
    while ahead and ahead[0] not in closed:
        driven.append(ahead[0])
        if len(driven) > MOST_LINKS:
            return None
        ways = (led(ahead[1:], record) for record in told.get(ahead[0], ()))
        ahead = next((way for way in ways if way), ahead)[1:]
    return driven
