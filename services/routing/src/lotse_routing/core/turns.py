"""Turns from link to link: which there are, for whom, and how sharp they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lotse_routing.core.jit import Ints
from lotse_routing.network.geometry import Coordinate
from lotse_routing.network.model import Link
from lotse_shared.vehicle import VehicleClass

U_TURN_DEG = 150.0
"""Back to where one came from, at this angle or sharper, is a U-turn (a loop street returns at a wider one)."""

Bits = npt.NDArray[np.uint8]
"""Vehicle classes: one bit each."""
Degrees = npt.NDArray[np.float32]

BIT = {vehicle: np.uint8(1 << place) for place, vehicle in enumerate(VehicleClass)}
EVERYBODY = np.uint8(sum(BIT.values()))


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """Turns between links (by index), sorted by the first, then the second; all of shape (turns,).

    `vehicles` may make it as far as the shape of the network goes: bans are not regarded. `angle_deg` is how sharp a
    turn is: 0 straight on, positive to the right, 180 back. `is_choice` tells whether there is another way to go on.
    """

    before: Ints
    after: Ints
    vehicles: Bits
    angle_deg: Degrees
    is_choice: npt.NDArray[np.bool_]


def list_turns(links: Sequence[Link]) -> Turns:
    """List what follows what by the shape of a network: no U-turns, but where a vehicle finds nothing else to go on."""
    (from_node, to_node), _ = junction_numbers(links)
    before, after = _pairs(from_node, to_node)
    angle_deg = _angles_deg(links, before, after)
    is_back = (to_node[after] == from_node[before]) & (np.abs(angle_deg) >= U_TURN_DEG)
    vehicles = np.zeros(len(before), dtype=np.uint8)
    for vehicle, bit in BIT.items():
        may_use = np.array([link.access_of(vehicle) != "no" for link in links], dtype=np.bool_)
        onward = np.bincount(before[~is_back & may_use[after]], minlength=len(links))
        vehicles |= np.where(is_back & (onward[before] > 0), np.uint8(0), bit)
    is_there = vehicles != 0
    choices = np.bincount(before[is_there], minlength=len(links))
    return Turns(
        before[is_there],
        after[is_there],
        vehicles[is_there],
        angle_deg[is_there].astype(np.float32),
        (choices[before] > 1)[is_there],
    )


def junction_numbers(links: Sequence[Link]) -> tuple[tuple[Ints, Ints], list[str]]:
    """Give junctions their numbers, in the order of their ids: where links begin and end, and all ids."""
    names = sorted({node for link in links for node in (link.from_node, link.to_node)})
    number = {name: i for i, name in enumerate(names)}
    begins = np.array([number[link.from_node] for link in links], dtype=np.int32)
    ends = np.array([number[link.to_node] for link in links], dtype=np.int32)
    return (begins, ends), names


def _pairs(from_node: Ints, to_node: Ints) -> tuple[Ints, Ints]:
    """Pair each link with those that begin where it ends."""
    nodes = int(max(from_node.max(initial=-1), to_node.max(initial=-1))) + 1
    by_start = np.argsort(from_node, kind="stable").astype(np.int32)
    first = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(from_node, minlength=nodes), out=first[1:])
    counts = np.diff(first)[to_node]
    before = np.repeat(np.arange(len(from_node), dtype=np.int32), counts)
    within = np.arange(len(before)) - np.repeat(np.cumsum(counts) - counts, counts)
    return before, by_start[first[to_node[before]] + within]


def _angles_deg(links: Sequence[Link], before: Ints, after: Ints) -> npt.NDArray[np.float64]:
    into = _bearings_deg([(link.coordinates[-2], link.coordinates[-1]) for link in links])
    out_of = _bearings_deg([(link.coordinates[0], link.coordinates[1]) for link in links])
    turned = out_of[after] - into[before]
    return 180 - (180 - turned) % 360  # in (-180, 180]


def _bearings_deg(lines: Sequence[tuple[Coordinate, Coordinate]]) -> npt.NDArray[np.float64]:
    """Directions clockwise from north, on a locally flat earth; shape (lines,)."""
    points = np.array(lines, dtype=np.float64).reshape(-1, 2, 2)
    (east, north), middle = (points[:, 1] - points[:, 0]).T, points[:, :, 1].mean(axis=1)
    bearings: npt.NDArray[np.float64] = np.degrees(np.arctan2(east * np.cos(np.radians(middle)), north))
    return bearings
