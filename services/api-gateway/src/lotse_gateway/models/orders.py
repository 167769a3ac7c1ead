"""What operators order signs to show: locks, and what they say to proposals."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from lotse_gateway.models.base import Body, Name, Page, View
from lotse_shared.moment import Moment
from lotse_shared.wire_texts import MOST_LINES, Line

Lines = Annotated[list[Line], Field(max_length=MOST_LINES)]
ProposalState = Literal["waiting", "accepted", "refused", "lapsed", "withdrawn"]
FIRE = ["FEUERWEHR", "BITTE WARTEN"]


class Bounded(Body):
    """What ends by itself. Its end is given in one of two ways."""

    expires_at: Moment | None = Field(default=None, description="on Lotse's clock", examples=[None])
    for_min: float | None = Field(default=None, gt=0, description="minutes from now on", examples=[60])

    @model_validator(mode="after")
    def _has_one_end(self) -> "Bounded":
        if (self.expires_at is None) == (self.for_min is None):
            message = "give exactly one of expires_at, for_min"
            raise ValueError(message)
        return self


class Lock(Bounded):
    """A sign locked to a message, or to nothing."""

    state: Literal["blank", "message"] = Field(description="blank: it shows nothing", examples=["message"])
    lines: Lines = Field(default=[], description="with the state message, and only then", examples=[FIRE])
    reason: Name = Field(min_length=1, description="for those who come after", examples=["fire brigade at work"])

    @model_validator(mode="after")
    def _lines_belong_to_a_message(self) -> "Lock":
        if (self.state == "message") != bool(self.lines):
            message = "lines are given with the state 'message', and only then"
            raise ValueError(message)
        return self


class LockView(View):
    """The lock of a sign, or the last that it had."""

    lock_id: int = Field(examples=[1])
    sign: str = Field(examples=["S9"])
    state: Literal["blank", "message"] = Field(examples=["message"])
    lines: list[str] = Field(description="as the sign writes them", examples=[FIRE])
    reason: str = Field(examples=["fire brigade at work"])
    author: str = Field(description="the key", examples=["4f2a9c01d7be"])
    locked_at: AwareDatetime = Field(description="on Lotse's clock", examples=["2026-11-23T07:43:28Z"])
    expires_at: AwareDatetime = Field(examples=["2026-11-23T08:43:28Z"])
    released_at: AwareDatetime | None = Field(description="before it expired; null: it was not")
    released_by: str | None = Field(description="the key")
    status: Literal["in_force", "expired", "released"] = Field(examples=["in_force"])
    suspended: str | None = Field(
        description="why the sign does not show it now, in the language asked for; null: it does, or it is over"
    )


class ProposalAnswer(Body):
    """What somebody says to a proposal."""

    reason: Name = Field(default="", examples=["seen on the camera"])


class ProposalView(View):
    """A change that Lotse wants of a sign in the mode `approval`."""

    proposal_id: str = Field(examples=["S3-1"])
    sign: str = Field(examples=["S3"])
    lines: list[str] = Field(description="what the sign would show", examples=[["LINDENBRÜCKE", "STAU", "FOLGE U3"]])
    explanation: str = Field(examples=["Marktplatz: Lindenbrücke is jammed (7 of 50 km/h; detectors AB-05); …"])
    made_at: AwareDatetime = Field(description="on Lotse's clock", examples=["2026-11-23T07:43:28Z"])
    expires_at: AwareDatetime = Field(description="it lapses then, unanswered", examples=["2026-11-23T07:58:28Z"])
    state: ProposalState = Field(
        description="withdrawn: Lotse does not want it any more, or an order stands before it", examples=["waiting"]
    )
    settled_at: AwareDatetime | None
    answered_by: str | None = Field(description="the key; null: nobody has answered")
    answered_at: AwareDatetime | None
    reason: str | None = Field(description="of the answer")


ProposalPage = Page[ProposalView]
