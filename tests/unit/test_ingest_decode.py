"""Decoding the native dialect."""

from datetime import UTC, datetime

import pytest
from factories_ingest import NOON, as_json, make_body, make_reading

from lotse_ingest.decode import Dialects
from lotse_ingest.decode.filters import matches
from lotse_ingest.messages import Decoded, DecodeError, Refusal, RefusedElement, Watermark
from lotse_shared.reading import Reading

BODY = make_body(measured_at="2026-11-23T12:00:00Z")
READINGS = "lotse/v1/readings/KL-17"
BATCHES = "lotse/v1/batches/station-1"
WATERMARK = "lotse/v1/watermark"
NATIVE = Dialects((), max_payload_bytes=10_000)


def decoded(topic: str, payload: bytes) -> list[Decoded]:
    return list(NATIVE.decode(topic, payload))


def refusal(topic: str, payload: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as raised:
        decoded(topic, payload)
    return raised.value


def test_a_reading_is_decoded_and_its_bytes_are_the_payload() -> None:
    assert decoded(READINGS, as_json(BODY)) == [make_reading()]
    assert NATIVE.cut(READINGS, as_json(BODY), 0) == as_json(BODY)


def test_a_reading_alone_may_stand_where_an_array_may() -> None:
    assert decoded(BATCHES, b" \n" + as_json(BODY)) == [make_reading()]
    assert NATIVE.cut(BATCHES, as_json(BODY), 0) == as_json(BODY)
    assert refusal(BATCHES, as_json(BODY | {"interval_s": 0})).detector_id == "KL-17"


def test_every_element_of_an_array_can_be_decoded_by_itself() -> None:
    payload = b"[" + as_json(BODY) + b", " + as_json(BODY | {"seq": 7}) + b"]"
    elements = decoded(BATCHES, payload)
    assert elements == [decoded(BATCHES, NATIVE.cut(BATCHES, payload, index))[0] for index in range(2)]


@pytest.mark.parametrize(("seq", "told"), [(7, 7), (None, None), ("7", None), (-1, None)])
def test_a_refusal_tells_the_publishers_counter_where_it_can_be_read(seq: object, told: int | None) -> None:
    assert refusal(READINGS, as_json(BODY | {"interval_s": 0, "seq": seq})).seq == told


def test_values_may_be_left_out_and_unknown_fields_are_ignored() -> None:
    payload = b'{"detector_id":"KL-17","measured_at":"2026-11-23T12:00:00Z","interval_s":60,"firmware":[1]}'
    [element] = decoded(READINGS, payload)
    assert isinstance(element, Reading)
    nothing = dict.fromkeys(("vehicle_count", "heavy_count", "mean_speed_kmh", "occupancy_pct", "seq"))
    assert element == make_reading(**nothing)


def test_time_with_an_offset_becomes_utc() -> None:
    [element] = decoded(READINGS, as_json(BODY | {"measured_at": "2026-11-23T13:00:00+01:00"}))
    assert isinstance(element, Reading)
    assert element.measured_at == NOON
    assert element.measured_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"measured_at": "2026-11-23T12:00:00"}, "measured_at"),  # no offset
        ({"measured_at": "0001-01-01T00:00:00+14:00"}, "measured_at"),  # no moment in UTC
        ({"measured_at": "9999-12-31T23:59:59-12:00"}, "measured_at"),
        ({"measured_at": 1764000000}, "measured_at"),
        ({"detector_id": "KL 17"}, "detector_id"),
        ({"detector_id": "KL-17\n"}, "detector_id"),
        ({"detector_id": "K" * 65}, "detector_id"),
        ({"detector_id": None}, "detector_id"),
        ({"interval_s": 0}, "interval_s"),
        ({"interval_s": 86401}, "interval_s"),
        ({"vehicle_count": "12"}, "vehicle_count"),
        ({"mean_speed_kmh": True}, "mean_speed_kmh"),
        ({"occupancy_pct": [17.5]}, "occupancy_pct"),
        ({"seq": -1}, "seq"),
        ({"seq": 2**63}, "seq"),
        ({"seq": 1.5}, "seq"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(changes: dict[str, object], field: str) -> None:
    error = refusal(READINGS, as_json(BODY | changes))
    assert (error.code, error.field) == (Refusal.VALUE, field)
    assert error.allowed in str(error)


def test_numbers_that_are_not_finite_are_refused() -> None:
    assert refusal(READINGS, as_json(BODY).replace(b"43.2", b"1e999")).field == "mean_speed_kmh"
    assert refusal(READINGS, as_json(BODY).replace(b"43.2", b"NaN")).code == Refusal.JSON


def test_a_missing_field_is_named() -> None:
    error = refusal(READINGS, b'{"detector_id":"KL-17","interval_s":60}')
    assert (error.code, error.field, error.detector_id) == (Refusal.VALUE, "measured_at", "KL-17")


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", Refusal.JSON),
        (b"{", Refusal.JSON),
        (b"not json", Refusal.JSON),
        (b'{"x":' + b"[" * 9_000, Refusal.JSON),
        (b'{"detector_id":"\xff"}', Refusal.ENCODING),
        (b"[]", Refusal.SHAPE),
        (b"17", Refusal.SHAPE),
        (b" " * 10_001, Refusal.SIZE),
    ],
)
def test_what_is_no_reading_is_refused_with_its_reason(payload: bytes, code: Refusal) -> None:
    assert refusal(READINGS, payload).code == code


def test_topic_and_payload_must_name_the_same_detector() -> None:
    error = refusal("lotse/v1/readings/KL-18", as_json(BODY))
    assert (error.code, error.field) == (Refusal.IDENTITY, "detector_id")


@pytest.mark.parametrize("topic", ["lotse/v1/other", "lotse/v1/readings/a b", "lotse/v1/batches/ä", "elsewhere"])
def test_a_topic_without_a_decoder_is_refused(topic: str) -> None:
    assert refusal(topic, as_json(BODY)).code == Refusal.TOPIC


def test_a_bad_element_harms_only_itself_and_keeps_its_bytes() -> None:
    bad = BODY | {"detector_id": "KL-18", "interval_s": -1}
    payload = b"[" + as_json(BODY) + b" , " + as_json(bad) + b"," + b'"x"' + b"]"
    good, refused, nonsense = decoded(BATCHES, payload)
    assert good == make_reading()
    assert isinstance(refused, RefusedElement)
    assert isinstance(nonsense, RefusedElement)
    assert NATIVE.cut(BATCHES, payload, 0) == as_json(BODY)
    assert (refused.raw, refused.error.field, refused.error.detector_id) == (as_json(bad), "interval_s", "KL-18")
    assert (nonsense.raw, nonsense.error.code, nonsense.error.detector_id) == (b'"x"', Refusal.SHAPE, None)


@pytest.mark.parametrize("count", [0, 501])
def test_an_array_holds_1_to_500_elements(count: int) -> None:
    assert refusal(BATCHES, as_json([1] * count)).code == Refusal.ELEMENTS
    assert len(decoded(BATCHES, as_json([1] * 500))) == 500


def test_a_batch_is_readings_only() -> None:
    assert refusal(BATCHES, as_json("text")).code == Refusal.SHAPE


def test_a_watermark_is_a_moment() -> None:
    assert decoded(WATERMARK, b'{"covers_until":"2026-11-23T13:00:00+01:00"}') == [Watermark(NOON)]
    assert refusal(WATERMARK, b'{"covers_until":"2026-11-23T13:00:00"}').field == "covers_until"
    assert refusal(WATERMARK, b"{}").field == "covers_until"


@pytest.mark.parametrize(
    ("topic_filter", "topic", "expected"),
    [
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("a/#", "b", False),
        ("#", "a/b", True),
        ("a/+/c", "a/b/c", True),
        ("a/+/c", "a/b/d", False),
        ("a/+", "a/b/c", False),
        ("a/b", "a/b", True),
        ("a/b/#", "a", False),
    ],
)
def test_topic_filters_match_as_mqtt_says(topic_filter: str, topic: str, *, expected: bool) -> None:
    assert matches(topic_filter, topic) == expected


def test_the_first_moment_that_is_taken_is_1990() -> None:
    [element] = decoded(READINGS, as_json(BODY | {"measured_at": "1990-01-01T00:00:00Z"}))
    assert isinstance(element, Reading)
    assert element.measured_at == datetime(1990, 1, 1, tzinfo=UTC)
