"""What signs were told, and what they say they show."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from lotse_gateway.models.base import NAME_PATTERN, Body, Page, View
from lotse_gateway.models.decisions import DisplayBody, State

ConfirmationState = Literal["confirmed", "unconfirmed", "faulty", "unknown"]
AckSource = Literal["centre", "stale", "expired", "local"]

SOURCE = (
    "why it shows that: `centre`, it was told so; `stale`, it reached `Lotse-Fresh-Until`; `expired`, it reached"
    " `valid_until`; `local`, somebody stands at it"
)
FAULTS = "of the sign itself, as its maker calls them; empty: none"
PLAN = "sha256:2370dc14c80a8dcfc7aceae069b1ad2b4e20be29efd49503da94e0816b469a62"
PLAN_OF_BLANK = "sha256:439d07f917bcf1b5e7b3f1bcef587bf1e85af48422ef58b170bb67997023b3cd"
"""Of the sign S2 of the demo town: the first that it is told."""
Fault = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NAME_PATTERN)]


class Ack(Body):
    """What a sign says it shows."""

    epoch: int = Field(ge=0, lt=2**31, description="of the display that it holds", examples=[1])
    seq: int = Field(ge=0, lt=2**63, description="of the same", examples=[1])
    plan: str = Field(max_length=100, pattern=NAME_PATTERN, description="of the same", examples=[PLAN_OF_BLANK])
    shown: State = Field(description="what drivers see", examples=["blank"])
    source: AckSource = Field(description=SOURCE, examples=["centre"])
    faults: list[Fault] = Field(max_length=16, description=FAULTS, examples=[[]])


class AckView(View):
    """What a sign said it shows. It said so once or more often, until the next one."""

    ack_id: int = Field(examples=[4])
    epoch: int = Field(examples=[1])
    seq: int = Field(examples=[2])
    plan: str = Field(examples=[PLAN])
    shown: State = Field(examples=["detour"])
    source: AckSource = Field(description=SOURCE, examples=["centre"])
    faults: list[str] = Field(description=FAULTS, examples=[[]])
    acknowledged_at: AwareDatetime = Field(
        description="wall time of the first time", examples=["2026-11-23T07:43:29.310527Z"]
    )


class Confirmation(View):
    """Whether a sign shows what it was told."""

    state: ConfirmationState = Field(
        description="unknown: it never acknowledged anything; faulty: it says that it is; unconfirmed: it did not"
        " acknowledge the newest display in time, shows something else, or has not been heard of for so long that it"
        " must have gone to its fallback; else confirmed, also for the moment that a new display takes",
        examples=["confirmed"],
    )
    since: AwareDatetime | None = Field(
        description="that is so; null: unknown", examples=["2026-11-23T07:43:29.310527Z"]
    )
    acknowledged_at: AwareDatetime | None = Field(
        description="when it was heard last, wall time; null: never", examples=["2026-11-23T07:43:29.310527Z"]
    )
    epoch: int | None = Field(description="of the display that it holds", examples=[1])
    seq: int | None = Field(description="of the same: below that of `display`, it has not taken that yet", examples=[2])
    shown: State | None = Field(description="what drivers see, as it says", examples=["detour"])
    faults: list[str] = Field(description=FAULTS, examples=[[]])


class DisplayView(View):
    """What a sign in service was told, and whether it shows that."""

    sign_id: str = Field(examples=["S2"])
    display: DisplayBody | None = Field(description="what it polls; null: nothing was decided yet")
    decided_at: AwareDatetime | None = Field(description="on Lotse's clock", examples=["2026-11-23T07:43:28.192616Z"])
    fresh_until: AwareDatetime | None = Field(
        description="wall time: from then on it is not served any more, and the sign goes to its fallback",
        examples=["2026-11-23T07:43:43.203Z"],
    )
    confirmation: Confirmation


DisplayPage = Page[DisplayView]
AckPage = Page[AckView]
