"""Dead letters: what was refused or quarantined, kept with its reason. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from lotse_ingest.messages import WHOLE, DecodeError, Received, Refusal
from lotse_ingest.privacy import find_personal, is_personal_identifier, mask, refuse_personal

Kind = Literal["rejected", "quarantined"]


class DeadLetter(msgspec.Struct, frozen=True, gc=False):
    """A message, or one element of an array, that is not stored as a reading.

    `digest` is the SHA-256 of the topic and the *whole* payload, so that a redelivered one is known again even where
    `payload` was cut: `payload_bytes` is the size of all of it. `is_reading` is False for watermarks: the ledger counts
    readings. `measured_at` and `seq` are those of the reading inside, where they could be read.
    """

    kind: Kind
    topic: str
    payload: bytes
    digest: bytes
    reason_code: str
    reason: str
    detector_id: str | None
    message: Received
    index: int
    is_reading: bool
    payload_bytes: int
    measured_at: datetime | None = None
    seq: int | None = None

    @property
    def received_at(self) -> datetime:
        """When its message was received."""
        return self.message.received_at


@dataclass(frozen=True, slots=True)
class Settled:
    """A dead letter that is one no longer.

    `becomes` is what it is counted as instead, in the account where it was counted; None if its readings are counted
    anew, each in its own account.
    """

    digest: bytes
    kind: Kind
    detector_id: str | None
    received_at: datetime
    times_received: int
    is_reading: bool
    becomes: Literal["duplicate"] | None = None


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What a dead letter needs to know: its message, which element of it, and how much of it may be kept."""

    message: Received
    kept_bytes: int
    index: int = WHOLE
    is_reading: bool = True


def digest_of(topic: str, payload: bytes) -> bytes:
    """Give the SHA-256 of topic and payload, with a byte between them that no topic holds."""
    return hashlib.sha256(topic.encode() + b"\0" + payload).digest()


class Cause(msgspec.Struct, frozen=True, gc=False):
    """Why something is a dead letter."""

    kind: Kind
    code: str
    reason: str
    detector_id: str | None
    measured_at: datetime | None = None
    seq: int | None = None


def dead_letter(cause: Cause, payload: bytes, envelope: Envelope) -> DeadLetter:
    """Make a dead letter; of a payload longer than `kept_bytes` only the beginning is kept, and the reason says so.

    What looks personal is withheld: nothing is kept but digest, size and the name of the field.
    """
    kept, reason = payload[: envelope.kept_bytes], cause.reason
    if cause.code == Refusal.PRIVACY:
        return _withheld(cause.reason, cause.detector_id, payload, envelope)
    if (field := find_personal(envelope.message.topic, kept)) is not None:
        return _withheld(str(refuse_personal(field)), cause.detector_id, payload, envelope)
    if len(kept) < len(payload):
        reason += f" (the first {len(kept)} of {len(payload)} bytes were kept)"
    return DeadLetter(
        cause.kind,
        _storable(envelope.message.topic),
        kept,
        digest_of(envelope.message.topic, payload),
        cause.code,
        _storable(reason),
        cause.detector_id,
        envelope.message,
        envelope.index,
        envelope.is_reading,
        len(payload),
        cause.measured_at,
        cause.seq,
    )


def _withheld(reason: str, detector_id: str | None, payload: bytes, envelope: Envelope) -> DeadLetter:
    topic = envelope.message.topic
    is_told = detector_id is not None and not is_personal_identifier(detector_id)
    return DeadLetter(
        "rejected",
        _storable(mask(topic)),
        b"",
        digest_of(topic, payload),
        Refusal.PRIVACY,
        _storable(reason),
        detector_id if is_told else None,
        envelope.message,
        envelope.index,
        envelope.is_reading,
        len(payload),
    )


def rejected(error: DecodeError, payload: bytes, envelope: Envelope) -> DeadLetter:
    """Make the dead letter of something that could not be decoded."""
    return dead_letter(Cause("rejected", error.code, str(error), error.detector_id, seq=error.seq), payload, envelope)


def _storable(text: str) -> str:
    """Replace what PostgreSQL's text cannot hold: NUL, and halves of characters (JSON may write them as escapes)."""
    if text.isascii() and "\0" not in text:  # nearly all
        return text
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
