"""Routes on the wire: what `POST /v1/routes` asks and answers."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, model_validator

from lotse_shared.identifiers import Identifier
from lotse_shared.vehicle import VehicleClass
from lotse_shared.wire import Place, Position, Wire

MOST_VIA, MOST_AREAS, MOST_POSITIONS, MOST_ALTERNATIVES = 10, 20, 500, 3


def _is_closed(ring: list[Position]) -> list[Position]:
    if ring[0] != ring[-1]:
        message = "a ring ends where it begins: give its first position again as the last"
        raise ValueError(message)
    return ring


Ring = Annotated[list[Position], Field(min_length=4, max_length=MOST_POSITIONS), AfterValidator(_is_closed)]


class Polygon(Wire):
    """A GeoJSON polygon: its outer ring, then those of its holes."""

    type: Literal["Polygon"] = "Polygon"
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=10)] = Field(
        examples=[[[[7.104, 54.2968], [7.109, 54.2968], [7.109, 54.2986], [7.104, 54.2986], [7.104, 54.2968]]]]
    )


class Vehicle(Wire):
    """What drives. A height or weight that is not given meets no limit."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    vehicle_class: VehicleClass = Field(default=VehicleClass.CAR, alias="class", description="whose rules hold")
    height_m: float | None = Field(default=None, gt=0, le=10, strict=True, allow_inf_nan=False, examples=[3.9])
    weight_t: float | None = Field(default=None, gt=0, le=200, strict=True, allow_inf_nan=False, examples=[18.0])


class RouteRequest(Wire):
    """What `POST /v1/routes` asks: the quickest way over some places, past closures and what is to be avoided."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "origin": {"point": [7.1081, 54.294], "heading_deg": 350},
                    "destination": {"node": "A02"},
                    "vehicle": {"class": "truck", "height_m": 3.9, "weight_t": 18},
                    "departure": "now",
                    "avoid_links": ["L3-L4-0"],
                    "alternatives": 2,
                }
            ]
        }
    )

    origin: Place
    destination: Place
    via: Annotated[list[Place], Field(max_length=MOST_VIA)] = Field(
        default=[], description="places on the way, in order; nobody turns on the spot there"
    )
    vehicle: Vehicle = Field(default=Vehicle(), description="left out: a car")
    departure: Literal["now"] | AwareDatetime = Field(
        default="now", description="or a past moment: with the traffic and the roadworks of then, on today's network"
    )
    avoid_links: Annotated[list[Identifier], Field(max_length=1000)] = Field(
        default=[], description="as if they were closed"
    )
    avoid_polygons: Annotated[list[Polygon], Field(max_length=MOST_AREAS)] = Field(
        default=[], description="every link that touches one, as if it were closed"
    )
    alternatives: int = Field(
        strict=True, default=0, ge=0, le=MOST_ALTERNATIVES, description="other routes at most; without via places only"
    )

    @model_validator(mode="after")
    def _alternatives_between_two_places(self) -> "RouteRequest":
        if self.alternatives and self.via:
            message = "alternatives are found between two places: leave via out, or ask leg by leg"
            raise ValueError(message)
        return self


class LineString(Wire):
    """GeoJSON geometry of a route."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]] = Field(
        examples=[[[7.1081256, 54.294003], [7.10777, 54.29577], [7.09477, 54.30495]]]
    )


class PlaceUsed(Wire):
    """Where a route begins, passes or ends."""

    link: str = Field(examples=["L2-L3-0"])
    point: tuple[float, float] = Field(description="longitude, latitude", examples=[[7.1081256, 54.294003]])
    distance_m: float | None = Field(description="from the point asked for; null where none was", examples=[1.7])
    heading_off_deg: float | None = Field(
        description="by how much the street leads in another direction than the heading asked for; null where none was",
        examples=[3.8],
    )


class RouteProperties(Wire):
    """What is known of a route besides its line."""

    links: list[str] = Field(examples=[["L2-L3-0", "L3-V6-0", "V6-V3-0", "V3-M3-0", "M3-M4-0", "M4-A08-0"]])
    streets: list[str] = Field(
        description="in the order in which they are driven, with the length driven",
        examples=[["Lindenallee 200 m", "Südufer 850 m", "Alte Brücke 400 m"]],
    )
    length_m: float = Field(examples=[2202.6])
    travel_time_s: float = Field(description="at the departure asked for", examples=[191.6])
    free_flow_time_s: float = Field(description="without traffic", examples=[187.8])
    usual_time_s: float = Field(description="typical at this time of the week", examples=[187.8])
    avoids: list[str] = Field(
        description="why it is not the route of an empty town, in words: closures, slow streets, what was to be "
        "avoided, what the vehicle may not use",
        examples=[["Lindenbrücke was to be avoided"]],
    )
    places: list[PlaceUsed] = Field(description="origin, via places, destination")


class RouteFeature(Wire):
    """A route as a GeoJSON feature."""

    type: Literal["Feature"] = "Feature"
    geometry: LineString
    properties: RouteProperties


class RouteAnswer(Wire):
    """Routes as a GeoJSON feature collection: the best one first, then the others asked for."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[RouteFeature]
    network_version: str = Field(description="the one in force now, for a past departure, too", examples=["adf06591…"])
    computed_until: AwareDatetime = Field(
        description="readings and roadworks are those of this moment", examples=["2026-11-25T08:23:00.772485Z"]
    )
    links_with_state: int = Field(
        description="of so many links it was known by detectors how fast traffic moves", examples=[53]
    )
