"""FIWARE TrafficFlowObserved, as entities and as notifications of a context broker.

NGSI-v2 (key-values and normalized) and NGSI-LD (normalized, concise, simplified) differ in how an attribute is wrapped;
all are unwrapped alike. A message is one entity, an array of entities, or a notification with its entities in
`data` (over MQTT, NGSI-LD puts that into `body`). Units and meanings are those of the Smart Data Model: `intensity`
counts the vehicles of the observation period, `occupancy` is a share from 0 to 1, times are UTC.
"""

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from pydantic import Field

from lotse_ingest.decode.bounds import MAX_ELEMENTS, check_count, in_utc, is_identifier
from lotse_ingest.decode.configured import Configured
from lotse_ingest.decode.local_time import ISO, TimeReader
from lotse_ingest.messages import Decoded, DecodeError, Refusal, RefusedElement
from lotse_ingest.privacy import refuse_personal, screen
from lotse_shared.reading import LONGEST_INTERVAL_S, Reading

ENTITY_TYPE = "TrafficFlowObserved"
URN = f"urn:ngsi-ld:{ENTITY_TYPE}:"
LARGEST_LANE = 99
NULL = "urn:ngsi-ld:null"
SECONDS_AN_HOUR = 3_600
_ID = f"1 to 64 of A-Z a-z 0-9 _ . : - after {URN}; rename the entity, or publish in the native dialect"
_PERIOD = "dateObservedFrom and dateObservedTo, or dateObserved as from/to in ISO 8601 (UTC unless it says otherwise)"

_T = TypeVar("_T")


class FiwareSettings(Configured):
    """Settings of the dialect `fiware`."""

    dialect: Literal["fiware"]
    intensity: Literal["vehicles", "vehicles_per_hour"] = Field(
        default="vehicles", description="the data model counts vehicles; some publishers send a flow"
    )
    interval_s: float | None = Field(
        default=None, gt=0, le=LONGEST_INTERVAL_S, description="for entities that tell an instant, not a period"
    )
    instant: Literal["start", "end"] = Field(default="end", description="which end of the interval an instant is")


class _Message(msgspec.Struct, gc=False, rename="camel"):
    """An entity, with the attributes that are read, or an envelope around entities."""

    id: Any = None
    type: Any = None
    date_observed: Any = None
    date_observed_from: Any = None
    date_observed_to: Any = None
    intensity: Any = None
    occupancy: Any = None
    average_vehicle_speed: Any = None
    lane_id: Any = None
    reversed_lane: Any = None
    vehicle_type: Any = None
    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_read_time = TimeReader(ISO, ZoneInfo("UTC")).read
_decode_message = msgspec.json.Decoder(_Message).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Fiware:
    """Decodes the messages of one configured topic filter."""

    def __init__(self, settings: FiwareSettings) -> None:
        self._settings = settings

    def decode(self, _topic: str, payload: bytes) -> Sequence[Decoded]:
        """Decode a message.

        Raises
        ------
        DecodeError
            The message is refused as a whole. A bad entity is returned in its place instead.
        """
        is_clean = screen(payload) is None
        return [self._try_entity(raw, is_clean=is_clean) for raw in _entities(payload)]

    def cut(self, _topic: str, payload: bytes, index: int) -> bytes:
        """Give the bytes of one entity of a message that was decoded before."""
        return _entities(payload)[index]

    def _try_entity(self, raw: bytes, *, is_clean: bool) -> Decoded:
        try:
            if not is_clean and (field := screen(raw)) is not None:
                raise refuse_personal(field)
            return self._entity(_guarded(_decode_message, raw))
        except DecodeError as error:
            return RefusedElement(error, raw)

    def _entity(self, entity: _Message) -> Reading:
        types = entity.type if isinstance(entity.type, list) else [entity.type]
        if ENTITY_TYPE not in types:
            raise DecodeError(Refusal.VALUE, "type", "another type of entity", ENTITY_TYPE)
        detector_id = self._detector_id(entity)
        try:
            return self._reading(detector_id, entity)
        except DecodeError as error:
            error.detector_id = detector_id
            raise

    def _detector_id(self, entity: _Message) -> str:
        """Give the entity's id without what all have in common: NGSI-v2 and NGSI-LD then name the same detector.

        A lane, and a lane reversed, are detectors of their own: the latter can be registered on the opposite link.
        """
        if not isinstance(entity.id, str):
            raise DecodeError(Refusal.VALUE, "id", "missing or no text", _ID)
        plain = entity.id.removeprefix(URN).removeprefix(f"{ENTITY_TYPE}-").removeprefix(f"{ENTITY_TYPE}:")
        lane = _number("laneId", entity.lane_id)
        if lane is not None and not (lane.is_integer() and 1 <= lane <= LARGEST_LANE):
            raise DecodeError(Refusal.VALUE, "laneId", "not a lane", f"an integer from 1 to {LARGEST_LANE}")
        detector_id = self._settings.prefix + plain
        detector_id += f":lane{lane:.0f}" if lane is not None else ""
        detector_id += ":reversed" if _unwrapped(entity.reversed_lane) is True else ""
        if not is_identifier(detector_id):
            raise DecodeError(Refusal.VALUE, "id", f"it makes no detector_id ({len(detector_id)} characters)", _ID)
        return detector_id

    def _reading(self, detector_id: str, entity: _Message) -> Reading:
        if _unwrapped(entity.vehicle_type) is not None:
            raise DecodeError(Refusal.VALUE, "vehicleType", "it counts one type only", "an entity of all vehicles")
        start, end = self._period(entity)
        interval_s = (end - start).total_seconds()
        if not 0 < interval_s <= LONGEST_INTERVAL_S:
            allowed = f"above 0 and up to {LONGEST_INTERVAL_S:.0f} s"
            raise DecodeError(Refusal.VALUE, "dateObserved", f"a period of {interval_s:.0f} s", allowed)
        count, occupancy = _number("intensity", entity.intensity), _number("occupancy", entity.occupancy)
        if count is not None and self._settings.intensity == "vehicles_per_hour":
            count = _number("intensity", count * interval_s / SECONDS_AN_HOUR)
        return Reading(
            detector_id,
            end,
            interval_s,
            vehicle_count=count,
            mean_speed_kmh=_number("averageVehicleSpeed", entity.average_vehicle_speed),
            occupancy_pct=None if occupancy is None else round(occupancy * 100, 9),
        )

    def _period(self, entity: _Message) -> tuple[datetime, datetime]:
        """Give start and end in UTC; the two attributes go before `dateObserved`, which cannot always hold both."""
        start, end = _unwrapped(entity.date_observed_from), _unwrapped(entity.date_observed_to)
        if start is not None and end is not None:
            return _moment("dateObservedFrom", start), _moment("dateObservedTo", end)
        observed = _unwrapped(entity.date_observed)
        if isinstance(observed, str) and "/" in observed:
            start, _, end = observed.partition("/")
            return _moment("dateObserved", start), _moment("dateObserved", end)
        instant = _moment("dateObserved", observed)
        if self._settings.interval_s is None:
            reason = "an instant, and no interval_s is configured for this dialect"
            raise DecodeError(Refusal.VALUE, "dateObserved", reason, _PERIOD)
        interval = timedelta(seconds=self._settings.interval_s)
        return (instant - interval, instant) if self._settings.instant == "end" else (instant, instant + interval)


def _entities(payload: bytes) -> list[bytes]:
    """Give the bytes of each entity of a message."""
    if payload.lstrip()[:1] == b"[":
        return _elements(payload)
    message = _guarded(_decode_message, payload)
    if isinstance(message.body, msgspec.Raw):
        message = _guarded(_decode_message, bytes(message.body))
    return _elements(bytes(message.data)) if isinstance(message.data, msgspec.Raw) else [payload]


def _elements(array: bytes) -> list[bytes]:
    elements = _guarded(_decode_array, array)
    check_count(len(elements), f"1 to {MAX_ELEMENTS} entities")
    return [bytes(element) for element in elements]


def _unwrapped(attribute: Any) -> Any:  # noqa: ANN401 - JSON
    """Give the value of an attribute, however it is wrapped: plain, {"value": ...}, {"value": {"@value": ...}}."""
    value = attribute.get("value", attribute) if isinstance(attribute, dict) else attribute
    value = value.get("@value", value) if isinstance(value, dict) else value
    return None if value == NULL else value


def _number(name: str, attribute: Any) -> float | None:  # noqa: ANN401 - JSON
    value = _unwrapped(attribute)
    if value is None:
        return None
    try:
        number = float(value) if type(value) in (int, float) else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise DecodeError(Refusal.VALUE, name, "not a finite number", "a finite number, or null if not reported")
    return number


def _moment(field: str, value: object) -> datetime:
    if not isinstance(value, str):
        raise DecodeError(Refusal.VALUE, field, "missing or no text", _PERIOD)
    return in_utc(field, _read_time(field, value).first)


def _guarded(decoder: Callable[[bytes], _T], payload: bytes) -> _T:
    """Decode; whatever goes wrong inside is told as DecodeError."""
    allowed = f"JSON in UTF-8: an entity {ENTITY_TYPE}, an array of them, or a notification with them in `data`"
    try:
        return decoder(payload)
    except msgspec.ValidationError:
        raise DecodeError(Refusal.SHAPE, "payload", "not an object where one is expected", allowed) from None
    except UnicodeDecodeError:
        raise DecodeError(Refusal.ENCODING, "payload", "not UTF-8", allowed) from None
    except msgspec.DecodeError as error:
        raise DecodeError(Refusal.JSON, "payload", str(error), allowed) from None
    except RecursionError:
        raise DecodeError(Refusal.JSON, "payload", "nested too deep", allowed) from None
