"""Open Data Aarhus becomes the plain network files, the registry's bodies and native payloads."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from factories_replay import a_link, a_measured, a_row, square, write_csv

from lotse_routing.network.import_links import import_links
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.replay.odaa import (
    AARHUS_SIGNS,
    Measured,
    junctions,
    moment_of,
    number_of,
    payload_of,
    read_segments,
    street_name,
    write_network,
    write_registry,
)

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def test_link_ids_are_those_that_routing_gives_parallel_links_too(tmp_path: Path) -> None:
    links = [*square(), a_link("200", "A", "B", DISTANCE_IN_METERS="2000"), a_link("201", "A", "B", NDT_IN_KMH="90")]
    segments = read_segments(write_csv(tmp_path / "links.csv", links))
    write_network(segments, tmp_path / "network")
    network, _ = import_links(tmp_path / "network", "test")
    imported = {link_id: data["link"] for _, _, link_id, data in network.graph.edges(keys=True, data=True)}
    assert set(imported) == {segment.link_id for segment in segments}
    for segment in segments:
        assert imported[segment.link_id].length_m == segment.length_m
        assert imported[segment.link_id].free_flow_kmh == segment.normal_kmh


def test_a_junction_lies_in_the_mean_of_the_positions_given(tmp_path: Path) -> None:
    links = [a_link("1", "A", "B", POINT_1_LNG="10.0"), a_link("2", "B", "A", POINT_2_LNG="10.2", POINT_2_LAT="56.1")]
    assert junctions(read_segments(write_csv(tmp_path / "links.csv", links)))["A"] == pytest.approx((10.1, 56.1))


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ("Viborgvej", "Viborgvej", "Viborgvej"),
        ("Viborgvej", "Ringgade", "Viborgvej/Ringgade"),
        ("", "Ringgade", "Ringgade"),
        ("", "", ""),
    ],
)
def test_a_link_is_named_after_the_streets_at_its_ends(first: str, second: str, name: str) -> None:
    assert street_name(first, second) == name


def test_a_row_that_is_no_link_is_named_with_its_line(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "links.csv", [a_link("1", "A", "B"), a_link("2", "B", "A", NDT_IN_KMH="fast")])
    with pytest.raises(StandaloneError, match=r"links\.csv:3.*fast"):
        read_segments(path)


def test_a_folder_without_links_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StandaloneError, match=r"links\.csv cannot be read"):
        read_segments(tmp_path / "links.csv")


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2014-08-26 06:00:00", UTC, datetime(2014, 8, 26, 6, tzinfo=UTC)),
        ("2014-08-26 06:00:00", COPENHAGEN, datetime(2014, 8, 26, 4, tzinfo=UTC)),
        ("2014-12-26T06:00:00", COPENHAGEN, datetime(2014, 12, 26, 5, tzinfo=UTC)),
        ("2014-08-26T06:00:00+01:00", COPENHAGEN, datetime(2014, 8, 26, 5, tzinfo=UTC)),
        ("yesterday", UTC, None),
        ("", UTC, None),
        (None, UTC, None),
        ("0001-01-01 00:00:00", COPENHAGEN, None),
    ],
)
def test_timestamps_become_utc(text: str | None, zone: ZoneInfo, moment: datetime | None) -> None:
    assert moment_of(text, zone) == moment


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("43.5", 43.5),
        ("", None),
        (None, None),
        ("-1", -1),
        ("many", "many"),
        ("nan", "nan"),
        ("inf", "inf"),
    ],
)
def test_numbers_are_read_and_what_is_none_stays_as_it_stands(text: str | None, value: float | str | None) -> None:
    assert number_of(text) == value


def test_a_row_becomes_a_native_payload_that_keeps_a_stale_speed() -> None:
    payload = payload_of(a_measured(0, vehicleCount="0", avgSpeed="57"), seq=3)
    assert payload == {
        "detector_id": "7",
        "measured_at": "2014-08-26T06:00:00Z",
        "interval_s": 300,
        "vehicle_count": 0,
        "mean_speed_kmh": 57,
        "seq": 3,
    }


def test_a_broken_row_is_handed_on_as_it_stands() -> None:
    payload = payload_of(Measured(a_row(timestamp="soon", avgSpeed="fast"), None), seq=1)
    assert payload["measured_at"] == "soon"
    assert payload["mean_speed_kmh"] == "fast"


@pytest.mark.parametrize(("report_id", "fits"), [("158324", True), ("", False), ("a/b", False), ("7\n", False)])
def test_an_id_that_fits_no_topic_is_told(report_id: str, fits: bool) -> None:  # noqa: FBT001 - a test's expectation
    assert Measured({"REPORT_ID": report_id}, None).has_identifier is fits


def test_signs_name_links_by_what_they_measure(tmp_path: Path) -> None:
    segments = read_segments(write_csv(tmp_path / "links.csv", square()))
    signs = tmp_path / "chosen.json"
    signs.write_text('{"destinations": [], "signs": [{"sign_id": "S", "report_id": "101", "destinations": []}]}')
    write_registry(segments, signs, tmp_path)
    assert json.loads((tmp_path / "signs.json").read_text())[0]["link_id"] == segments[1].link_id
    detectors = json.loads((tmp_path / "detectors.json").read_text())
    assert [row["detector_id"] for row in detectors] == [segment.report_id for segment in segments]
    assert {row["interval_s"] for row in detectors} == {300}


def test_signs_of_another_city_are_refused_in_one_line(tmp_path: Path) -> None:
    segments = read_segments(write_csv(tmp_path / "links.csv", square()))
    with pytest.raises(StandaloneError, match="does not fit this recording"):
        write_registry(segments, AARHUS_SIGNS, tmp_path)


def test_the_chosen_signs_of_aarhus_stand_on_its_links(shared_data: Path, tmp_path: Path) -> None:
    segments = read_segments(shared_data / "aarhus-5min" / "links.csv")
    write_registry(segments, AARHUS_SIGNS, tmp_path)
    link_ids = {segment.link_id for segment in segments}
    nodes = set(junctions(segments))
    assert {sign["link_id"] for sign in json.loads((tmp_path / "signs.json").read_text())} <= link_ids
    assert {row["node_id"] for row in json.loads((tmp_path / "destinations.json").read_text())} <= nodes
    assert len(link_ids) == 449
    assert len(nodes) == 136
