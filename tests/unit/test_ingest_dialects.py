"""Which dialect a topic is in, what is subscribed to, and how personal fields end."""

import json
from typing import Any

import pytest
from factories_ingest import NOON, as_json, make_body, make_message, make_reading

from lotse_ingest.dead_letters import Cause, DeadLetter, Envelope, dead_letter, digest_of
from lotse_ingest.decode import Dialects, find_clash
from lotse_ingest.decode.filters import find_fault, meet
from lotse_ingest.messages import DecodeError, Refusal, RefusedElement
from lotse_ingest.settings import IngestSettings
from lotse_shared.reading import Reading
from lotse_shared.settings import SettingsError

FIWARE = {"filter": "fiware/+/flow", "dialect": "fiware"}
LINES = {
    "filter": "lines/#",
    "dialect": "delimited",
    "columns": ["id", "t", "n"],
    "fields": {"detector_id": "id", "vehicle_count": "n"},
    "time": {"columns": ["t"], "marks": "end"},
    "interval_s": 60,
}
READINGS = "lotse/v1/readings/KL-17"
NATIVE = Dialects((), max_payload_bytes=10_000)


def settings(monkeypatch: pytest.MonkeyPatch, *dialects: dict[str, Any], **others: Any) -> IngestSettings:
    monkeypatch.setenv("LOTSE_INGEST_DIALECTS", json.dumps(dialects))
    return IngestSettings(**others)


def test_dialects_come_from_one_setting_and_each_topic_finds_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    dialects = Dialects(settings(monkeypatch, FIWARE, LINES).dialects, max_payload_bytes=1_000)
    [line] = dialects.decode("lines/a/b", b"KL-17;2026-11-23T12:00:00Z;12")
    [native] = dialects.decode(READINGS, as_json(make_body(measured_at=NOON.isoformat())))
    entity = {"id": "KL-17", "type": "TrafficFlowObserved", "dateObserved": "2026-11-23T11:59Z/2026-11-23T12:00Z"}
    [fiware] = dialects.decode("fiware/KL-17/flow", as_json(entity))
    found = [each.measured_at for each in (line, native, fiware) if isinstance(each, Reading)]
    assert found == [NOON] * 3
    with pytest.raises(DecodeError) as raised:
        dialects.decode("elsewhere", b"")
    assert (raised.value.code, raised.value.allowed) == (Refusal.TOPIC, "lotse/v1/# or fiware/+/flow or lines/#")
    with pytest.raises(DecodeError, match="at most 1000 bytes"):
        dialects.decode("lines/a", b" " * 1_001)


def test_every_filter_is_subscribed_to_and_shared_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, FIWARE).subscriptions == ["lotse/v1/#", "fiware/+/flow"]
    shared = settings(monkeypatch, FIWARE, share_group="ingest").subscriptions
    assert shared == ["$share/ingest/lotse/v1/#", "$share/ingest/fiware/+/flow"]


@pytest.mark.parametrize(
    ("dialects", "told"),
    [
        ([FIWARE | {"dialect": "swarco"}], r"^LOTSE_INGEST_DIALECTS: 0: .*'swarco'.*'fiware', 'delimited'"),
        ([FIWARE | {"filter": "a/b#"}], r"^LOTSE_INGEST_DIALECTS: 0\.fiware\.filter: .*whole levels"),
        ([LINES | {"colums": []}], r"^LOTSE_INGEST_DIALECTS: 0\.delimited\.colums: Extra inputs"),
        ([FIWARE, LINES | {"filter": "fiware/#"}], r"fiware/\+/flow and fiware/# have topics in common"),
        ([FIWARE, FIWARE], r"fiware/\+/flow and fiware/\+/flow have topics in common"),
        ([FIWARE | {"filter": "+/v1/#"}], r"lotse/v1/# and \+/v1/# have topics in common"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start_in_one_line(
    monkeypatch: pytest.MonkeyPatch, dialects: list[dict[str, Any]], told: str
) -> None:
    with pytest.raises(SettingsError, match=told) as raised:
        settings(monkeypatch, *dialects)
    assert "\n" not in str(raised.value)


def test_a_setting_that_is_no_json_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSE_INGEST_DIALECTS", "[{")
    with pytest.raises(SettingsError, match=r'^LOTSE_INGEST_\*: error parsing value for field "dialects".*: Expecting'):
        IngestSettings()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a/b", "a/b", True),
        ("a/+", "a/b", True),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("#", "a/b", True),
        ("a/+/c", "a/b/+", True),
        ("+/b/#", "a/+/c", True),
        ("a/b", "a/c", False),
        ("a/+", "a/b/c", False),
        ("a/+", "a", False),
        ("a/+/c", "a/b/d", False),
    ],
)
def test_filters_meet_where_some_topic_matches_both(one: str, other: str, *, expected: bool) -> None:
    assert meet(one, other) == meet(other, one) == expected
    assert (find_clash(["x/y/z/0", one, other]) is not None) == expected


@pytest.mark.parametrize("topic_filter", ["#", "+", "a/+/b", "a/#", "/a", "a//b", "ä/+"])
def test_filters_that_mqtt_allows_are_allowed(topic_filter: str) -> None:
    assert find_fault(topic_filter) is None


@pytest.mark.parametrize(
    "topic_filter", ["", "a+", "a/b#", "#/a", "a/#/b", "$share/g/a", "$SYS/#", "a\0", "a" * 65_536]
)
def test_filters_that_mqtt_does_not_allow_are_refused(topic_filter: str) -> None:
    assert find_fault(topic_filter)


def test_unknown_fields_are_ignored_unless_they_look_personal() -> None:
    body = make_body(measured_at=NOON.isoformat())
    assert NATIVE.decode(READINGS, as_json(body | {"firmware": "2.1", "station": "AB-05"})) == [make_reading()]
    for unknown, field in (({"plate": 1}, "plate"), ({"x": {"seen": ["KL-AB 123"]}}, "seen")):
        with pytest.raises(DecodeError) as raised:
            NATIVE.decode(READINGS, as_json(body | unknown))
        assert (raised.value.code, raised.value.field) == (Refusal.PRIVACY, field)
        assert raised.value.detector_id == "KL-17"
        assert "KL-AB" not in str(raised.value)


def test_a_personal_element_of_an_array_harms_no_neighbour() -> None:
    body = make_body(measured_at=NOON.isoformat())
    good, refused = NATIVE.decode(
        "lotse/v1/batches/s", as_json([body | {"hw": 2}, body | {"mac": "00:1a:2b:3c:4d:5e"}])
    )
    assert good == make_reading()
    assert isinstance(refused, RefusedElement)
    assert refused.error.code == Refusal.PRIVACY


def test_the_name_of_a_personal_field_is_not_told_if_it_could_be_a_value() -> None:
    for payload in (b'{"plate KLAB123":1}', b'{"KLAB123":"KL-AB 123"}'):
        assert letter(payload).reason.startswith("(a value): ")


def letter(payload: bytes, topic: str = READINGS, reason: str = "x", detector_id: str | None = "KL-17") -> DeadLetter:
    envelope = Envelope(make_message(payload, topic), 100)
    return dead_letter(Cause("quarantined", "R9", reason, detector_id), payload, envelope)


def test_a_dead_letter_with_a_personal_field_keeps_its_digest_and_the_name_of_the_field_only() -> None:
    payload = b'{"seen":"KL-AB 123"}'
    withheld = letter(payload, reason="seen: KL-AB 123 is no number")
    assert (withheld.kind, withheld.reason_code, withheld.payload) == ("rejected", "privacy", b"")
    assert (withheld.digest, withheld.detector_id) == (digest_of(READINGS, payload), "KL-17")
    assert withheld.reason.startswith("seen: looks like a number plate or a MAC address")
    assert "KL-AB" not in withheld.reason


def test_a_personal_topic_or_detector_is_not_kept_either() -> None:
    mac = "aa:bb:cc:dd:ee:ff"
    withheld = letter(b"{}", f"lotse/v1/readings/{mac}", f"no, {mac}", mac)
    assert (withheld.topic, withheld.detector_id) == ("lotse/v1/readings/(withheld)", None)
    assert withheld.reason.startswith("topic: ")
    assert mac not in withheld.reason


def test_other_dead_letters_are_kept_as_they_were() -> None:
    kept = letter(b'{"detector_id":"KL-17"', reason="payload: cut")
    assert (kept.kind, kept.reason_code, kept.payload) == ("quarantined", "R9", b'{"detector_id":"KL-17"')
    assert (kept.reason, kept.topic, kept.detector_id) == ("payload: cut", READINGS, "KL-17")


def test_of_a_long_payload_only_what_is_kept_is_screened() -> None:
    kept = letter(b"x" * 100 + b'"plate":1')
    assert (kept.reason_code, kept.payload) == ("R9", b"x" * 100)
