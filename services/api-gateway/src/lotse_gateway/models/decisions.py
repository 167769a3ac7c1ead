"""What signs are told, and why. The examples are one moment of the demo: the lorry on the Lindenbrücke, at S2."""

from typing import Literal

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import Page, View

State = Literal["blank", "detour", "fallback"]

NORMAL_LINKS = ["L1-L2-0", "L2-L3-0", "L3-L4-0", "L4-A06-0", "A06-A07-0", "A07-P1-0"]
SHOWN_LINKS = ["L1-L2-0", "L2-T8-0", "T8-T2-0", "T2-M2-0", "M2-M3-0", "M3-M4-0", "M4-P5-0", "P5-P1-0"]
EXPLANATION = (
    "Marktplatz: Lindenbrücke is jammed (7 of 50 km/h; detectors AB-05); by U3 it takes 264 s instead of 420 s "
    "(181 s without traffic): gain 155 s (37 %), confidence 0.50."
)


class DisplayDestination(View):
    """What a sign says of one destination."""

    id: str = Field(examples=["CENTRUM"])
    arrow: str | None = Field(default=None, examples=["left"])
    via: str | None = Field(default=None, examples=["U3"])
    delay_min: int | None = Field(default=None, examples=[0])


class DisplayBody(View):
    """What a sign is to show. Composed once by routing; every gateway hands on the same bytes."""

    schema_: Literal[1] = Field(alias="schema", examples=[1])
    sign: str = Field(examples=["S2"])
    epoch: int = Field(description="higher after a backup was restored", examples=[1])
    seq: int = Field(description="rises when the body changes; ignore a lower (epoch, seq)", examples=[2])
    plan: str = Field(examples=["sha256:2370dc14c80a8dcfc7aceae069b1ad2b4e20be29efd49503da94e0816b469a62"])
    state: State = Field(examples=["detour"])
    ttl_s: float = Field(examples=[15])
    poll_s: float = Field(description="poll again after this, ± 20 %", examples=[1])
    hold_until: AwareDatetime | None = Field(examples=["2026-11-23T07:43:34.192616Z"])
    valid_until: AwareDatetime | None
    priority: int = Field(examples=[6])
    source: str = Field(description="automatic, approval, strategy or manual: whose word it is", examples=["automatic"])
    lines: list[str] = Field(examples=[["LINDENBRÜCKE", "STAU", "FOLGE U3"]])
    destinations: list[DisplayDestination]
    fallback: Literal["blank"] = Field(examples=["blank"])


class NormalRoute(View):
    """The usual way."""

    links: list[str] = Field(examples=[NORMAL_LINKS])
    travel_time_s: float | None = Field(description="now; null: closed", examples=[419.8])


class ShownRoute(View):
    """The way the sign leads."""

    links: list[str] = Field(examples=[SHOWN_LINKS])
    via: str | None = Field(default=None, description="corridor or street it is called by", examples=["U3"])
    travel_time_s: float | None = Field(examples=[264.4])


class DecisionDetour(View):
    """What a decision says of one destination."""

    destination: str = Field(examples=["CENTRUM"])
    state: str = Field(examples=["detour"])
    normal: NormalRoute | None
    shown: ShownRoute | None
    gain_s: float | None = Field(examples=[155.4])
    confidence: float | None = Field(description="0..1", examples=[0.5])


Source = Literal["automatic", "approval", "strategy", "manual"]
SHOWS_DETOURS = "false: an order stands before what Lotse found, or it waits for approval: see `explanation`"


class DecisionView(View):
    """What a sign was told at a moment, and why."""

    decision_id: int = Field(examples=[8])
    sign: str = Field(examples=["S2"])
    epoch: int = Field(examples=[1])
    seq: int = Field(examples=[2])
    state: State = Field(examples=["detour"])
    lines: list[str] = Field(examples=[["LINDENBRÜCKE", "STAU", "FOLGE U3"]])
    explanation: str = Field(examples=[EXPLANATION])
    decided_at: AwareDatetime = Field(description="on Lotse's clock", examples=["2026-11-23T07:43:28.192616Z"])
    sensed_at: AwareDatetime | None = Field(
        description="newest measured_at among the readings that were felt; null: none was",
        examples=["2026-11-23T07:43:28.166Z"],
    )
    network_version: str = Field(examples=["2ab8302d…"])
    source: Source = Field(description="whose word the sign shows", examples=["automatic"])
    suspended: str | None = Field(description="an order that is not followed, and why")
    shows_detours: bool = Field(description=SHOWS_DETOURS, examples=[True])
    detours: list[DecisionDetour]


DecisionPage = Page[DecisionView]


class DetourView(DecisionDetour):
    """What a sign in service says of one destination now, or what Lotse found for it where it must not say so."""

    sign: str = Field(examples=["S2"])
    source: Source = Field(description="whose word the sign shows", examples=["automatic"])
    shows_detours: bool = Field(description=SHOWS_DETOURS, examples=[True])
    decision_id: int = Field(examples=[8])
    decided_at: AwareDatetime = Field(
        description="on Lotse's clock: travel times, gain, confidence and explanation are those of this moment",
        examples=["2026-11-23T07:43:28.192616Z"],
    )
    covers_until: AwareDatetime | None = Field(
        description="the decision still stood with the readings up to this moment",
        examples=["2026-11-23T07:43:30.201334Z"],
    )
    explanation: str = Field(examples=[EXPLANATION])


DetourPage = Page[DetourView]
