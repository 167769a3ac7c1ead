"""What is refused as personal, and above all what is not."""

import gzip
import json
import re
from pathlib import Path

import pytest
from factories_ingest import as_json, make_body

from lotse_ingest.privacy import (
    UNNAMED,
    is_personal_identifier,
    is_personal_name,
    is_personal_value,
    mask,
    screen,
)

ROOT = Path(__file__).parents[2]
MACS = ["aa:bb:cc:dd:ee:ff", "AA-BB-CC-00-11-22", "aabb.ccdd.eeff", "00:1a:2B:3c:4D:5e"]
GERMAN_PLATES = ["KL-AB 123", "KL AB 1", "KL-AB123", "KL-AB-1234", "MÜ-X 1", "B-A 17H", "ABC-DE 1234E", "kl-ab 12"]
PLATES_ABROAD = ["AB-123-CD", "AB 123 CD", "AB12 CDE", "1234 BCD", "W-12345 A"]
HARMLESS = [
    *("KL-17", "AB-05", "KL-N-12", "TE001", "D1", "S2-R12-0", "A-B-1", "M3-M4-0", "U12", "187430", "station-1"),
    *("100101010000167", "LSA-12-FV3", "MQ_00123_FV1_G", "A6-N-12", "lane-1:reversed", "B37", "A 6", "HF_R", "T30"),
    *("Valladolid-osm-60821110:lane1", "urn:ngsi-ld:TrafficFlowObserved:KL-17", "Mo-Fr 16", "2026-11-23T07:10:00Z"),
    *("67655", "1.2.3-4", "fe80:00:11:22:33:44:55:66", "6f1c9a52-4f7e-41e7-8059-000c29173617", "24.10.16 08:37:29", ""),
]


@pytest.mark.parametrize("value", [*MACS, *GERMAN_PLATES, *PLATES_ABROAD])
def test_a_plate_or_mac_address_is_personal_as_a_value(value: str) -> None:
    assert is_personal_value(value)


@pytest.mark.parametrize("value", [*MACS, "KL-AB-123", "KL-AB1234", "kl-ab-123", "bt-aa:bb:cc:dd:ee:ff"])
def test_a_plate_or_mac_address_is_personal_as_an_identifier(value: str) -> None:
    assert is_personal_identifier(value)


@pytest.mark.parametrize("value", HARMLESS)
def test_ids_and_values_that_cities_use_are_not_personal(value: str) -> None:
    assert not is_personal_value(value)
    assert not is_personal_identifier(value)
    assert screen(as_json({"x": value})) is None
    assert mask(f"vendor/{value}") == f"vendor/{value}"


@pytest.mark.parametrize(
    "name",
    [
        *("plate", "licensePlate", "LICENSE_PLATE", "license plate", "kfz_kennzeichen", "Kfz-Kennzeichen", "plates"),
        *("mac", "deviceMac", "MACAddress", "mac_address", "bssid", "wifi.bssid", "BSSID", "imei"),
    ],
)
def test_names_of_fields_are_known_in_any_way_of_writing(name: str) -> None:
    assert is_personal_name(name)
    assert screen(as_json({"detector_id": "KL-17", name: 1})) == name
    assert screen(f"detector;{name}\nKL-17;1".encode()) == name


@pytest.mark.parametrize("name", ["macro", "template", "plateau", "machine", "vinyl", "stunde", "qualitaet", "lane"])
def test_names_that_only_sound_alike_are_not_personal(name: str) -> None:
    assert not is_personal_name(name)
    assert screen(as_json({name: 1})) is None


@pytest.mark.parametrize("value", [*MACS, *GERMAN_PLATES, *PLATES_ABROAD])
def test_a_screen_finds_the_field_of_a_personal_value(value: str) -> None:
    assert screen(as_json(make_body(note=value))) == "note"
    assert screen(json.dumps({"a": {"seen": [1, value]}}, ensure_ascii=False).encode()) == "seen"
    assert screen(f"KL-17;2026;{value};3".encode()) == UNNAMED


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (b'{"note":"seen KL-AB 123 at noon"}', "note"),  # as it is written, also within text
        (b'{"x":"\\u004bL-AB 12","y":1}', "x"),  # escaped
        (b'{"x":"KL-AB 12","x":1}', "x"),  # said twice: a parser would keep the last only
        (b'{"x":"KL-AB 12', "x"),  # cut
        (b'{"KL-AB 12":1}', UNNAMED),  # the name is personal itself, and not told
        (b'{"aa:bb:cc:dd:ee:ff":-71}', UNNAMED),
        ('{"plate":1}'.encode("utf-16"), "plate"),
        ('{"x":"MÜ-AB 12"}'.encode("latin-1"), "x"),
        (b"\xff\xfe aa:bb:cc:dd:ee:ff", UNNAMED),
        (b"plate=1", "plate"),
    ],
)
def test_neither_broken_nor_disguised_payloads_get_through(payload: bytes, field: str) -> None:
    assert screen(payload) == field


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"\0" * 9, b'{"os":"mac"}', b"Mo-Fr 16:00", b"MO-FR 16:00-18:00", b'{"t":"26-11-23 07-10"}', b"[" * 99],
)
def test_what_is_neither_passes(payload: bytes) -> None:
    assert screen(payload) is None


@pytest.mark.parametrize("pattern", [b"\t ", b"\n\t", b"; ", b" ", b"AB-", b"KL-AB 1", b'"a":', b"aa:", b"plate"])
def test_a_payload_of_one_pattern_over_and_over_keeps_nobody_waiting(pattern: bytes) -> None:
    """Were the time to grow with the square of the length, this would take hours."""
    for beginning in (b"", b"{"):
        screen(beginning + pattern * (256_000 // len(pattern)))


def test_a_topic_keeps_its_levels_but_the_personal_ones() -> None:
    assert mask("lotse/v1/readings/aa:bb:cc:dd:ee:ff") == "lotse/v1/readings/(withheld)"
    assert mask("cams/KL-AB 123/flow") == "cams/(withheld)/flow"


def test_every_id_in_the_repository_is_harmless() -> None:
    sources = [*ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/town/*.*"), *ROOT.glob("tests/factories_*.py")]
    ids = {found for path in sources for found in re.findall(r'"([A-Za-z]+[A-Za-z0-9_.:-]*[0-9])"', path.read_text())}
    assert len(ids) > 100
    assert [identifier for identifier in sorted(ids) if is_personal_identifier(identifier)] == []


@pytest.mark.data
def test_the_real_files_are_harmless(shared_data: Path) -> None:
    berlin = gzip.decompress((shared_data / "berlin-detectors-hourly" / "mq_hr_2024_01.csv.gz").read_bytes())
    files = [*shared_data.glob("sensor-message-examples/*.json*"), *shared_data.glob("moers-radar-events/*.txt")]
    payloads = [berlin, *(path.read_bytes() for path in files)]
    assert len(payloads) > 8
    assert [screen(payload) for payload in payloads] == [None] * len(payloads)
