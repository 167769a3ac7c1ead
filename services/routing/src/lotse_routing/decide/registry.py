"""What operators registered, as decisions see it: signs, destinations, approved corridors."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lotse_routing.decide.charset import Charset
from lotse_shared.vehicle import VehicleClass


@dataclass(frozen=True, slots=True)
class Destination:
    """A place that signs point to: the junction that stands for it, and its name as written on signs."""

    destination_id: str
    name: str
    sign_text: str
    node_id: str


@dataclass(frozen=True, slots=True)
class Sign:
    """A variable message sign: drivers on `link_id` read it. `destinations` are those it may be asked to divert.

    In the `mode` approval, what Lotse wants it to show waits for a person; `charset` has the letters it can write.
    """

    sign_id: str
    link_id: str
    line_count: int
    line_chars: int
    destinations: tuple[str, ...]
    fallback: str = "blank"
    priority: int = 5
    mode: Literal["automatic", "approval"] = "automatic"
    charset: Charset = "utf8"


@dataclass(frozen=True, slots=True)
class Corridor:
    """An approved detour: its links head to tail. No signs or no destinations named means: for any of them.

    `vehicles` are the classes that it is approved for.
    """

    corridor_id: str
    links: tuple[str, ...]
    signs: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    vehicles: tuple[VehicleClass, ...] = (VehicleClass.CAR,)

    def is_for(self, sign_id: str) -> bool:
        """Tell whether this sign may show it by itself, for whatever destination.

        A sign addresses everybody who drives past, most of all cars: one that cars are not approved for is, to what
        Lotse decides by itself, not there. Only a person's text may name it.
        """
        return VehicleClass.CAR in self.vehicles and (not self.signs or sign_id in self.signs)

    def applies(self, sign_id: str, destination_id: str) -> bool:
        """Tell whether this sign may show it for this destination."""
        return self.is_for(sign_id) and (not self.destinations or destination_id in self.destinations)

    def lies_on(self, way: Sequence[str]) -> bool:
        """Tell whether a way, given by link ids, leads along all of it."""
        length = len(self.links)
        return any(tuple(way[start : start + length]) == self.links for start in range(len(way) - length + 1))


@dataclass(frozen=True, slots=True)
class Registry:
    """Signs in service, destinations by id, corridors; signs and corridors sorted by id."""

    signs: tuple[Sign, ...]
    destinations: Mapping[str, Destination]
    corridors: tuple[Corridor, ...]

    def corridors_to(self, sign_id: str, destination_id: str) -> list[Corridor]:
        """List what a sign may show for a destination; none: any way, if it may propose one."""
        return [corridor for corridor in self.corridors if corridor.applies(sign_id, destination_id)]

    def vehicles_of(self, corridor_id: str | None) -> list[VehicleClass] | None:
        """Tell whom the corridor of a way is approved for; None: the way is no corridor's."""
        if corridor_id is None:
            return None
        return next((list(each.vehicles) for each in self.corridors if each.corridor_id == corridor_id), None)


def is_registered(way: Sequence[str], via: str | None, corridors: Collection[Corridor]) -> bool:
    """Tell whether a way that was shown is still one: along the corridor that it names, or freely where there is none.

    Parameters
    ----------
    way
        Link ids.
    corridors
        Those that may be shown in its place.
    """
    if not corridors:
        return via is None
    return any(corridor.corridor_id == via and corridor.lies_on(way) for corridor in corridors)
