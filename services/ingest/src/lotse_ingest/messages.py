"""What came in: a message as received, who waits for it, and what a decoder finds inside it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

import msgspec

from lotse_shared.reading import Reading

Outcome = Literal["stored", "duplicate", "quarantined", "rejected"]
"""What becomes of a reading."""

WHOLE = -1
"""Index of what is a message as a whole."""


class Received(msgspec.Struct, frozen=True, gc=False):
    """A message as received, and who waits for its acknowledgement.

    `packet_id` is the origin's own name for it; 0 if nobody waits (QoS 0).
    """

    topic: str
    payload: bytes
    received_at: datetime
    origin: "Origin"
    packet_id: int = 0


class Fate(msgspec.Struct, frozen=True, gc=False):
    """What became of one element of a message (`index`, `WHOLE` for a message refused as a whole), once committed.

    `code` and `reason` say why it is not stored.
    """

    message: Received
    index: int
    outcome: Outcome
    code: str | None = None
    reason: str | None = None


class Origin(Protocol):
    """Where messages come from: one connection to a broker, or one request over HTTP."""

    def acknowledge(self, messages: Sequence[Received], fates: Callable[[], Iterable[Fate]]) -> None:
        """Take note that messages of this origin are committed; `fates` tells what became of all in their batch."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """The publisher's word that all readings with `measured_at <= covers_until` were published before (data time)."""

    covers_until: datetime


class Refusal(StrEnum):
    """Why something could not be decoded: stable codes, for counting and filtering."""

    SIZE = "size"
    """The payload is too large."""
    TOPIC = "topic"
    """No decoder for this topic, or its last level is not an identifier."""
    ENCODING = "encoding"
    """Not UTF-8."""
    JSON = "json"
    """Not JSON, or nested too deep."""
    SHAPE = "shape"
    """JSON, but not an object or array where one is expected."""
    ELEMENTS = "elements"
    """An array without elements, or with too many."""
    VALUE = "value"
    """A field is missing, of another type, or out of bounds."""
    IDENTITY = "identity"
    """Topic and payload name different detectors."""
    PRIVACY = "privacy"
    """A field looks like a number plate or a MAC address; nothing but its name was kept."""


class DecodeError(ValueError):
    """A message, or one element of an array, is not what it should be: which field, what is wrong, what is allowed.

    Parameters
    ----------
    code
        The kind of fault.
    field
        The field that is wrong, or `payload` or `topic`.
    reason
        What is wrong with it.
    allowed
        What would have been right.
    detector_id
        The detector that it speaks of, where that could be read.

    Attributes
    ----------
    seq
        The publisher's own counter, where that could be read.
    """

    def __init__(self, code: Refusal, field: str, reason: str, allowed: str, detector_id: str | None = None) -> None:
        super().__init__(f"{field}: {reason}; allowed: {allowed}")
        self.code = code
        self.field = field
        self.reason = reason
        self.allowed = allowed
        self.detector_id = detector_id
        self.seq: int | None = None


class RefusedElement(msgspec.Struct, frozen=True):
    """A message, or an element of an array, that could not be decoded; its neighbours are not harmed.

    Of the error, only what it says is kept: its traceback would keep the frames of its decoder, thousands a batch.
    """

    error: DecodeError
    raw: bytes

    def __post_init__(self) -> None:
        self.error.__traceback__ = self.error.__context__ = None


Decoded = Reading | Watermark | RefusedElement
