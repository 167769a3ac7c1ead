"""What signs are told, and why."""

from typing import Literal

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import Page, View

State = Literal["blank", "detour", "fallback"]


class DisplayDestination(View):
    """What a sign says of one destination."""

    id: str = Field(examples=["CENTRUM"])
    arrow: str | None = Field(default=None, examples=["right"])
    via: str | None = Field(default=None, examples=["U12"])
    delay_min: int | None = Field(default=None, examples=[10])


class DisplayBody(View):
    """What a sign is to show. Composed once by routing; every gateway hands on the same bytes."""

    schema_: Literal[1] = Field(alias="schema", examples=[1])
    sign: str = Field(examples=["KL-07"])
    epoch: int = Field(description="higher after a backup was restored", examples=[3])
    seq: int = Field(description="rises when the body changes; ignore a lower (epoch, seq)", examples=[4812])
    plan: str = Field(examples=["sha256:9f2c41"])
    state: State = Field(examples=["detour"])
    ttl_s: float = Field(examples=[300])
    poll_s: float = Field(description="poll again after this, ± 20 %", examples=[30])
    hold_until: AwareDatetime | None = Field(examples=["2026-11-23T07:35:00Z"])
    valid_until: AwareDatetime | None = Field(examples=["2026-11-23T09:00:00Z"])
    priority: int = Field(examples=[8])
    source: str = Field(examples=["automatic"])
    lines: list[str] = Field(examples=[["LAUTERSTR.", "GESPERRT", "FOLGE U12"]])
    destinations: list[DisplayDestination]
    fallback: Literal["blank"] = Field(examples=["blank"])


class NormalRoute(View):
    """The usual way."""

    links: list[str] = Field(examples=[["J12-J13-0", "J13-J14-0"]])
    travel_time_s: float | None = Field(description="now; null: closed", examples=[412.0])


class ShownRoute(View):
    """The way the sign leads."""

    links: list[str] = Field(examples=[["J12-J20-0", "J20-J14-0"]])
    via: str | None = Field(default=None, description="corridor or street it is called by", examples=["U12"])
    travel_time_s: float | None = Field(examples=[287.0])


class DecisionDetour(View):
    """What a decision says of one destination."""

    destination: str = Field(examples=["CENTRUM"])
    state: str = Field(examples=["detour"])
    normal: NormalRoute | None
    shown: ShownRoute | None
    gain_s: float | None = Field(examples=[125.0])
    confidence: float | None = Field(description="0..1", examples=[0.8])


class DecisionView(View):
    """What a sign was told at a moment, and why."""

    decision_id: int = Field(examples=[90112])
    sign: str = Field(examples=["KL-07"])
    epoch: int = Field(examples=[3])
    seq: int = Field(examples=[4812])
    state: State = Field(examples=["detour"])
    lines: list[str] = Field(examples=[["LAUTERSTR.", "GESPERRT", "FOLGE U12"]])
    explanation: str = Field(examples=["Lauterstraße is closed (B1); via U12 287 s instead of no way through."])
    decided_at: AwareDatetime = Field(description="on Lotse's clock", examples=["2026-11-23T07:10:00.410Z"])
    sensed_at: AwareDatetime | None = Field(
        description="newest measured_at among the readings that were felt; null: none was",
        examples=["2026-11-23T07:10:00Z"],
    )
    network_version: str = Field(examples=["9f2c41…"])
    detours: list[DecisionDetour]


DecisionPage = Page[DecisionView]


class DetourView(DecisionDetour):
    """What a sign in service says of one destination now."""

    sign: str = Field(examples=["KL-07"])
    decision_id: int = Field(examples=[90112])
    decided_at: AwareDatetime = Field(
        description="on Lotse's clock: travel times, gain, confidence and explanation are those of this moment",
        examples=["2026-11-23T07:39:03.120Z"],
    )
    covers_until: AwareDatetime | None = Field(
        description="the decision still stood with the readings up to this moment",
        examples=["2026-11-23T07:39:05.195Z"],
    )
    explanation: str = Field(examples=["Lauterstraße is closed (B1); via U12 287 s instead of no way through."])


DetourPage = Page[DetourView]
