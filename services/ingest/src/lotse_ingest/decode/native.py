"""The native dialect: lotse/v1/readings/{detector_id}, lotse/v1/batches/{station_id}, lotse/v1/watermark.

One reading is a JSON object with the fields of `lotse_shared.reading.Reading`, a batch an array of up to 500 of them,
or one alone: every element of an array can be decoded by itself. Fields that are not known are ignored, so that a
publisher may be newer than we are; but they cost time, because they are screened for what is personal.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar

import msgspec

from lotse_ingest.decode.bounds import EARLIEST, LATEST, MAX_ELEMENTS, is_identifier
from lotse_ingest.messages import Decoded, DecodeError, Refusal, RefusedElement, Watermark
from lotse_ingest.privacy import refuse_personal, screen
from lotse_shared.identifiers import IDENTIFIER_PATTERN
from lotse_shared.reading import LONGEST_INTERVAL_S, Reading
from lotse_shared.topics import Topic, UnknownTopicError, parse_topic

_T = TypeVar("_T")
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Lenient(Reading, frozen=True, gc=False, forbid_unknown_fields=False):
    """A reading with fields that we do not know."""


class _Sender(msgspec.Struct, frozen=True, gc=False):
    """Who sent something that is no reading, and its number, whatever stands there."""

    detector_id: Any = None
    seq: Any = None


class _Watermark(msgspec.Struct, frozen=True, gc=False):
    covers_until: _Moment


_NUMBER = "a finite number, or null if not reported"
_MOMENT = f"a time with offset, like 2026-11-23T07:10:00Z, from {EARLIEST:%Y} to {LATEST:%Y}"
ALLOWED = {
    "detector_id": f"text matching {IDENTIFIER_PATTERN}, the same as in the topic",
    "station_id": f"text matching {IDENTIFIER_PATTERN}",
    "measured_at": _MOMENT,
    "interval_s": f"seconds, above 0 and up to {LONGEST_INTERVAL_S:.0f}",
    "vehicle_count": _NUMBER,
    "heavy_count": _NUMBER,
    "mean_speed_kmh": _NUMBER,
    "occupancy_pct": _NUMBER,
    "seq": "an integer from 0 to 2^63-1, or null",
    "covers_until": _MOMENT,
    "topic": UnknownTopicError.__doc__ or "",
    "payload": f"JSON in UTF-8: an object on readings, one or an array of 1 to {MAX_ELEMENTS} on batches",
}
"""What each field may hold, as told to whoever sent something else."""

_UNREADABLE = frozenset({Refusal.ENCODING, Refusal.JSON})
"""Nothing can be read of it, not even who sent it."""

_decode_reading = msgspec.json.Decoder(Reading).decode
_decode_leniently = msgspec.json.Decoder(_Lenient).decode
_decode_readings = msgspec.json.Decoder(list[Reading]).decode
_decode_sender = msgspec.json.Decoder(_Sender).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_watermark = msgspec.json.Decoder(_Watermark).decode
_field_in_message = re.compile(r"`\$\.(?P<at>\w+)`|required field `(?P<missing>\w+)`")


def decode_native(topic: str, payload: bytes) -> Sequence[Decoded]:
    """Decode a message of the native dialect.

    Raises
    ------
    DecodeError
        The message is refused as a whole. A bad element of an array is returned in its place instead.
    """
    parsed = _parse(topic)
    match parsed.kind:
        case "reading":
            return [_reading(payload, parsed.source_id)]
        case "batch":
            return _readings(payload)
        case "watermark":
            return [_watermark(payload)]


def cut_native(topic: str, payload: bytes, index: int) -> bytes:
    """Give the bytes of one element of a message that was decoded before."""
    if parse_topic(topic).kind != "batch" or _is_object(payload):
        return payload
    return bytes(_decode_array(payload)[index])


@lru_cache(maxsize=65_536)  # detectors publish on the same topics again and again
def _parse(topic: str) -> Topic:
    try:
        parsed = parse_topic(topic)
    except UnknownTopicError:
        raise _error(Refusal.TOPIC, "topic", "not a topic of this dialect") from None
    if parsed.kind != "watermark" and not is_identifier(parsed.source_id):
        field = "detector_id" if parsed.kind == "reading" else "station_id"
        raise _error(Refusal.TOPIC, field, "the last level of the topic is not an identifier")
    return parsed


def _readings(payload: bytes) -> Sequence[Decoded]:
    """Decode an array in one go; only if something in it is wrong, element by element, to harm no neighbour."""
    try:
        readings = _decode_readings(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        if _is_object(payload):
            return [_reading(payload, None)]
        return [_element(bytes(raw)) for raw in _elements(payload)]
    if not 0 < len(readings) <= MAX_ELEMENTS or not all(map(_is_in_bounds, readings)):
        return [_element(bytes(raw)) for raw in _elements(payload)]
    return [reading if reading.measured_at.tzinfo is UTC else _in_utc(reading) for reading in readings]


def _is_object(payload: bytes) -> bool:
    return payload.lstrip(b" \t\r\n").startswith(b"{")


def _elements(payload: bytes) -> list[msgspec.Raw]:
    elements = _guarded(_decode_array, payload)
    if not 0 < len(elements) <= MAX_ELEMENTS:
        raise _error(Refusal.ELEMENTS, "payload", f"an array of {len(elements)} elements")
    return elements


def _element(raw: bytes) -> Reading | RefusedElement:
    try:
        return _reading(raw, None)
    except DecodeError as error:
        return RefusedElement(error, raw)


def _reading(payload: bytes, detector_id: str | None) -> Reading:
    """Decode one reading; `detector_id` is what the topic says, if it does."""
    try:
        reading = _known_fields(payload)
        if not _is_in_bounds(reading):
            raise _out_of_bounds(reading.measured_at, field="measured_at")
    except DecodeError as error:
        if error.code not in _UNREADABLE:
            error.detector_id, error.seq = _find_sender(payload)
        raise
    if detector_id is not None and reading.detector_id != detector_id:
        raise _error(
            Refusal.IDENTITY, "detector_id", f"the payload says {reading.detector_id}, the topic {detector_id}"
        )
    return reading if reading.measured_at.tzinfo is UTC else _in_utc(reading)


def _known_fields(payload: bytes) -> Reading:
    """Decode a reading, strictly first; fields that are not known are ignored, unless they look personal."""
    try:
        return _decode_reading(payload)
    except msgspec.ValidationError as error:
        if "unknown field" not in str(error):  # then leniency would find the same
            raise _refusal(error) from None
        lenient = _guarded(_decode_leniently, payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refusal(error) from None
    if (field := screen(payload)) is not None:
        raise refuse_personal(field)
    return Reading(*msgspec.structs.astuple(lenient))


def _is_in_bounds(reading: Reading) -> bool:
    """Out of bounds it is no measurement, and some are no moment in UTC at all."""
    return EARLIEST <= reading.measured_at < LATEST


def _in_utc(reading: Reading) -> Reading:
    return msgspec.structs.replace(reading, measured_at=reading.measured_at.astimezone(UTC))


def _watermark(payload: bytes) -> Watermark:
    moment = _guarded(_decode_watermark, payload).covers_until
    if not EARLIEST <= moment < LATEST:
        raise _out_of_bounds(moment, field="covers_until")
    return Watermark(moment.astimezone(UTC))


def _out_of_bounds(moment: datetime, *, field: str) -> DecodeError:
    return _error(Refusal.VALUE, field, f"{moment.isoformat()} is out of bounds")


def _find_sender(payload: bytes) -> tuple[str | None, int | None]:
    """Give detector and number of what is no reading, as far as they can be read and may be."""
    try:
        found = _decode_sender(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None, None
    is_sender = isinstance(found.detector_id, str) and is_identifier(found.detector_id)
    is_number = type(found.seq) is int and 0 <= found.seq < 2**63
    return found.detector_id if is_sender else None, found.seq if is_number else None


def _guarded(decoder: Callable[[bytes], _T], payload: bytes) -> _T:
    """Decode; whatever goes wrong inside is told as DecodeError."""
    try:
        return decoder(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refusal(error) from None


def _refusal(error: Exception) -> DecodeError:
    """Tell as DecodeError what went wrong inside of msgspec."""
    match error:
        case msgspec.ValidationError():
            return _explain(str(error))
        case UnicodeDecodeError():
            return _error(Refusal.ENCODING, "payload", "not UTF-8")
        case RecursionError():
            return _error(Refusal.JSON, "payload", "nested too deep")
        case _:
            return _error(Refusal.JSON, "payload", str(error))


def _explain(message: str) -> DecodeError:
    """Turn msgspec's "what - at `$.field`" into a DecodeError."""
    found = _field_in_message.search(message)
    field = (found["at"] or found["missing"]) if found else "payload"
    code = Refusal.VALUE if found else Refusal.SHAPE
    return _error(code, field, message.split(" - at ", maxsplit=1)[0])


def _error(code: Refusal, field: str, reason: str) -> DecodeError:
    return DecodeError(code, field, reason, ALLOWED[field])
