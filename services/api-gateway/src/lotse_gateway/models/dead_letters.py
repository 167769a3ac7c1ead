"""Dead letters: messages, and elements of arrays, that could not be used. The example is the one of docs/api.md."""

import hashlib
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from lotse_gateway.models.base import Body, Page, View
from lotse_shared.identifiers import Identifier
from lotse_shared.moment import Moment

TOPIC, PAYLOAD = "fiware/KL-18/flow", b'{"id":"KL-18","ty'
EXAMPLE_ID = hashlib.sha256(TOPIC.encode() + b"\0" + PAYLOAD).hexdigest()
RECEIVED_AT = "2026-11-24T07:10:01.524301Z"
REASON = "payload: Input data was truncated; allowed: JSON in UTF-8: an entity TrafficFlowObserved, …"
MOST_IDS = 1_000

Kind = Literal["rejected", "quarantined"]
ReasonCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,32}$")]
TopicFilter = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
DEAD_LETTER_ID = r"^[0-9a-f]{64}$"
DeadLetterId = Annotated[str, Field(pattern=DEAD_LETTER_ID)]


class DeadLetterView(View):
    """One message, or one element of an array, and why it could not be used."""

    id: str = Field(description="SHA-256 of topic and whole payload", examples=[EXAMPLE_ID])
    kind: Kind = Field(description="quarantined: decodable, but measured at a time that cannot be")
    topic: str = Field(examples=[TOPIC])
    reason_code: str = Field(examples=["json"])
    reason: str = Field(description="field, what is wrong with it, what is allowed", examples=[REASON])
    detector_id: str | None = Field(description="where it could be read")
    measured_at: AwareDatetime | None = Field(description="where it could be read")
    seq: int | None = Field(description="the publisher's own counter, where it could be read")
    received_at: AwareDatetime = Field(description="for the first time", examples=[RECEIVED_AT])
    times_received: int = Field(examples=[1])
    payload_bytes: int = Field(description="of all of it", examples=[len(PAYLOAD)])
    kept_bytes: int = Field(description="less: it was cut, or withheld for privacy", examples=[len(PAYLOAD)])
    preview: str = Field(description="the beginning of the payload as text", examples=[PAYLOAD.decode()])
    is_replayable: bool = Field(description="false: cut, withheld, or a watermark", examples=[True])
    replayed_at: AwareDatetime | None = Field(description="when it was last decoded again, in vain")


DeadLetterPage = Page[DeadLetterView]


class DeadLetterCount(View):
    """How many dead letters there are of one reason."""

    kind: Kind
    reason_code: str = Field(examples=["json"])
    letters: int = Field(examples=[1])
    times_received: int = Field(description="each again and again", examples=[1])
    kept_bytes: int = Field(description="of payloads", examples=[len(PAYLOAD)])
    first_received_at: AwareDatetime = Field(examples=[RECEIVED_AT])
    last_received_at: AwareDatetime = Field(examples=[RECEIVED_AT])


class DeadLetterSummary(View):
    """Dead letters by kind and reason, the most first."""

    items: list[DeadLetterCount]


class ReplayBody(Body):
    """Which dead letters are decoded again: those for which all of this holds; left out: any."""

    kind: Kind | None = None
    reason_code: ReasonCode | None = Field(default=None, examples=["json"])
    detector_id: Identifier | None = None
    topic: TopicFilter | None = Field(default=None, description="with + and # as in MQTT", examples=["fiware/#"])
    from_: Moment | None = Field(default=None, alias="from", description="received after this moment")
    to: Moment | None = Field(default=None, description="and up to this one")
    ids: list[DeadLetterId] | None = Field(default=None, min_length=1, max_length=MOST_IDS)
    dry_run: bool = Field(
        default=False, description="tell what would become of them, and change nothing", examples=[True]
    )
    limit: int = Field(default=1_000, ge=1, le=10_000, description="dead letters at most")
    cursor: str | None = Field(default=None, max_length=200, description="`next_cursor` of the answer before")
