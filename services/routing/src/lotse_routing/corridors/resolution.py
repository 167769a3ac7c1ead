"""What is asked of a corridor, as links that may be driven one after the other; or what stands in the way.

Pure. The graphs handed in say what may be driven, by whom, and how quick it is: those of an empty town, for corridors
are agreed in advance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import pairwise

import numpy as np

from lotse_routing.core.access import DESTINATION, NO
from lotse_routing.core.forward import ForwardTree, tree_from
from lotse_routing.core.jit import Costs, Indices
from lotse_routing.core.metric import UNREACHABLE
from lotse_routing.core.routes import Anchor, RouteGraph
from lotse_routing.core.tree import Ends
from lotse_routing.network.model import Link
from lotse_routing.places import Place, Places, TooFarError, UnknownPlaceError
from lotse_routing.state.graphs import RouteGraphs
from lotse_shared.vehicle import PLURAL, VehicleClass


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one of the links or parts of a corridor (its place in the list), in words."""

    place: int
    reason: str


class NotResolvedError(LookupError):
    """A part of a corridor cannot be reached, or does not exist."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


class CorridorGraphs:
    """What corridors are looked at on, each made when first asked for.

    Attributes
    ----------
    at_any_hour
        What a class of vehicles may drive at some hour of the week.
    at_all_hours
        What all of some classes may drive at every hour.
    for_new_ones
        The same without U-turns, which no corridor is found with.
    """

    def __init__(self, graphs: RouteGraphs) -> None:
        self.at_any_hour = cache(graphs.at_any_hour)
        self.at_all_hours = cache(partial(graphs.at_all_hours, may_turn_back=True))
        self.for_new_ones = cache(partial(graphs.at_all_hours, may_turn_back=False))


def resolve_for(
    graphs: CorridorGraphs, places: Places, via: Sequence[Place], vehicles: Sequence[VehicleClass]
) -> tuple[str, ...]:
    """Find the quickest way over parts, as `resolve` does, that all of these classes may drive.

    Raises
    ------
    NotResolvedError
        Names the part, whom it cannot be resolved for, and where the way of others among them is not open to these.
    """
    try:
        return resolve(graphs.for_new_ones(*vehicles), places, via)
    except NotResolvedError as error:
        if len(vehicles) == 1:
            raise
        raise NotResolvedError(_told_by_class(graphs, places, via, vehicles, error.fault)) from error


def _told_by_class(
    graphs: CorridorGraphs, places: Places, via: Sequence[Place], vehicles: Sequence[VehicleClass], together: Fault
) -> Fault:
    ways: dict[VehicleClass, tuple[str, ...]] = {}
    faults: list[Fault] = []
    for each in vehicles:
        try:
            ways[each] = resolve(graphs.for_new_ones(each), places, via)
        except NotResolvedError as error:
            faults.append(error.fault)
    told = [*faults, together][0]
    for whose, way in ways.items():
        for other in vehicles:
            if on_it := list_faults(graphs.at_all_hours(other), way):
                return replace(told, reason=f"{told.reason}; on the way of {PLURAL[whose]}, {on_it[0].reason}")
    return told


def resolve(graph: RouteGraph, places: Places, via: Sequence[Place]) -> tuple[str, ...]:
    """Find the quickest legal way over parts in their order, as one drive.

    Parameters
    ----------
    via
        Two or more. Of a point, the nearest link counts, in the direction in which the whole is quicker; of a junction,
        any link that leads to it (for the first: out of it).

    Returns
    -------
    tuple[str, ...]
        Ids of links, from that of the first part to that of the last.

    Raises
    ------
    NotResolvedError
        Names the part that is not there, that no way leads to, or that is reached only by driving a link twice.
    """
    ranks, costs = _seeds(graph, _links_at(graph, places, via, 0))
    trees: list[ForwardTree] = []
    for part in range(1, len(via)):
        tree = tree_from(graph.metric, Ends(ranks, costs))
        ends, _ = _seeds(graph, _links_at(graph, places, via, part), every_state=True)
        ranks = ends[tree.costs[ends] < UNREACHABLE]
        if not len(ranks):
            way = f"from {words(via[part - 1])} to {words(via[part])}"
            reason = f"no way that is open to {whom(graph)} at all hours leads {way}"
            raise NotResolvedError(Fault(part, reason))
        costs = tree.costs[ranks]
        trees.append(tree)
    whole = [cost + int(graph.link_costs[graph.links_of(ranks[i : i + 1])[0]]) for i, cost in enumerate(costs.tolist())]
    return _ids(graph, _legs(trees, int(ranks[int(np.argmin(whole))])))


def list_faults(graph: RouteGraph, links: Sequence[str]) -> list[Fault]:
    """Tell why links are no corridor: all that are unknown or not head to tail, else the first that is not legal."""
    index = graph.topology.index
    unknown = [
        Fault(i, f"there is no link {link!r} in the active network")
        for i, link in enumerate(links)
        if link not in index
    ]
    known = {link: graph.topology.links[index[link]] for link in links if link in index}
    faults = sorted([*unknown, *_gaps(links, known)], key=lambda fault: fault.place)
    return faults or [*_twice(links), *_first_illegal(graph, [index[link] for link in links])]


def whom(graph: RouteGraph) -> str:
    """Name those who may all drive on a graph."""
    vehicles = (graph.permit.vehicle, *graph.permit.shared_with)
    return " and ".join(PLURAL[each.vehicle_class] for each in vehicles)


def words(place: Place) -> str:
    """Name a part."""
    if place.point is not None:
        return f"the point {place.point[0]:.5f}, {place.point[1]:.5f}"
    return f"link {place.link!r}" if place.link is not None else f"junction {place.node!r}"


def _links_at(graph: RouteGraph, places: Places, via: Sequence[Place], part: int) -> list[int]:
    place = via[part]
    try:
        anchors: list[Anchor] = places.destinations(place) if part else places.origins(place)
    except (UnknownPlaceError, TooFarError) as error:
        raise NotResolvedError(Fault(part, str(error))) from error
    links = [link for link in dict.fromkeys(a.link for a in anchors) if graph.permit.access[link] != NO]
    if not links:
        raise NotResolvedError(Fault(part, f"{words(place)} is closed to {whom(graph)}, if only at certain hours"))
    return links


def _seeds(graph: RouteGraph, links: Sequence[int], *, every_state: bool = False) -> tuple[Indices, Costs]:
    ranks = [rank for link in links for rank in graph.ranks_of(link)[: None if every_state else 1]]
    return np.array(ranks, np.uint32), np.zeros(len(ranks), np.int32)


def _legs(trees: Sequence[ForwardTree], rank: int) -> list[Indices]:
    """Give the ranks from part to part, back from the last rank; each leg begins where the one before it ends."""
    legs: list[Indices] = []
    for tree in reversed(trees):
        legs.append(tree.ranks_to(rank))
        rank = int(legs[-1][0])
    return legs[::-1]


def _ids(graph: RouteGraph, legs: Sequence[Indices]) -> tuple[str, ...]:
    ids = [graph.topology.links[link].link_id for link in graph.links_of(legs[0][:1])]
    for part, leg in enumerate(legs, start=1):
        for link in graph.links_of(leg[1:]):
            link_id = graph.topology.links[link].link_id
            if link_id in ids:
                reason = f"the quickest way there drives link {link_id!r} a second time"
                raise NotResolvedError(Fault(part, reason))
            ids.append(link_id)
    return tuple(ids)


def _gaps(links: Sequence[str], known: dict[str, Link]) -> Iterator[Fault]:
    for place, (before, after) in enumerate(pairwise(links), start=1):
        if before in known and after in known and known[before].to_node != known[after].from_node:
            end, begin = known[before].to_node, known[after].from_node
            yield Fault(place, f"{after!r} begins at {begin!r}, but {before!r} before it ends at {end!r}")


def _twice(links: Sequence[str]) -> Iterator[Fault]:
    for place, link in enumerate(links):
        if link in links[:place]:
            yield Fault(place, f"link {link!r} is driven a second time")


def _first_illegal(graph: RouteGraph, links: Sequence[int]) -> Iterator[Fault]:
    """Drive the links as far as it is allowed."""
    closed = next((place for place, link in enumerate(links) if graph.permit.access[link] == NO), None)
    if closed is not None:
        yield Fault(closed, _why_closed(graph, graph.topology.links[links[closed]]))
        return
    ranks = {graph.ranks_of(links[0])[0]}
    for place, link in enumerate(links[1:], start=1):
        ranks = {head for rank in ranks for head, then, _ in graph.onward(rank) if then == link}
        if not ranks:
            yield Fault(place, _why_not(graph, links[: place + 1]))
            return


def _why_closed(graph: RouteGraph, link: Link) -> str:
    vehicle = graph.permit.vehicle
    closed = f"link {link.link_id!r} is closed to {whom(graph)}"
    if link.access_of(vehicle.vehicle_class) == "no" or vehicle.fits(link):
        return closed
    sizes = ((vehicle.weight_t, link.max_weight_t, "t"), (vehicle.height_m, link.max_height_m, "m in height"))
    over = [f"{size:g} {unit} (allowed: {most:g})" for size, most, unit in sizes if size and most and size > most]
    return f"{closed} of {' and '.join(over)}"


def _why_not(graph: RouteGraph, driven: Sequence[int]) -> str:
    """Say why the last of these links may not be driven after the others, all of which may."""
    links = graph.topology.links
    before, after = links[driven[-2]], links[driven[-1]]
    turns = {then for rank in graph.ranks_of(driven[-2]) for _, then, _ in graph.onward(rank)}
    private = [link for link in driven[:-1] if graph.permit.access[link] == DESTINATION]
    if private and graph.permit.access[driven[-1]] != DESTINATION:
        return f"link {links[private[-1]].link_id!r} is for destination traffic: it may not stand in between"
    if driven[-1] in turns:
        return f"{whom(graph)} may not drive into {after.link_id!r} after {before.link_id!r} and the links before it"
    return f"{whom(graph)} may not turn from {before.link_id!r} into {after.link_id!r}"
