"""Streets as people know them: links grouped by name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lotse_routing.core.along import Places
from lotse_routing.core.topology import Topology
from lotse_routing.network.model import Link


def street_of(link: Link) -> str:
    """Name of the street that a link belongs to, else its number ('B37'), else empty."""
    return link.name or link.ref


@dataclass(frozen=True, slots=True, eq=False)
class Streets:
    """The streets of a network, numbered in the order of their names; `of_link` has the number of each link's."""

    names: Sequence[str]
    numbers: Mapping[str, int]
    of_link: Places


@lru_cache(maxsize=4)  # one is in force; another, while it takes its place
def number_streets(topology: Topology) -> Streets:
    """Give the streets of a network their numbers."""
    of_link = [street_of(link) for link in topology.links]
    names = sorted(set(of_link))
    numbers = {name: number for number, name in enumerate(names)}
    return Streets(names, numbers, np.array([numbers[name] for name in of_link], np.intp))


def streets_along(topology: Topology, links: Iterable[int]) -> list[str]:
    """Streets in the order in which they are driven, each once in a row; links without a name are left out."""
    streets: list[str] = []
    for index in links:
        street = street_of(topology.links[index])
        if street and (not streets or streets[-1] != street):
            streets.append(street)
    return streets


def street_rejoined(topology: Topology, shown: Sequence[int], normal: Sequence[int]) -> str:
    """Street on which a detour meets the normal route again; empty if it does not before its end."""
    usual = set(normal)
    left = next((place for place, index in enumerate(shown) if index not in usual), len(shown))
    again = next((index for index in shown[left:] if index in usual), None)
    return "" if again is None else street_of(topology.links[again])


def street_via(topology: Topology, shown: Sequence[int], normal: Sequence[int]) -> str:
    """Street that tells a detour from the normal route best: the longest one that only the detour uses, else empty."""
    usual_links = set(normal)
    usual_streets = {street_of(topology.links[index]) for index in normal}
    lengths_m: dict[str, float] = {}
    for index in shown:
        link = topology.links[index]
        if index not in usual_links and street_of(link) not in usual_streets | {""}:
            lengths_m[street_of(link)] = lengths_m.get(street_of(link), 0.0) + link.length_m
    return max(lengths_m, key=lambda street: (lengths_m[street], street), default="")
