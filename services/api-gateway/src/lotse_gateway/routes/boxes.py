"""Boxes on the map, as filters of lists."""

from typing import Annotated, NamedTuple

from fastapi import Query

from lotse_gateway.database import Database
from lotse_gateway.routes.parameters import invalid_field

NUMBER = r"-?\d{1,3}(\.\d{1,12})?"
Bbox = Annotated[
    str | None,
    Query(
        pattern=rf"^{NUMBER}(,{NUMBER}){{3}}$",
        max_length=100,
        description="min longitude, min latitude, max longitude, max latitude: what lies in this box or touches it",
        examples=["7.09,54.29,7.12,54.31"],
    ),
]


class Box(NamedTuple):
    """A box in degrees (WGS 84)."""

    west: float
    south: float
    east: float
    north: float

    @property
    def swapped(self) -> "Box":
        """The box with longitude for latitude."""
        return Box(self.south, self.west, self.north, self.east)

    def touches(self, other: "Box") -> bool:
        """Tell whether the two have a point in common."""
        return (
            self.west <= other.east
            and other.west <= self.east
            and self.south <= other.north
            and other.south <= self.north
        )


ANYWHERE = (None,) * 4


def read_box(bbox: Bbox = None) -> Box | None:
    """Give the box, None for none.

    Raises
    ------
    InvalidInput
        It is empty.
    """
    if bbox is None:
        return None
    box = Box(*(float(part) for part in bbox.split(",")))
    if box.west > box.east or box.south > box.north:
        reason = "min lies above max: give min longitude, min latitude, max longitude, max latitude"
        raise invalid_field(field="query.bbox", reason=reason)
    return box


async def refuse_swapped(database: Database, box: Box | None) -> None:
    """Do nothing, unless the box touches the network only with longitude and latitude swapped.

    Raises
    ------
    InvalidInput
        It does.
    """
    if box is None:
        return
    row = await database.row("get_network_extent")
    extent = None if row is None or row["west"] is None else Box(*row)
    if extent is not None and box.swapped.touches(extent) and not box.touches(extent):
        reason = "lies outside of the network, but not with its coordinates swapped: longitude first, then latitude"
        raise invalid_field(field="query.bbox", reason=reason)
