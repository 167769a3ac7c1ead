"""The usual ways of all signs and destinations as flat arrays.

Usual ways are fixed by the network, the hours of its bans and the registry; so the arrays stay while these do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lotse_routing.core.along import Places, Ways, flat_ways, sums_along
from lotse_routing.core.jit import Flags, Indices
from lotse_routing.core.topology import Seconds
from lotse_routing.decide.candidates import Trees
from lotse_routing.decide.registry import Registry, Sign


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Each sign and destination of a registry that has a usual way: a pair.

    Attributes
    ----------
    of_sign
        Where the pairs of each sign begin, and behind them where all end; shape (signs + 1,).
    destination_ids
        Of each pair.
    usual, empty_s
        The usual ways, and what they take in an empty town; shape (pairs,).
    to
        The pairs by the junction that they lead to.
    starts
        The rank in which each of them begins; shape (pairs,).
    is_free
        Whether the sign may show any way: no corridor is registered; shape (pairs,).
    lines
        How many lines the sign has; shape (pairs,).
    """

    trees: Trees
    registry: Registry
    of_sign: Places
    destination_ids: Sequence[str]
    usual: Ways
    empty_s: Seconds
    to: Mapping[str, Places]
    starts: Indices
    is_free: Flags
    lines: Places


def pairs_of(trees: Trees, registry: Registry, held: Pairs | None) -> Pairs:
    """Give the pairs of a registry: those held, if they are of the same registry and trees."""
    if held is not None and held.trees is trees and held.registry == registry:
        return held
    found = [
        (number, sign, registry.destinations[name], way)
        for number, sign in enumerate(registry.signs)
        for name in sign.destinations
        if name in registry.destinations and len(way := _way(trees, sign, registry.destinations[name].node_id))
    ]
    usual = flat_ways([way for *_, way in found])
    nodes = np.array([destination.node_id for _, _, destination, _ in found], object)
    return Pairs(
        trees=trees,
        registry=registry,
        of_sign=np.searchsorted([number for number, *_ in found], np.arange(len(registry.signs) + 1)),
        destination_ids=[destination.destination_id for _, _, destination, _ in found],
        usual=usual,
        empty_s=sums_along(usual, trees.topology.base_travel_times_s[:, None].copy())[:, 0],
        to={node: np.flatnonzero(nodes == node) for node in sorted(set(nodes))},
        starts=np.array([trees.graph.ranks_of(int(way[0]))[0] for *_, way in found], np.uint32),
        is_free=np.array(
            [not registry.corridors_to(sign.sign_id, d.destination_id) for _, sign, d, _ in found], np.bool_
        ),
        lines=np.array([sign.line_count for _, sign, *_ in found], np.intp),
    )


def every(flags: Flags, of_sign: Places) -> Flags:
    """Tell for which signs a flag is set for all of their pairs; shape (signs,)."""
    unset = np.concatenate(([0], np.cumsum(~flags)))[of_sign]
    return np.equal(unset[1:], unset[:-1])


def _way(trees: Trees, sign: Sign, node_id: str) -> Places:
    link = trees.topology.index.get(sign.link_id)
    return np.empty(0, np.intp) if link is None else trees.places(link, node_id)
