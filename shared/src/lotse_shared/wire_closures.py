"""Closure checks on the wire: what `POST /v1/roadworks/check` asks and answers."""

from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from lotse_shared.identifiers import Identifier
from lotse_shared.moment import Moment
from lotse_shared.recurrence import Hours
from lotse_shared.settings import TimeZoneName
from lotse_shared.vehicle import Vehicles
from lotse_shared.wire import Wire
from lotse_shared.wire_routes import Vehicle


class ClosureRequest(Wire):
    """A closure to check: links, or a roadwork that is planned or in force. Exactly one of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"links": ["L3-L4-0", "L4-L3-0"]}]})

    links: Annotated[list[Identifier], Field(min_length=1, max_length=1000)] | None = Field(
        default=None, description="that would be closed"
    )
    roadwork_id: Identifier | None = Field(default=None, description="whose links and whose time are meant")
    vehicle: Vehicle = Field(default=Vehicle(), description="who has to get everywhere; left out: cars")
    starts_at: Moment | None = Field(default=None, description="left out: now, or when the roadwork begins")
    ends_at: Moment | None = Field(default=None, description="left out: an open end, or that of the roadwork")
    vehicles: Vehicles = Field(default=[], description="whom it would be closed to; empty: all")
    recurrence: Hours | None = Field(default=None, description="at these hours only", examples=["Mo-Fr 22:00-05:00"])
    time_zone: TimeZoneName | None = Field(default=None, description="of these hours; left out: that of the city")

    @model_validator(mode="after")
    def _exactly_one(self) -> "ClosureRequest":
        if (self.links is None) == (self.roadwork_id is None):
            message = "give exactly one of links, roadwork_id"
            raise ValueError(message)
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            message = "ends_at must be later than starts_at"
            raise ValueError(message)
        if self.roadwork_id and (self.vehicles or self.recurrence or self.time_zone):
            message = "vehicles, recurrence and time_zone are those of the roadwork: leave them out"
            raise ValueError(message)
        return self


class CutOffStreet(Wire):
    """Links of one street that routes do not reach any more, or do not leave."""

    street: str = Field(description="empty: it has no name", examples=["Am Stadion"])
    links: list[str] = Field(examples=[["ST2-ST3-0", "ST3-ST2-0", "ST3-ST4-0", "ST4-ST3-0"]])
    junctions: list[str] = Field(description="at their ends", examples=[["ST2", "ST3", "ST4"]])
    length_m: float = Field(examples=[2664.0])
    has_way_in: bool = Field(description="of the street in either direction", examples=[False])
    has_way_out: bool = Field(
        description="with both it is reached and left, but only by turning round in it", examples=[False]
    )
    since: AwareDatetime = Field(
        description="from this moment of the closure's time on", examples=["2026-11-27T08:00:00Z"]
    )
    together_with: list[str] = Field(description="roadworks without which this would not be so", examples=[["B7"]])


class UnreachableThings(Wire):
    """Ids of what is registered where nobody gets any more."""

    destinations: list[str] = Field(description="whose junction cannot be reached", examples=[["STADION"]])
    signs: list[str] = Field(description="whose link is closed, or no driver gets to it", examples=[["S6"]])
    detectors: list[str] = Field(description="on a street that is open, but no driver gets to it", examples=[[]])


class CorridorHit(Wire):
    """An approved detour that cannot be driven any more."""

    corridor_id: str = Field(examples=["U3"])
    links: list[str] = Field(description="those of it that are closed or cut off", examples=[["M3-M4-0"]])


class DetourHit(Wire):
    """A detour that a sign shows now, over links that would be closed or cut off."""

    sign_id: str = Field(examples=["S2"])
    destination_id: str = Field(examples=["CENTRUM"])
    via: str | None = Field(description="corridor, or the street by which it leads", examples=["U3"])
    links: list[str] = Field(description="those of it that are closed or cut off", examples=[["M3-M4-0"]])


class ClosedStretch(Wire):
    """A closed piece of road in driving order, its traffic and the way around it for who goes straight on."""

    streets: list[str] = Field(examples=[["Alte Brücke"]])
    links: list[str] = Field(examples=[["M3-M4-0"]])
    from_node: str = Field(examples=["M3"])
    to_node: str = Field(examples=["M4"])
    length_m: float = Field(examples=[402.0])
    flow_vehh: float | None = Field(
        description="vehicles an hour by the newest counts; null: nothing counts", examples=[0.0]
    )
    last_hour_vehh: float | None = Field(description="vehicles an hour in the last hour; null: unknown", examples=[540])
    week_before_vehh: float | None = Field(
        description="in the hour around the start, a week before; null: unknown", examples=[610]
    )
    counted_by: list[str] = Field(description="detectors on it", examples=[["AB-44"]])
    no_flow_because: str | None
    through_s: float | None = Field(description="travel time over it, were it open", examples=[52.1])
    around_s: float | None = Field(description="travel time past it", examples=[216.3])
    added_s: float | None = Field(description="what the way around takes longer", examples=[164.2])
    around_by: list[str] = Field(
        description="streets of the way around", examples=[["Südufer", "Westbrücke", "Nordufer"]]
    )
    no_way_around_because: str | None


class ClosureAnswer(Wire):
    """What a closure would do, beside all others that hold at the same time."""

    findings: list[str] = Field(
        description="all of it in words, the gravest first",
        examples=[
            [
                "Am Stadion cannot be reached or left any more (2664 m, together with B7).",
                "Auestadion cannot be reached any more.",
                "Sign S2 shows a detour to CENTRUM over it now.",
                "Corridor U3 cannot be driven any more.",
                "Alte Brücke from M3 to M4: the way around by Südufer, Westbrücke, Nordufer takes 164 s more.",
            ]
        ],
    )
    isolates: bool = Field(description="whether anything cannot be reached or left any more, by turning neither")
    isolated: list[str] = Field(
        description="of the findings those that tell what", examples=[["Auestadion cannot be reached any more."]]
    )
    starts_at: AwareDatetime = Field(examples=["2026-11-27T08:00:00Z"])
    ends_at: AwareDatetime | None
    beside: list[str] = Field(description="roadworks that close something at the same time", examples=[["B7"]])
    cut_off: list[CutOffStreet]
    unreachable: UnreachableThings
    corridors: list[CorridorHit]
    detours: list[DetourHit]
    stretches: list[ClosedStretch]
    network_version: str = Field(examples=["adf06591…"])
    computed_until: AwareDatetime = Field(examples=["2026-11-25T08:28:13.555599Z"])
