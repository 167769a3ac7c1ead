"""What came in: a message as received, and what a decoder finds inside it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lotse_shared.reading import Reading


@dataclass(frozen=True, slots=True)
class Received:
    """A message as received, with what it takes to acknowledge it.

    `connection` counts connections: a packet id means nothing on another one. `packet_id` is 0 for QoS 0, which nobody
    waits for.
    """

    topic: str
    payload: bytes
    received_at: datetime
    connection: int = 0
    packet_id: int = 0


@dataclass(frozen=True, slots=True)
class DecodedReading:
    """A reading, and the bytes that it was decoded from."""

    reading: Reading
    raw: bytes


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
    """

    def __init__(self, code: Refusal, field: str, reason: str, allowed: str, detector_id: str | None = None) -> None:
        super().__init__(f"{field}: {reason}; allowed: {allowed}")
        self.code = code
        self.field = field
        self.reason = reason
        self.allowed = allowed
        self.detector_id = detector_id


@dataclass(frozen=True, slots=True)
class RefusedElement:
    """An element of an array that could not be decoded; its neighbours are not harmed."""

    error: DecodeError
    raw: bytes


Decoded = DecodedReading | Watermark | RefusedElement
