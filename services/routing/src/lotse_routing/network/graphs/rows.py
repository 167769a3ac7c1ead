"""What nodes, edges and the graph must have to be a street network: checked where a graph comes in from outside."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lotse_routing.network.link_files import BADS_TOLD, Access, points
from lotse_routing.network.model import DrivesOn
from lotse_routing.network.osm.lanes import MAX_LANES
from lotse_shared.identifiers import Identifier
from lotse_shared.vehicle import VehicleClass
from lotse_shared.wire import Latitude, Longitude

Vehicles = Annotated[tuple[VehicleClass, ...], Field(min_length=1)]
BanRows = tuple[tuple[Annotated[tuple[Identifier, ...], Field(min_length=2)], Vehicles, str], ...]
ConditionRows = tuple[tuple[Identifier, Vehicles, Access, str], ...]


class GraphError(ValueError):
    """A graph is no street network. The message names the places, the first of them if there are many."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = [f"and {len(problems) - BADS_TOLD} more"] if len(problems) > BADS_TOLD else []
        super().__init__("\n".join([*problems[:BADS_TOLD], *more]))
        self.problems = problems


def _from_json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


class _GraphRow(BaseModel):
    """Attributes that others added do no harm."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class NodeRow(_GraphRow):
    """A junction; x and y are longitude and latitude."""

    node_id: Identifier
    x: Longitude
    y: Latitude


class EdgeRow(_GraphRow):
    """A link. What has a default may be absent: vehicles then have the access of cars, and the line is straight."""

    link_id: Identifier
    road_class: Annotated[str, Field(min_length=1)]
    length_m: Annotated[float, Field(gt=0, le=1e6)]
    free_flow_kmh: Annotated[float, Field(gt=0, le=200)]
    lanes: Annotated[int, Field(ge=1, le=MAX_LANES)]
    access: Access
    name: str = ""
    ref: str = ""
    speed_source: str = "given"
    truck_access: Access | None = None
    bus_access: Access | None = None
    emergency_access: Access | None = None
    max_height_m: Annotated[float, Field(gt=0)] | None = None
    max_weight_t: Annotated[float, Field(gt=0)] | None = None
    ways: Annotated[
        tuple[int, ...], BeforeValidator(lambda value: value.split() if isinstance(value, str) else value)
    ] = ()
    coordinates: Annotated[tuple[tuple[Longitude, Latitude], ...], BeforeValidator(points)] = ()


class GraphRow(_GraphRow):
    """What the graph as a whole tells."""

    drives_on: DrivesOn = "right"
    banned_turns: Annotated[BanRows, BeforeValidator(_from_json)] = ()
    conditions: Annotated[ConditionRows, BeforeValidator(_from_json)] = ()


RowT = TypeVar("RowT", bound=_GraphRow)


def checked(row_type: type[RowT], values: Mapping[str, Any], place: str, problems: list[str]) -> RowT | None:
    """Check the attributes of a place; what is wrong goes to the problems."""
    try:
        return row_type.model_validate(values)
    except ValidationError as error:
        problems += [f"{place}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        return None
