"""How detectors are, and alarms."""

from typing import Literal

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import Body, Name, Page, View

DetectorStatus = Literal["ok", "silent", "never_heard", "failed", "clock"]
AlarmState = Literal["open", "cleared", "all"]


class DetectorHealth(View):
    """How a registered detector is."""

    detector_id: str = Field(examples=["AB-05"])
    status: DetectorStatus = Field(
        description="the first that holds: failed by an operator (R10); never_heard since it was registered; "
        "silent (R8); clock: off, or what it sends always comes late",
        examples=["ok"],
    )
    last_received_at: AwareDatetime | None = Field(
        description="wall time, a few seconds late; null: never", examples=["2026-11-23T07:43:28.092104Z"]
    )
    last_measured_at: AwareDatetime | None = Field(
        description="of what was in time (R9); null: nothing ever was", examples=["2026-11-23T07:43:28.091Z"]
    )
    silent_since: AwareDatetime | None = Field(description="on Lotse's clock; null: it is not silent")
    skew_s: float | None = Field(
        description="its clock is ahead of ours by this; negative: behind, or what it sends always comes late; "
        "null: not known, as in data time",
        examples=[-0.001],
    )
    failed_at: AwareDatetime | None
    failed_reason: str | None


class Failure(Body):
    """Why an operator holds a detector to be failed."""

    reason: Name = Field(min_length=1, examples=["pit open, loop cut"])


class FailureView(View):
    """That an operator holds a detector to be failed."""

    detector_id: str = Field(examples=["AB-90"])
    reason: str = Field(examples=["pit open, loop cut"])
    failed_at: AwareDatetime = Field(description="on Lotse's clock", examples=["2026-11-23T07:43:28Z"])


class Alarm(View):
    """Something that a person should know. It clears itself when its cause is gone."""

    alarm_id: int = Field(examples=[1])
    kind: str = Field(
        description="silent_detector, silent_fleet: many at once; intake_away: a part of ingest does not listen; "
        "order-suspended: a lock or strategy that must not be shown now; unconfirmed_sign: it does not confirm what it "
        "is to show, unconfirmed_signs: many at once do not; faulty_sign: it says that it is",
        examples=["silent_detector"],
    )
    subject: str = Field(description="the detector or sign; empty: the whole", examples=["AB-05"])
    message: str = Field(examples=["silent: last heard at 2026-11-23T07:43:28Z"])
    raised_at: AwareDatetime = Field(description="on Lotse's clock", examples=["2026-11-23T07:43:43.5Z"])
    cleared_at: AwareDatetime | None = Field(description="on Lotse's clock; null: it is up")
    acknowledged_at: AwareDatetime | None = Field(description="wall time; null: by nobody yet")
    acknowledged_by: str | None = Field(description="the key")


DetectorHealthPage = Page[DetectorHealth]
AlarmPage = Page[Alarm]
