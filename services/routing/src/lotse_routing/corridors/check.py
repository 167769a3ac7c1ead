"""Whether the approved corridors can still be driven in the network in force, and if not, why. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lotse_routing.core.topology import Seconds
from lotse_routing.corridors.resolution import CorridorGraphs, Fault, NotResolvedError, list_faults, resolve_for
from lotse_routing.decide.candidates import Trees, along_corridors
from lotse_routing.decide.registry import Corridor, Registry
from lotse_routing.places import Place, Places
from lotse_routing.state.graphs import RouteGraphs
from lotse_shared.vehicle import VehicleClass

Status = Literal["sound", "limited", "broken"]
WORSE_AND_WORSE: tuple[Status, ...] = ("sound", "limited", "broken")
Via = Mapping[str, Sequence[Place]]
"""What corridors were resolved from, by corridor; those whose links were given are not there."""


@dataclass(frozen=True, slots=True)
class CorridorCheck:
    """What was found of a corridor.

    Attributes
    ----------
    links
        Those that were looked at.
    vehicles
        Classes that they were looked at for.
    status
        `limited`: one of the classes may not drive it at certain hours of the week. `broken`: at none, or no sign can
        lead over it.
    problem
        Why it is not sound, and for whom, in words.
    resolves_to
        Links that a broken corridor would have if it were resolved anew; None if it cannot be, or its links were given.
    """

    corridor_id: str
    links: tuple[str, ...]
    vehicles: tuple[VehicleClass, ...]
    network_version: str
    status: Status = "sound"
    problem: str | None = None
    resolves_to: tuple[str, ...] | None = None


def check_corridors(
    graphs: RouteGraphs, travel_times_s: Seconds, registry: Registry, via: Via, places: Places
) -> tuple[CorridorCheck, ...]:
    """Check all corridors of the registry, for all whom they are approved for, in an empty town with nothing closed."""
    by_class = CorridorGraphs(graphs)
    trees = Trees(by_class.at_any_hour(VehicleClass.CAR))
    checks = [_check(corridor, by_class) for corridor in registry.corridors]
    found = [
        _of_use(check, corridor, trees, travel_times_s, registry) if check.status != "broken" else check
        for check, corridor in zip(checks, registry.corridors, strict=True)
    ]
    if not any(check.status == "broken" and check.corridor_id in via for check in found):
        return tuple(found)

    def proposed(check: CorridorCheck, corridor: Corridor) -> CorridorCheck:
        """Resolve anew, and propose only what would not be broken in its turn."""
        resolved = _resolved_anew(check, via[check.corridor_id], by_class, places)
        if resolved.resolves_to is None:
            return resolved
        instead = replace(corridor, links=resolved.resolves_to)
        tried = _of_use(_check(instead, by_class), instead, trees, travel_times_s, registry)
        if tried.status != "broken":
            return resolved
        return replace(check, problem=f"{check.problem}; resolved anew it would be broken, too: {tried.problem}")

    return tuple(
        proposed(check, corridor) if check.status == "broken" and check.corridor_id in via else check
        for check, corridor in zip(found, registry.corridors, strict=True)
    )


def _check(corridor: Corridor, graphs: CorridorGraphs) -> CorridorCheck:
    """Look at it for each class: the worst that is found is what it is, and all of it is told."""
    found = [_found(corridor.links, each, graphs) for each in corridor.vehicles]
    problems = dict.fromkeys(problem for _, problem in found if problem)
    return CorridorCheck(
        corridor.corridor_id,
        corridor.links,
        corridor.vehicles,
        graphs.at_any_hour(VehicleClass.CAR).topology.network_version,
        max((status for status, _ in found), key=WORSE_AND_WORSE.index),
        "; ".join(problems) or None,
    )


def _found(links: Sequence[str], vehicle_class: VehicleClass, graphs: CorridorGraphs) -> tuple[Status, str | None]:
    if faults := list_faults(graphs.at_any_hour(vehicle_class), links):
        return "broken", _in_words(faults)
    if faults := list_faults(graphs.at_all_hours(vehicle_class), links):
        return "limited", f"at certain hours, {_in_words(faults)}"
    return "sound", None


def _in_words(faults: Sequence[Fault]) -> str:
    more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
    return faults[0].reason + more


def _of_use(
    check: CorridorCheck, corridor: Corridor, trees: Trees, travel_times_s: Seconds, registry: Registry
) -> CorridorCheck:
    """Look for a sign that can lead over it to one of its destinations; without any, nothing is missing yet."""
    pairs = [
        (sign, registry.destinations[destination_id])
        for sign in registry.signs
        for destination_id in sign.destinations
        if destination_id in registry.destinations and corridor.applies(sign.sign_id, destination_id)
    ]
    is_of_use = any(along_corridors(trees, travel_times_s, *pair, [corridor]) for pair in pairs)
    if is_of_use or not pairs:
        return check
    sign, destination = pairs[0]
    others = f" (nor of {len(pairs) - 1} more)" if len(pairs) > 1 else ""
    problem = f"no way of sign {sign.sign_id!r} to destination {destination.destination_id!r}{others} leads over it"
    return replace(check, status="broken", problem=problem)


def _resolved_anew(check: CorridorCheck, via: Sequence[Place], graphs: CorridorGraphs, places: Places) -> CorridorCheck:
    try:
        links = resolve_for(graphs, places, via, check.vehicles)
    except NotResolvedError as error:
        anew = f"it cannot be resolved anew: via.{error.fault.place}: {error.fault.reason}"
        return replace(check, problem=f"{check.problem}; {anew}")
    return replace(check, resolves_to=links) if links != check.links else check
