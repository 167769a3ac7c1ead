"""What stands on or leads over links that are closed or cut off: corridors, detours that signs show, equipment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lotse_routing.decide.registry import Registry
from lotse_routing.whatif.traffic import Counter


@dataclass(frozen=True, slots=True)
class BrokenCorridor:
    """An approved detour that cannot be driven, and the links of it that are closed or cut off."""

    corridor_id: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HitDetour:
    """A detour that a sign shows now; `links` are those of it that are closed or cut off."""

    sign_id: str
    destination_id: str
    via: str | None
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lying:
    """Ids of what lies where nobody gets any more; destinations also where all streets to them are closed.

    `closed_signs` stand on a closed link, `signs` on another one that drivers cannot get to.
    """

    destinations: tuple[str, ...]
    signs: tuple[str, ...]
    closed_signs: tuple[str, ...]
    detectors: tuple[str, ...]


def broken_corridors(registry: Registry, links: frozenset[str]) -> tuple[BrokenCorridor, ...]:
    """List the corridors that run over any of these links."""
    hits = ((c.corridor_id, tuple(link for link in c.links if link in links)) for c in registry.corridors)
    return tuple(BrokenCorridor(corridor, hit) for corridor, hit in hits if hit)


def hit_detours(detours: Mapping[str, Sequence[Mapping[str, Any]]], links: frozenset[str]) -> tuple[HitDetour, ...]:
    """List the detours that run over any of these links.

    Parameters
    ----------
    detours
        By sign, the records of what it shows for each destination (`lotse_routing.decide.record`).
    """
    shown = [
        HitDetour(sign, detour["destination"], detour["shown"]["via"], _hits(detour["shown"]["links"], links))
        for sign, records in detours.items()
        for detour in records
        if detour["state"] == "detour" and detour["shown"]
    ]
    return tuple(detour for detour in shown if detour.links)


def lying_there(
    registry: Registry,
    counters: Iterable[Counter],
    junctions: frozenset[str],
    links: frozenset[str],
    closed: frozenset[str],
) -> Lying:
    """List what lies at junctions or on links that cannot be reached, and the signs on closed links."""
    return Lying(
        tuple(d.destination_id for d in registry.destinations.values() if d.node_id in junctions),
        tuple(sign.sign_id for sign in registry.signs if sign.link_id in links),
        tuple(sign.sign_id for sign in registry.signs if sign.link_id in closed),
        tuple(counter.detector_id for counter in counters if counter.link_id in links),
    )


def _hits(route: Iterable[str], links: frozenset[str]) -> tuple[str, ...]:
    return tuple(link for link in route if link in links)
