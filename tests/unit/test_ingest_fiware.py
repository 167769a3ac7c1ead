"""FIWARE TrafficFlowObserved in all its wrappings."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from factories_ingest import as_json

from lotse_ingest.decode.bounds import MAX_ELEMENTS
from lotse_ingest.decode.fiware import Fiware, FiwareSettings
from lotse_ingest.messages import DecodeError, Refusal, RefusedElement
from lotse_shared.reading import Reading

TOPIC = "fiware/KL-17/flow"
ENTITY: dict[str, Any] = {
    "id": "TrafficFlowObserved-KL-17",
    "type": "TrafficFlowObserved",
    "dateObserved": "2026-11-23T07:05:00Z/2026-11-23T07:10:00Z",
    "intensity": 197,
    "occupancy": 0.76,
    "averageVehicleSpeed": 52.6,
}
READING = Reading("KL-17", datetime(2026, 11, 23, 7, 10, tzinfo=UTC), 300, 197, None, 52.6, 76)
URN = "urn:ngsi-ld:TrafficFlowObserved:"


def fiware(**settings: Any) -> Fiware:
    return Fiware(FiwareSettings(filter="fiware/+/flow", dialect="fiware", **settings))


def one(body: Any, **settings: Any) -> Reading:
    [reading] = fiware(**settings).decode(TOPIC, as_json(body))
    assert isinstance(reading, Reading), reading
    return reading


def fault(body: Any, **settings: Any) -> DecodeError:
    [refused] = fiware(**settings).decode(TOPIC, as_json(body))
    assert isinstance(refused, RefusedElement), refused
    assert refused.raw == as_json(body)
    return refused.error


def wrapped(entity: dict[str, Any], kind: str) -> dict[str, Any]:
    return {key: value if key in ("id", "type") else {"type": kind, "value": value} for key, value in entity.items()}


LD_TIMES = {
    "dateObserved": {"type": "Property", "value": {"@type": "DateTime", "@value": "2026-11-23T07:05:00"}},
    "dateObservedFrom": {"type": "Property", "value": {"@type": "DateTime", "@value": "2026-11-23T07:05:00Z"}},
    "dateObservedTo": {"type": "Property", "value": {"@type": "DateTime", "@value": "2026-11-23T07:10:00Z"}},
}
BY_NAME = {
    "NGSI-v2 key-values": ENTITY,
    "NGSI-v2 normalized": wrapped(ENTITY, "Number"),
    "NGSI-LD normalized": wrapped(ENTITY, "Property") | LD_TIMES | {"id": f"{URN}KL-17", "@context": ["https://x.y"]},
    "NGSI-LD concise": {k: v if k in ("id", "type") else {"value": v, "unitCode": "C62"} for k, v in ENTITY.items()},
    "NGSI-LD simplified": ENTITY | {"id": f"{URN}TrafficFlowObserved-KL-17", "@context": "https://x.y"},
}


@pytest.mark.parametrize("name", BY_NAME)
def test_every_representation_gives_the_same_reading(name: str) -> None:
    assert one(BY_NAME[name]) == READING


@pytest.mark.parametrize("entity", BY_NAME.values(), ids=list(BY_NAME))
def test_a_notification_is_opened_and_each_of_its_entities_is_a_message_of_its_own(entity: dict[str, Any]) -> None:
    notification = {
        "id": "urn:x",
        "type": "Notification",
        "subscriptionId": "5fd1f31e8b9b83697b855a5d",
        "data": [1, entity],
    }
    for envelope in (notification, {"metadata": {"Link": "x"}, "body": notification}, [1, entity]):
        payload = as_json(envelope)
        refused, reading = fiware().decode(TOPIC, payload)
        assert reading == READING
        assert isinstance(refused, RefusedElement)
        assert (refused.error.code, refused.raw) == (Refusal.SHAPE, b"1")
        assert fiware().decode(TOPIC, fiware().cut(TOPIC, payload, 1)) == [READING]


@pytest.mark.parametrize(
    ("changes", "start_and_end"),
    [
        ({"dateObserved": "2026-11-23T08:05:00+01:00/2026-11-23T08:10:00+01:00"}, ("07:05", "07:10")),
        ({"dateObserved": "2026-11-23T07:05/2026-11-23T07:10"}, ("07:05", "07:10")),  # the data model's times are UTC
        (
            {"dateObservedFrom": "2026-11-23T07:00:00Z", "dateObservedTo": "2026-11-23T07:15:00.000Z"},
            ("07:00", "07:15"),
        ),
        ({"dateObservedFrom": "2026-11-23T07:00:00Z"}, ("07:05", "07:10")),  # half of a pair tells nothing
    ],
)
def test_periods_are_read_from_either_attribute(changes: dict[str, Any], start_and_end: tuple[str, str]) -> None:
    reading = one(ENTITY | changes)
    start, end = (datetime.fromisoformat(f"2026-11-23T{text}+00:00") for text in start_and_end)
    assert (reading.measured_at, reading.interval_s) == (end, (end - start).total_seconds())
    assert reading.measured_at.tzinfo is UTC


def test_an_instant_needs_a_configured_interval_and_is_its_end_unless_told_otherwise() -> None:
    body = ENTITY | {"dateObserved": "2026-11-23T07:10:00Z"}
    assert "no interval_s is configured" in str(fault(body))
    assert one(body, interval_s=300) == READING
    assert one(body, interval_s=300, instant="start").measured_at == datetime(2026, 11, 23, 7, 15, tzinfo=UTC)


def test_a_flow_that_makes_no_finite_count_is_refused() -> None:
    day = {"dateObserved": "2026-11-23T00:00:00Z/2026-11-24T00:00:00Z", "intensity": 1e308}
    assert fault(ENTITY | day, intensity="vehicles_per_hour").field == "intensity"


def test_a_flow_becomes_a_count_where_configured() -> None:
    assert one(ENTITY | {"intensity": 1200}, intensity="vehicles_per_hour").vehicle_count == pytest.approx(100)


@pytest.mark.parametrize(
    ("changes", "detector_id"),
    [
        ({"id": f"{URN}KL-17"}, "KL-17"),
        ({"id": f"{URN}{URN}KL-17"}, f"{URN}KL-17"),
        ({"id": "TrafficFlowObserved:KL-17"}, "KL-17"),
        ({"id": "sensor.9"}, "sensor.9"),
        ({"laneId": 2}, "KL-17:lane2"),
        ({"laneId": 2.0, "reversedLane": True}, "KL-17:lane2:reversed"),
        ({"reversedLane": False}, "KL-17"),
    ],
)
def test_the_entity_id_and_its_lane_name_the_detector(changes: dict[str, Any], detector_id: str) -> None:
    assert one(ENTITY | changes).detector_id == detector_id
    assert one(wrapped(ENTITY | changes, "Property")).detector_id == detector_id
    assert one(ENTITY | changes, prefix="ac-").detector_id == f"ac-{detector_id}"


def test_values_may_be_absent() -> None:
    body = {key: ENTITY[key] for key in ("id", "type", "dateObserved")} | {
        "occupancy": None,
        "intensity": "urn:ngsi-ld:null",
    }
    reading = one(body)
    assert (reading.vehicle_count, reading.mean_speed_kmh, reading.occupancy_pct) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "TrafficFlowObserved-Straße 5"}, "id"),
        ({"id": "A" * 65}, "id"),
        ({"id": "A" * 60, "laneId": 1}, "id"),
        ({"id": "KL-17\n"}, "id"),
        ({"id": 17}, "id"),
        ({"id": URN}, "id"),
        ({"type": "RoadSegment"}, "type"),
        ({"type": ["RoadSegment", 1]}, "type"),
        ({"laneId": 0}, "laneId"),
        ({"laneId": 1.5}, "laneId"),
        ({"laneId": "links"}, "laneId"),
        ({"vehicleType": "lorry"}, "vehicleType"),
        ({"intensity": "197"}, "intensity"),
        ({"intensity": True}, "intensity"),
        ({"intensity": 10**400}, "intensity"),
        ({"occupancy": [0.5]}, "occupancy"),
        ({"averageVehicleSpeed": {"type": "Number", "value": {"a": 1}}}, "averageVehicleSpeed"),
        ({"dateObserved": None}, "dateObserved"),
        ({"dateObserved": "yesterday"}, "dateObserved"),
        ({"dateObserved": "2026-11-23T07:10:00Z/2026-11-23T07:05:00Z"}, "dateObserved"),
        ({"dateObserved": "2026-11-20T07:10:00Z/2026-11-23T07:05:00Z"}, "dateObserved"),
        ({"dateObserved": "0001-01-01T00:00:00+14:00/2026-11-23T07:05:00Z"}, "dateObserved"),
        ({"dateObserved": "2026-11-23T07:05:00Z/PT5M"}, "dateObserved"),
        ({"dateObservedFrom": 1, "dateObservedTo": 2}, "dateObservedFrom"),
    ],
)
def test_what_is_wrong_is_refused_with_field_and_reason(changes: dict[str, Any], field: str) -> None:
    error = fault(ENTITY | changes)
    assert (error.code, error.field) == (Refusal.VALUE, field)
    assert error.allowed
    assert error.detector_id in (None, "KL-17")


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", Refusal.JSON),
        (b"nonsense", Refusal.JSON),
        (b"7", Refusal.SHAPE),
        (b'{"data":{}}', Refusal.SHAPE),
        (b'{"data":[]}', Refusal.ELEMENTS),
        (b"[" + b"1," * MAX_ELEMENTS + b"1]", Refusal.ELEMENTS),
        (b'{"body":1}', Refusal.SHAPE),
        (b"[" * 20_000, Refusal.JSON),
        (b'{"a":' * 20_000, Refusal.JSON),
    ],
)
def test_what_holds_no_entities_is_refused_as_a_whole(payload: bytes, code: Refusal) -> None:
    with pytest.raises(DecodeError) as raised:
        fiware().decode(TOPIC, payload)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("attribute", "field"), [({"owner": "KL-AB 123"}, "owner"), ({"licensePlate": {"value": "x"}}, "licensePlate")]
)
def test_an_entity_with_personal_fields_is_refused_and_its_neighbours_are_not(
    attribute: dict[str, Any], field: str
) -> None:
    refused, reading = fiware().decode(TOPIC, as_json([ENTITY | attribute, ENTITY]))
    assert isinstance(refused, RefusedElement)
    assert (refused.error.code, refused.error.field) == (Refusal.PRIVACY, field)
    assert "KL-AB 123" not in str(refused.error)
    assert reading == READING


@pytest.mark.data
def test_the_examples_of_the_data_model_give_one_reading(shared_data: Path) -> None:
    files = sorted((shared_data / "sensor-message-examples").glob("fiware_TrafficFlowObserved*"))
    readings = [fiware().decode(TOPIC, path.read_bytes()) for path in files]
    end = datetime(2016, 12, 7, 11, 15, tzinfo=UTC)
    assert readings == [[Reading("Valladolid-osm-60821110:lane1", end, 300, 197, None, 52.6, 76)]] * 3


@pytest.mark.data
def test_other_entities_are_refused_by_their_type(shared_data: Path) -> None:
    for path in (shared_data / "sensor-message-examples").glob("fiware_R*"):
        assert fault(json.loads(path.read_bytes())).field == "type"
