"""Detectors, destinations, signs, corridors: as they are registered, and as they are read."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field, JsonValue, model_validator

from lotse_gateway.models.base import Body, Latitude, Longitude, Name, Page, View
from lotse_shared.identifiers import Identifier
from lotse_shared.moment import Moment
from lotse_shared.vehicle import SomeVehicles, VehicleClass
from lotse_shared.wire import Place
from lotse_shared.wire_texts import Charset

_DEFAULT = "null: as ingest is set"
_RETIRED = "since then it is out of service; null: in service"
LinkId = Annotated[Identifier, Field(description="a link of the active network")]
Ids = Annotated[list[Identifier], Field(max_length=1_000)]


class Detector(Body):
    """A fixed roadside sensor that measures one lane or one carriageway."""

    detector_id: Identifier = Field(description="as in its MQTT topic", examples=["AB-90"])
    name: Name = Field(default="", examples=["Südwall westwärts"])
    link_id: LinkId | None = Field(
        default=None, description="the link it measures; null until located", examples=["A06-A07-0"]
    )
    lon: Longitude | None = Field(default=None, examples=[7.10284])
    lat: Latitude | None = Field(default=None, examples=[54.30074])
    lanes: int = Field(default=1, ge=1, le=12, description="lanes it measures together", examples=[1])
    interval_s: float = Field(default=60, gt=0, le=86_400, description="its expected interval", examples=[60])
    max_speed_kmh: float = Field(default=254, gt=0, le=1_000, description="above it a speed is not plausible")
    max_flow_vehh_per_lane: float = Field(default=4_000, gt=0, le=100_000, description="the same for its flow")
    fast_kmh: float | None = Field(
        default=None, gt=0, le=1_000, description=f"R4: faster than this is not plausible ... {_DEFAULT}"
    )
    full_pct: float | None = Field(
        default=None, ge=0, le=100, description=f"R4: ... at a higher occupancy than this. {_DEFAULT}"
    )
    locked_on_s: float | None = Field(
        default=None, gt=0, le=3_600, description=f"R6: occupancy 100 % for so long is locked on. {_DEFAULT}"
    )
    stuck_intervals: float | None = Field(
        default=None, ge=3, le=100, description=f"R7: the same values for so long are stuck. {_DEFAULT}"
    )
    silent_intervals: float | None = Field(
        default=None, ge=1, le=1_000, description=f"R8: nothing for so long is silent. {_DEFAULT}"
    )
    future_tolerance_s: float | None = Field(
        default=None,
        ge=0,
        le=86_400,
        description=f"R9: its clock may be ahead by this, or by an interval if that is longer. {_DEFAULT}",
    )
    neighbours: Annotated[list[Identifier], Field(max_length=8)] = Field(
        default=[],
        description="detectors of other lanes that may stand in for it (S1), best first",
        examples=[["AB-05"]],
    )


class Destination(Body):
    """A place that signs lead to."""

    destination_id: Identifier = Field(examples=["MESSE"])
    name: Name = Field(examples=["Messe Auenbrück"])
    sign_text: Name = Field(min_length=1, description="as written on signs", examples=["MESSE"])
    node_id: Identifier = Field(description="the junction of the active network that stands for it", examples=["NB4"])


class Sign(Body):
    """A variable message sign."""

    sign_id: Identifier = Field(examples=["S9"])
    name: Name = Field(default="", examples=["Nordring vor der Nordallee"])
    link_id: LinkId = Field(description="the link whose drivers read it, in their direction", examples=["R22-R03-0"])
    lon: Longitude | None = Field(default=None, examples=[7.10378])
    lat: Latitude | None = Field(default=None, examples=[54.31624])
    line_count: int = Field(default=3, ge=1, le=8)
    line_chars: int = Field(default=16, ge=4, le=64)
    destinations: Ids = Field(default=[], description="where it leads to", examples=[["CENTRUM"]])
    fallback: Literal["blank"] = Field(default="blank", description="what it shows when it may show nothing else")
    priority: int = Field(default=5, ge=0, le=10)
    mode: Literal["automatic", "approval"] = Field(
        default="automatic", description="approval: what Lotse wants it to show waits for a person, as a proposal"
    )
    charset: Charset = Field(default="utf8", description="letters it can write; ascii: Ä is written AE, and so on")
    retired_at: Moment | None = Field(default=None, description=_RETIRED, examples=[None])


NORDRING: list[JsonValue] = ["R03-R21-0", "R21-R02-0", "R02-R01-0", "R01-R20-0"]
NORDRING_VIA: list[JsonValue] = [{"link": "R03-R21-0"}, {"point": [7.0835, 54.3151]}, {"link": "R01-R20-0"}]

_APPROVED_FOR = (
    "classes that it is approved for: all must be able to drive it (trucks of 40 t and 4 m in height, buses of 4 m). "
    "Signs lead everybody, so by themselves only along those for cars"
)


class Corridor(Body):
    """An approved detour route of the catalogue: its links, or what to find them from. Exactly one of both."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"corridor_id": "U9", "name": "Nordring, Westring", "via": NORDRING_VIA, "signs": ["S5"]},
                {"corridor_id": "U9", "name": "Nordring, Westring", "links": NORDRING, "signs": ["S5"]},
            ]
        }
    )

    corridor_id: Identifier = Field(description="the U-number", examples=["U9"])
    name: Name = Field(default="", examples=["Nordring, Westring"])
    links: Annotated[list[Identifier], Field(min_length=1, max_length=2_000)] | None = Field(
        default=None,
        description="in the order in which they are driven, each beginning where the one before ends, by turns that "
        "all its `vehicles` may make",
        examples=[NORDRING],
    )
    via: Annotated[list[Place], Field(min_length=2, max_length=100)] | None = Field(
        default=None,
        description="the parts that it leads over, in their order: links, points (the nearest street counts) or "
        "junctions. Its links are then found: the quickest way in an empty town that all its `vehicles` may drive "
        "at all hours, without U-turns",
        examples=[NORDRING_VIA],
    )
    vehicles: SomeVehicles = Field(default=[VehicleClass.CAR], description=_APPROVED_FOR, examples=[["car", "truck"]])
    signs: Ids = Field(default=[], description="signs that may light it; empty: any", examples=[["S5"]])
    destinations: Ids = Field(default=[], description="destinations it serves; empty: any", examples=[["STADION"]])
    retired_at: Moment | None = Field(default=None, description=_RETIRED, examples=[None])

    @model_validator(mode="after")
    def _links_or_via(self) -> "Corridor":
        if (self.links is None) == (self.via is None):
            message = "give exactly one of links, via"
            raise ValueError(message)
        return self


class Registered(View):
    """What the registry adds."""

    updated_at: AwareDatetime = Field(examples=["2026-11-23T07:38:47Z"])


class Versioned(Registered):
    """What it adds where versions are counted."""

    version: int = Field(
        description="of its content: 1, 2, 3 …; a write that changes nothing but `updated_at` makes none", examples=[2]
    )


class Version(View):
    """What a version adds to the content that it had."""

    version: int = Field(description="the newest counts", examples=[2])
    saved_at: AwareDatetime = Field(examples=["2026-11-23T07:38:47Z"])
    author: str | None = Field(
        description="the key; null: not known, as it stood there before versions were counted, or came by SQL",
        examples=[None],
    )


class DetectorView(Registered, Detector):
    """A registered detector."""

    failed_at: AwareDatetime | None = Field(description="since then an operator holds it to be failed (R10); null: not")
    failed_reason: str | None = Field(description="and why")


class DestinationView(Versioned, Destination):
    """A registered destination."""


class DestinationVersion(Version, Destination):
    """A version of a destination."""


class SignView(Versioned, Sign):
    """A registered sign."""


class SignVersion(Version, Sign):
    """A version of a sign."""


class CorridorContent(View):
    """A corridor as it is kept: its links, and what they were found from."""

    corridor_id: str = Field(examples=["U9"])
    name: str = Field(examples=["Nordring, Westring"])
    links: list[str] = Field(description="in the order in which they are driven", examples=[NORDRING])
    via: list[Place] | None = Field(description="what its links were found from; null: they were given")
    vehicles: list[VehicleClass] = Field(description=_APPROVED_FOR, examples=[["car", "truck"]])
    signs: list[str] = Field(examples=[["S5"]])
    destinations: list[str] = Field(examples=[["STADION"]])
    retired_at: AwareDatetime | None = Field(default=None, description=_RETIRED, examples=[None])


class CorridorVersion(Version, CorridorContent):
    """A version of a corridor."""


class CorridorView(Versioned, CorridorContent):
    """A registered corridor, and what routing finds of it in the active network."""

    status: Literal["unchecked", "sound", "limited", "broken"] = Field(
        description="sound: all its `vehicles` can drive it; limited: one of them cannot at certain hours of the week; "
        "broken: one of them cannot at all, or no sign can lead over it (what cars cannot drive is never shown); "
        "unchecked: routing has not looked at it yet",
        examples=["broken"],
    )
    problem: str | None = Field(
        description="why it is limited or broken, and for whom",
        examples=["cars may not turn from 'R21-R02-0' into 'R02-R01-0'"],
    )
    resolves_to: list[str] | None = Field(
        description="of a broken one with `via`: the links it would have now; PUT its `via` again to take them"
    )


DetectorPage = Page[DetectorView]
DestinationPage = Page[DestinationView]
SignPage = Page[SignView]
CorridorPage = Page[CorridorView]
DestinationVersionPage = Page[DestinationVersion]
SignVersionPage = Page[SignVersion]
CorridorVersionPage = Page[CorridorVersion]


class BulkAnswer(View):
    """What a bulk registration did."""

    created: int = Field(examples=[40])
    replaced: int = Field(examples=[2])
