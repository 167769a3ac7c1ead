"""What readers make of the traps of real feeds: each has a rule, and none stops the rest."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from factories_feeds import LINE, at_line, city_feature, collection, datex2_publication

from lotse_routing.feeds import elements, lines
from lotse_routing.feeds.city import read_city
from lotse_routing.feeds.datex2 import read_datex2
from lotse_routing.feeds.elements import UnreadableFeedError
from lotse_routing.feeds.found import FeedContent
from lotse_routing.feeds.wzdx import read_wzdx

BERLIN = ZoneInfo("Europe/Berlin")


def read(zone: ZoneInfo | None = None, **fields: Any) -> FeedContent:
    return read_city(collection(city_feature(**fields)), zone)


def test_a_citys_roadwork_is_read_by_its_own_names() -> None:
    content = read()
    (roadwork,) = content.found
    assert (roadwork.name, roadwork.road_names, roadwork.effect) == ("Kanalbau", ("Nordring",), "closed")
    assert roadwork.both_directions
    assert roadwork.lines == (((7.77, 49.44), (7.772, 49.441)),)
    assert roadwork.starts_at == datetime(2026, 3, 2, 6, tzinfo=UTC)
    assert content.complaints == ()


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"beginn": ""}, "F1", "start"),
        ({"beginn": "bald"}, "F1", "beginn"),
        ({"ende": "2026-03-01T16:00:00Z"}, "F3", "ende"),
        ({"beginn": "2026-03-02T06:00:00"}, "F5", "beginn"),
        ({"kind": "Polygon"}, "F10", "geometry.type"),
        ({"coordinates": [[49.44, 97.77], [1, 2]]}, "F1", "geometry.coordinates"),
        ({"coordinates": [[7.77, 49.44], [7.77, 49.44]]}, "F1", "geometry.coordinates"),
        ({"coordinates": [[7.77, None], [7.77, 49.44]]}, "F1", "geometry.coordinates"),
        ({"coordinates": []}, "F1", "geometry.coordinates"),
    ],
)
def test_what_cannot_be_used_is_left_out_with_code_and_field_and_the_rest_is_read(
    fields: dict[str, Any], code: str, field: str
) -> None:
    content = read_city(collection(city_feature("bad", **fields), city_feature("good")))
    assert [roadwork.source_id for roadwork in content.found] == ["good"]
    (said,) = content.complaints
    assert (said.source_id, said.code, said.field, said.is_left_out) == ("bad", code, field, True)
    assert said.reason
    assert said.allowed


@pytest.mark.parametrize(
    ("fields", "code", "is_doubt"),
    [
        ({"ende": ""}, "F2", False),
        ({"ende": "9999-12-31T23:59:59Z"}, "F2", False),
        ({"ende": "2026-03-02T06:00:00Z"}, "F4", True),
        ({"kind": "Point", "coordinates": LINE[0]}, "F6", True),
        ({"kind": "MultiPoint"}, "F6", True),
        ({"richtung": "Einseitig"}, "F7", True),
        ({"richtung": ""}, "F7", True),
    ],
)
def test_what_can_be_read_in_one_way_only_is_kept_and_told(fields: dict[str, Any], code: str, is_doubt: bool) -> None:  # noqa: FBT001
    content = read(**fields)
    (roadwork,) = content.found
    assert [(said.code, said.is_left_out) for said in content.complaints] == [(code, False)]
    assert roadwork.doubts == ((code,) if is_doubt else ())
    assert roadwork.ends_at is None or code not in ("F2", "F4")
    assert roadwork.both_directions == (fields.get("richtung") != "Einseitig")


@pytest.mark.parametrize(
    ("text", "hour_utc"),
    [("2026-10-25T02:30:00", 0), ("2026-10-25T03:30:00", 2), ("2026-03-29T02:30:00", 0), ("2026-07-01T12:00", 10)],
)
def test_local_time_is_read_in_the_zone_given_and_the_clock_change_makes_windows_longer(
    text: str, hour_utc: int
) -> None:
    (roadwork,) = read(BERLIN, beginn=text, ende="").found
    assert roadwork.starts_at.hour == hour_utc


def test_the_hour_that_comes_twice_ends_with_its_second_pass() -> None:
    (roadwork,) = read(BERLIN, ende="2026-10-25T02:30:00").found
    assert roadwork.ends_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_german_days_are_read_and_the_last_one_is_included() -> None:
    (roadwork,) = read(BERLIN, beginn="2.3.2026", ende="20.03.2026").found
    assert roadwork.starts_at == datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert roadwork.ends_at == datetime(2026, 3, 20, 23, tzinfo=UTC)


def test_an_id_that_stands_twice_is_read_once() -> None:
    content = read_city(collection(city_feature("a", name="first"), city_feature("a", name="second")))
    assert [roadwork.name for roadwork in content.found] == ["first"]
    assert [said.code for said in content.complaints] == ["F11"]


def test_a_feature_without_id_is_named_by_its_place() -> None:
    assert [r.source_id for r in read_city(collection(city_feature(None))).found] == ["features[0]"]


@pytest.mark.parametrize(
    ("art", "effect"), [("halbseitige Sperrung", "lanes"), ("Vollsperrung", "closed"), ("Tempo", "speed")]
)
def test_words_for_effects_are_understood(art: str, effect: str) -> None:
    (roadwork,) = read(art=art, tempo="30 km/h").found
    assert (roadwork.effect, roadwork.speed_kmh) == (effect, 30)


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = collection(city_feature("a"), city_feature("b", coordinates=[*LINE, LINE[0]]))
    monkeypatch.setattr(lines, "MAX_POINTS", 2)
    assert [said.code for said in read_city(feed).complaints] == ["F9"]
    monkeypatch.setattr(elements, "MAX_ELEMENTS", 1)
    assert [(said.source_id, said.code) for said in read_city(feed).complaints] == [("", "F9")]
    monkeypatch.setattr(elements, "MAX_BYTES", 10)
    with pytest.raises(UnreadableFeedError, match="allowed are 10"):
        read_city(feed)


@pytest.mark.parametrize("content", [b"", b"<xml/>", b"[1]", b"\xff", b'{"features": 3}', b"[" * 100_000])
@pytest.mark.parametrize("reader", [read_city, read_wzdx])
def test_what_is_no_feed_is_refused_as_a_whole(content: bytes, reader: Any) -> None:
    with pytest.raises(UnreadableFeedError):
        reader(content)


def test_json_of_no_known_format_is_refused_and_not_taken_for_an_empty_publication() -> None:
    with pytest.raises(UnreadableFeedError, match="is no DATEX II: it has no member situation or"):
        read_datex2(b'{"roadworks": [{"identifier": "A1"}]}')
    assert read_datex2(b'{"payload": {"situationSituationPublication": {"lang": "de"}}}').found == ()


def test_features_that_are_none_are_left_out_by_place() -> None:
    content = read_wzdx(b'{"features": [3, null, {"properties": {"core_details": {"event_type": "work-zone"}}}]}')
    assert [(said.source_id, said.code) for said in content.complaints] == [
        ("features[0]", "F1"),
        ("features[1]", "F1"),
        ("features[2]", "F1"),
    ]


@pytest.mark.parametrize("prefix", ["situation", "sit"])
def test_datex2_roadworks_are_read_whatever_their_prefix(prefix: str) -> None:
    impact = {"trafficConstrictionType": {"value": "carriagewayBlocked"}}
    content = read_datex2(datex2_publication(f"{prefix}MaintenanceWorks", impact=impact))
    (roadwork,) = content.found
    assert (roadwork.source_id, roadwork.effect, roadwork.ends_at) == ("r1", "closed", None)
    assert roadwork.lines == (((7.77, 49.44), (7.772, 49.441)),)
    assert [said.code for said in content.complaints] == ["F2"]


def test_a_suspended_datex2_record_is_left_out() -> None:
    times = {"overallStartTime": "2026-11-23T08:00:00Z"}
    validity = {"validityStatus": "suspended", "validityTimeSpecification": times}
    content = read_datex2(datex2_publication("situationMaintenanceWorks", validity=validity))
    assert (content.found, [said.code for said in content.complaints]) == ((), ["F13"])


def test_a_datex2_point_without_direction_is_in_doubt() -> None:
    point = {"pointByCoordinates": {"pointCoordinates": {"latitude": 49.44, "longitude": 7.77}}}
    feed = datex2_publication(
        "situationMaintenanceWorks", locationReference={"locationReferencingPointLocation": point}
    )
    (roadwork,) = read_datex2(feed).found
    assert (roadwork.lines, roadwork.both_directions, roadwork.doubts) == ((((7.77, 49.44),),), True, ("F6", "F7"))


@pytest.mark.parametrize(
    ("location", "code"),
    [({"alertCPoint": [{"specificLocation": 1234}]}, "F10"), (at_line("49.44 7.77 49"), "F1"), (at_line("x y"), "F1")],
)
def test_a_datex2_place_that_is_not_in_coordinates_is_left_out(location: dict[str, Any], code: str) -> None:
    content = read_datex2(datex2_publication("situationMaintenanceWorks", locationReference=location))
    assert content.found == ()
    assert [said.code for said in content.complaints] == [code]


def test_an_open_end_at_wzdx_and_a_word_that_is_not_its_own() -> None:
    core = {"event_type": "work-zone", "road_names": ["A"], "direction": "northbound"}
    said = {"core_details": core, "start_date": "2026-03-02T06:00:00Z", "vehicle_impact": "all-lanes-closed"}
    feature = {"id": "a", "geometry": {"type": "LineString", "coordinates": LINE}, "properties": said}
    wrong = json.loads(json.dumps(feature)) | {"id": "b"}
    wrong["properties"]["vehicle_impact"] = "closed"
    content = read_wzdx(collection(feature, wrong))
    assert [(r.source_id, r.effect, r.ends_at) for r in content.found] == [("a", "closed", None)]
    assert [(c.code, c.field) for c in content.complaints] == [("F2", "end_date"), ("F1", "properties.vehicle_impact")]
