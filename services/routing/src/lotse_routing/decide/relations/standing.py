"""Messages in force: which of them may stay, and which disturbance each tells of by now."""

from collections.abc import Mapping, Sequence

from lotse_routing.core.jit import Flags
from lotse_routing.core.topology import Topology
from lotse_routing.decide.registry import Corridor, Registry, Sign, is_registered
from lotse_routing.decide.relations.board import Before
from lotse_routing.decide.relations.disturbance import Disturbance

Standing = Mapping[tuple[str, Disturbance], Before]
"""By sign, and what its message tells of now."""


def find_standing(
    said: Mapping[str, Sequence[Before]],
    disturbances: Sequence[Disturbance],
    registry: Registry,
    topology: Topology,
    barred: Flags,
) -> Standing:
    """Match messages with disturbances; those that may not stay, whatever their hold says, are left out.

    A disturbance that has parted in two is told of where it was most; of two that have become one, the first message
    stays.
    """
    standing: dict[tuple[str, Disturbance], Before] = {}
    for sign in registry.signs:
        corridors = corridors_of(sign.sign_id, registry)
        for before in said.get(sign.sign_id, ()):
            same = [each for each in disturbances if each.is_same(before.disturbance)]
            is_usable = not barred[list(before.corridor[1:])].any()
            if same and is_usable and _is_as_registered(before, sign, corridors, topology):
                of = max(same, key=lambda each: (len(each.links & before.disturbance.links), -min(each.links)))
                standing.setdefault((sign.sign_id, of), before)
    return standing


def corridors_of(sign_id: str, registry: Registry) -> tuple[Corridor, ...]:
    """List what a sign may show, whatever the destinations."""
    return tuple(each for each in registry.corridors if each.is_for(sign_id))


def _is_as_registered(before: Before, sign: Sign, corridors: Sequence[Corridor], topology: Topology) -> bool:
    """Tell whether a message leads from the sign along a corridor as both are registered now, or freely without any."""
    ids = tuple(topology.links[index].link_id for index in before.corridor)
    return ids[0] == sign.link_id and is_registered(ids, before.via, corridors)
