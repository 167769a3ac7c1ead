"""Bodies that travel between services: the gateway asks routing's internal HTTP, and hands the answer on."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, Strict, model_validator

from lotse_shared.identifiers import Identifier
from lotse_shared.topics import as_pattern
from lotse_shared.vehicle import SomeVehicles, VehicleClass

Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]

Position = tuple[Annotated[Longitude, Strict()], Annotated[Latitude, Strict()]]
"""Longitude, latitude of a point in JSON, where "7.1" is no number."""


class Wire(BaseModel):
    """A body on the wire: unknown fields are an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(Wire):
    """An end of a route: a point (snapped to the nearest link), a junction or a link. Exactly one of them."""

    point: Position | None = Field(default=None, description="longitude, latitude (WGS 84)")
    node: Identifier | None = Field(default=None, description="a junction of the network")
    link: Identifier | None = Field(default=None, description="a link of the network")
    heading_deg: float | None = Field(
        default=None,
        ge=0,
        le=360,
        strict=True,
        description="direction of travel at a point, clockwise from north: streets within 45 degrees of it come first",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> "Place":
        if sum(value is not None for value in (self.point, self.node, self.link)) != 1:
            message = "give exactly one of point, node, link"
            raise ValueError(message)
        if self.heading_deg is not None and self.point is None:
            message = "heading_deg belongs to a point"
            raise ValueError(message)
        return self


Outcome = Literal["stored", "duplicate", "quarantined", "rejected"]
"""What becomes of a reading."""


class NotStored(Wire):
    """A reading of a message that could not be used."""

    index: int = Field(description="which one of the message, from 0", examples=[1])
    outcome: Outcome = Field(description="duplicate: it was sent before, and refused then too", examples=["rejected"])
    code: str = Field(description="reason code", examples=["value"])
    reason: str = Field(
        description="field, what is wrong with it, what is allowed",
        examples=["interval_s: Expected `float` > 0.0; allowed: seconds, above 0 and up to 86400"],
    )


class IntakeAnswer(Wire):
    """What became of the readings of a message: received = stored + duplicate + quarantined + rejected."""

    received: int = Field(examples=[2])
    stored: int = Field(examples=[1])
    duplicate: int = Field(description="known already, and so not stored again", examples=[0])
    quarantined: int = Field(description="measured at a time that cannot be (R9)", examples=[0])
    rejected: int = Field(examples=[1])
    not_stored: list[NotStored] = Field(description="those that could not be used, and why")


class DeadLetterFilter(Wire):
    """Which dead letters are meant: those for which all of this holds; left out: any."""

    kind: Literal["rejected", "quarantined"] | None = None
    reason_code: str | None = None
    detector_id: str | None = None
    topic: str | None = Field(default=None, description="as an MQTT filter, with + and #")
    after: AwareDatetime | None = Field(default=None, description="received after this moment")
    until: AwareDatetime | None = Field(default=None, description="and up to this one")
    ids: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] | None = Field(
        default=None, description="digests, hexadecimal"
    )

    def as_arguments(self) -> tuple[object, ...]:
        """Give the arguments of the SQL function `dead_letters_that`."""
        pattern = None if self.topic is None else as_pattern(self.topic)
        digests = None if self.ids is None else [bytes.fromhex(each) for each in self.ids]
        return self.kind, self.reason_code, self.detector_id, pattern, self.after, self.until, digests


class ReplayRequest(Wire):
    """Decode dead letters again, the oldest first, for as long as one request may take."""

    letters: DeadLetterFilter
    dry_run: bool = Field(description="find out what would become of them, and change nothing")
    limit: int = Field(ge=1, description="letters at most")
    cursor: str | None = Field(default=None, description="`next_cursor` of the answer before")


class ReplayAnswer(Wire):
    """What became of dead letters, and of the readings in those that could be decoded."""

    examined: int = Field(description="dead letters looked at", examples=[40])
    settled: int = Field(description="of these, gone: their readings are counted below", examples=[38])
    refused_again: int = Field(description="of these, kept, with the newest reason", examples=[1])
    not_replayable: int = Field(description="of these, kept: cut, withheld, or a watermark", examples=[1])
    stored: int = Field(description="readings", examples=[1800])
    duplicate: int = Field(description="readings that were known already", examples=[100])
    quarantined: int = Field(description="readings measured at a time that cannot be, now dead letters", examples=[0])
    rejected: int = Field(description="elements that are dead letters of their own now", examples=[0])
    next_cursor: str | None = Field(description="give it as `cursor` to go on; null: these were all")


class CorridorAsked(Wire):
    """A corridor that is to be registered: its links, or parts to find them from. Exactly one of both."""

    links: list[Identifier] | None = None
    via: list[Place] | None = Field(default=None, min_length=2)
    vehicles: SomeVehicles = Field(default=[VehicleClass.CAR], description="all of which have to be able to drive it")

    @model_validator(mode="after")
    def _exactly_one(self) -> "CorridorAsked":
        if (self.links is None) == (self.via is None):
            message = "give exactly one of links, via"
            raise ValueError(message)
        return self


class CorridorsRequest(Wire):
    """Corridors that are to be registered."""

    corridors: list[CorridorAsked]


class CorridorFault(Wire):
    """What is wrong with one of the links or parts."""

    field: str = Field(description="links.3, via.0, ...")
    reason: str


class CorridorAnswer(Wire):
    """The links of a corridor, or what is wrong with it."""

    links: list[str]
    faults: list[CorridorFault]


class CorridorsAnswer(Wire):
    """One answer a corridor, in the order in which they were asked."""

    network_version: str
    corridors: list[CorridorAnswer]
