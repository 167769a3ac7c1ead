"""What signs are told, and why. The examples are one moment of the demo: the lorry on the Lindenbrücke, at S2."""

from typing import Literal

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import Page, View
from lotse_shared.vehicle import VehicleClass

State = Literal["blank", "detour", "fallback"]

NORMAL_LINKS = ["L1-L2-0", "L2-L3-0", "L3-L4-0", "L4-A06-0", "A06-A07-0", "A07-P1-0"]
SHOWN_LINKS = ["L1-L2-0", "L2-T8-0", "T8-T2-0", "T2-M2-0", "M2-M3-0", "M3-M4-0", "M4-P5-0", "P5-P1-0"]
EXPLANATION = (
    "Marktplatz: Lindenbrücke is jammed (7 of 50 km/h; detectors AB-05; since 2026-11-23 07:43:28 UTC); by U3 it takes "
    "264 s instead of 420 s (181 s without traffic): gain 155 s (37 %), confidence 0.50."
)
WORDS = EXPLANATION.removeprefix("Marktplatz: ")


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


class CauseView(View):
    """What is wrong on the usual way."""

    kind: Literal["closed", "jam", "slow"] = Field(examples=["jam"])
    street: str = Field(description="empty: it has no name", examples=["Lindenbrücke"])
    since: AwareDatetime | None = Field(
        description="a roadwork's beginning; of slow traffic, when it was first told for this destination without a"
        " break",
        examples=["2026-11-23T07:43:28.192616Z"],
    )
    until: AwareDatetime | None = Field(description="a roadwork's end; null: open, or no roadwork")
    roadwork: str = Field(description="its name; empty: none", examples=[""])
    speed_kmh: float | None = Field(description="mean of the slow links; null: closed", examples=[7.4])
    free_flow_kmh: float | None = Field(examples=[50])
    detectors: list[str] = Field(description="that say so", examples=[["AB-05"]])
    confidence: float = Field(description="0..1; 1 for what somebody entered", examples=[0.5])


class ShortfallView(View):
    """A figure that is less than what is asked of it."""

    figure: Literal["gain_s", "seen_gain_s", "delay_s", "gain_pct", "total_gain_veh_min_h"] = Field(
        description="gain_pct: the least of the others, as a share of `normal_s`; total_gain_veh_min_h: what all those"
        " addressed gain together, in vehicle minutes an hour",
        examples=["gain_s"],
    )
    value: float = Field(examples=[32.4])
    needed: float = Field(examples=[45.0])


class UnheldView(View):
    """What would be shown if no message were held."""

    state: State
    rule: str = Field(description="by which it would be", examples=["no_delay"])
    via: str | None = Field(description="null: nothing would be shown")


class WhyView(View):
    """Why a sign says what it says of one destination: the rule that decided, and the figures that it read."""

    words: str = Field(description="the same in a sentence", examples=[WORDS])
    name: str = Field(description="of the destination", examples=["Marktplatz"])
    rule: str = Field(
        description="stable code: `gain`, `closure` (shown), `held` (shown, though it gains too little), `no_delay`,"
        " `too_little_gain`, `too_few`, `no_candidate`, `no_room` (blank), `no_route`, `not_in_network` (fallback)",
        examples=["gain"],
    )
    cause: CauseView | None = Field(description="null: nothing that is seen")
    is_measured: bool = Field(description="whether anybody sees the usual way now", examples=[True])
    confidence: float = Field(description="0..1", examples=[0.5])
    normal_s: float | None = Field(description="the usual way now; null: closed, or there is none", examples=[419.8])
    usual_s: float | None = Field(description="the usual way without traffic", examples=[180.6])
    delay_s: float | None = Field(description="what is seen to be lost on it", examples=[239.2])
    estimated_s: float = Field(description="the part of `normal_s` that is estimated delay", examples=[0.0])
    shown_s: float | None = Field(description="the detour shown; null: none is", examples=[264.4])
    candidate_s: float | None = Field(description="the best detour weighed, where none is shown")
    via: str | None = Field(description="that detour's corridor, else its street", examples=["U3"])
    gain_s: float | None = Field(description="negative where the detour is slower", examples=[155.4])
    gain_pct: float | None = Field(examples=[37.0])
    seen_gain_s: float | None = Field(description="the gain without estimates", examples=[155.4])
    min_gain_s: float = Field(description="the threshold that applied", examples=[45.0])
    min_gain_pct: float = Field(description="the other one", examples=[15.0])
    was_shown: bool = Field(description="the thresholds are those of a detour shown already", examples=[False])
    lacks: list[ShortfallView] = Field(description="figures that were less than what is asked of them", examples=[[]])
    held_until: AwareDatetime | None = Field(
        description="the message stays until then at least", examples=["2026-11-23T07:43:34.192616Z"]
    )
    without_hold: UnheldView | None = Field(
        description="what would be shown if no message were held; null: the same", examples=[None]
    )


class RelationView(View):
    """Whom a message addresses: who passes the disturbed links of a street, and then the link where it rejoins."""

    effect: Literal["closed", "slow"] = Field(examples=["slow"])
    street: str = Field(description="that is disturbed", examples=["Lindenbrücke"])
    links: list[str] = Field(description="that are disturbed", examples=[["L2-L3-0", "L3-L4-0"]])
    rejoins: str = Field(description="link where the shown way comes back to the usual one", examples=["A07-P1-0"])
    toward: str = Field(description="its street", examples=["Marktstraße"])
    vehicles_per_h: float = Field(description="that are addressed, as usual", examples=[240])


class DecisionDetour(View):
    """What a decision says of one destination, or of one relation of the usual traffic."""

    destination: str = Field(description="or whom the relation leads past what is disturbed", examples=["CENTRUM"])
    state: str = Field(examples=["detour"])
    normal: NormalRoute | None
    shown: ShownRoute | None
    gain_s: float | None = Field(examples=[155.4])
    confidence: float | None = Field(description="0..1", examples=[0.5])
    vehicles: list[VehicleClass] | None = Field(
        default=None,
        description="classes that the shown corridor is approved for: others may not be able to drive it; null: the "
        "way is no corridor's, and was found for cars (or the decision is of an earlier version)",
        examples=[["car"]],
    )
    relation: RelationView | None = Field(
        default=None, description="null: everybody to the destination is addressed", examples=[None]
    )
    why: WhyView | None = Field(default=None, description="null: the decision is of an earlier version")


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
    suspended: str | None = Field(description="orders that are not followed, and why, in the language asked for")
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
