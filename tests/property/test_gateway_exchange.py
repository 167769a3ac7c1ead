"""Registered things survive the way out and in again, as CSV and as GeoJSON."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue

from lotse_gateway.answers.media import CSV, GEOJSON, JSON, choose_media
from lotse_gateway.answers.references import Fault
from lotse_gateway.exchange.features import feature, point_of, read_features
from lotse_gateway.exchange.tables import read_csv, write_csv
from lotse_gateway.models.registry import (
    Corridor,
    CorridorView,
    Destination,
    DestinationView,
    Detector,
    DetectorView,
    Sign,
    SignView,
)
from lotse_shared.identifiers import IDENTIFIER_PATTERN
from lotse_shared.vehicle import VehicleClass

ids = st.from_regex(IDENTIFIER_PATTERN, fullmatch=True)
names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(c) for c in [*range(32), 127]]), max_size=40
)
lon, lat = st.none() | st.floats(-180, 180), st.none() | st.floats(-90, 90)
moments = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - aware by timezones
some_ids = st.lists(ids, max_size=4)
FOUND: dict[type[BaseModel], dict[str, JsonValue]] = {
    Detector: {"failed_at": "2026-11-23T07:43:28Z", "failed_reason": "pit open"},
    Destination: {"version": 2},
    Sign: {"version": 2},
    Corridor: {"version": 2, "status": "broken", "problem": 'no turn, and a "word"\n', "resolves_to": ["A-B-0"]},
}
"""What only Lotse sets, and the way in leaves out."""

detectors = st.builds(
    Detector,
    detector_id=ids,
    name=names,
    link_id=st.none() | ids,
    lon=lon,
    lat=lat,
    lanes=st.integers(1, 12),
    interval_s=st.floats(0.1, 86_400),
    full_pct=st.none() | st.floats(0, 100),
    neighbours=some_ids,
)
signs = st.builds(
    Sign, sign_id=ids, name=names, link_id=ids, lon=lon, lat=lat, destinations=some_ids, retired_at=moments
)
destinations = st.builds(Destination, destination_id=ids, name=names, sign_text=names.filter(bool), node_id=ids)
some_vehicles = st.lists(st.sampled_from(VehicleClass), min_size=1)
places = st.builds(lambda link: {"link": link}, ids) | st.builds(
    lambda x, y: {"point": [x, y]}, st.floats(-180, 180), st.floats(-90, 90)
)
corridors = st.builds(
    Corridor, corridor_id=ids, name=names, links=st.lists(ids, min_size=1), signs=some_ids, vehicles=some_vehicles
) | st.builds(Corridor, corridor_id=ids, name=names, via=st.lists(places, min_size=2, max_size=4))
VIEWS: dict[type[BaseModel], type[BaseModel]] = {
    Detector: DetectorView,
    Destination: DestinationView,
    Sign: SignView,
    Corridor: CorridorView,
}


def _as_listed(row: BaseModel) -> dict[str, Any]:
    """Give the row as a list holds it."""
    return row.model_dump() | FOUND[type(row)] | {"updated_at": datetime(2026, 11, 23, tzinfo=UTC)}


@given(st.lists(detectors | signs | destinations | corridors, min_size=1, max_size=1))
def test_csv_survives_the_way(rows: list[BaseModel]) -> None:
    body = type(rows[0])
    text = write_csv(list(VIEWS[body].model_fields), [_as_listed(row) for row in rows])
    assert [body.model_validate(each) for each in read_csv(text, body, VIEWS[body])] == rows


@pytest.mark.parametrize("start", ["\ufeff", ""])
@given(st.lists(detectors, max_size=5))
def test_tables_of_many_lines_do_too(start: str, rows: list[Detector]) -> None:
    text = start + write_csv(list(DetectorView.model_fields), [_as_listed(row) for row in rows])
    for ends in ("\n", "\r\n"):
        read = read_csv(text.replace("\n", ends), Detector, DetectorView)
        assert [Detector.model_validate(each) for each in read] == rows


@given(detectors | signs | corridors)
def test_geojson_survives_the_way(row: BaseModel) -> None:
    body = type(row)
    view, id_field = VIEWS[body], f"{body.__name__.lower()}_id"
    listed = json.loads(json.dumps(_as_listed(row), default=lambda moment: moment.isoformat()))
    place = point_of(listed) if "lon" in listed else {"type": "MultiLineString", "coordinates": []}
    document = {"type": "FeatureCollection", "features": [feature(listed[id_field], place, listed)]}
    (read,) = read_features(json.loads(json.dumps(document)), id_field, body, view)
    expected = row
    if place is None:  # half a place is none
        expected = row.model_copy(update={"lon": None, "lat": None})
    assert body.model_validate(read) == expected


@given(st.text(max_size=200))
def test_nonsense_is_named_and_breaks_nothing(text: str) -> None:
    for row in read_csv(text, Detector, DetectorView):
        assert isinstance(row, dict | Fault)
    for row in read_features(text, "detector_id", Detector, DetectorView):
        assert isinstance(row, Fault)


@given(
    st.recursive(st.none() | st.floats() | st.text(), lambda part: st.lists(part) | st.dictionaries(st.text(), part))
)
def test_features_of_any_shape_are_read_or_named(value: Any) -> None:
    shapes = (
        value,
        {"type": "FeatureCollection", "features": value},
        {"type": "FeatureCollection", "features": [value, {"type": "Feature", "properties": value, "geometry": value}]},
    )
    for document in shapes:
        for row in read_features(document, "detector_id", Detector, DetectorView):
            assert isinstance(row, dict | Fault)


def test_a_bad_header_names_what_there_is() -> None:
    faults = read_csv("sign_id;name\nS1;x\n", Sign, SignView)
    assert all(isinstance(fault, Fault) for fault in faults)
    assert "allowed, separated by commas: sign_id,name,link_id" in str(faults[0])


def test_a_line_that_is_too_short_is_named_by_its_row() -> None:
    good, short = read_csv("sign_id,link_id\nS1,A-B-0\nS2\n", Sign, SignView)
    assert good == {"sign_id": "S1", "link_id": "A-B-0"}
    assert isinstance(short, Fault)
    assert (short.index, short.reason) == (1, "has 1 cells, the header has 2")


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("text/html", JSON),
        ("application/geo+json", GEOJSON),
        ("text/csv", CSV),
        ("text/*", CSV),
        ("application/json;q=0.5, text/csv", CSV),
        ("text/csv;q=0.1, application/geo+json;q=0.2", GEOJSON),
        ("application/*", JSON),
        ("application/geo+json;q=0, */*", JSON),
        ("text/csv;q=x", JSON),
    ],
)
def test_the_form_is_the_one_preferred(accept: str, media: str) -> None:
    assert choose_media(accept, (JSON, GEOJSON, CSV)) == media
