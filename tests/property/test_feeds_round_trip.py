"""What we write, our readers read back to the same."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from lotse_routing.feeds.city import read_city
from lotse_routing.feeds.datex2 import read_datex2
from lotse_routing.feeds.elements import UnreadableFeedError
from lotse_routing.feeds.found import Coordinate, FoundRoadwork
from lotse_routing.feeds.ours import Street, as_told
from lotse_routing.feeds.write import write_datex2, write_wzdx
from lotse_routing.feeds.wzdx import read_wzdx
from lotse_routing.state.roadwork import Roadwork

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
READERS = (read_city, read_datex2, read_wzdx)
names = st.text(min_size=1, max_size=20)
coordinates = st.tuples(st.floats(-179, 179), st.floats(-85, 85))
lines = st.lists(coordinates, min_size=2, max_size=5, unique=True).map(tuple)
streets = st.lists(st.builds(Street, st.just("") | names, lines), min_size=1, max_size=4)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def roadworks(draw: st.DrawFn) -> tuple[Roadwork, dict[str, Street]]:
    by_link = {str(link): street for link, street in enumerate(draw(streets))}
    starts_at = draw(moments)
    lasts = draw(st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=900)))
    speed_kmh = draw(st.none() | st.floats(5, 130))
    effect: Literal["closed", "speed"] = "closed" if speed_kmh is None else "speed"
    ends_at = None if lasts is None else starts_at + lasts
    return Roadwork(draw(names), draw(names), effect, speed_kmh, tuple(by_link), starts_at, ends_at), by_link


@given(roadworks())
def test_wzdx_comes_back_with_the_direction_said_as_well(told: tuple[Roadwork, dict[str, Street]]) -> None:
    ours = as_told(*told)
    back = read_wzdx(json.dumps(write_wzdx(ours, "A town", NOW)).encode()).found
    assert [_without_heading(r) for r in back] == [_without_heading(r) for r in ours]
    assert all(r.heading_deg is not None for r in back)


@given(roadworks())
def test_datex2_comes_back_but_for_the_word_for_its_effect(told: tuple[Roadwork, dict[str, Street]]) -> None:
    ours = as_told(*told)
    back = read_datex2(json.dumps(write_datex2(ours, "A town", "de", "de", NOW)).encode()).found
    assert [replace(r, vehicle_impact="", road_names=()) for r in back] == [
        replace(r, vehicle_impact="", road_names=()) for r in ours
    ]
    assert [r.road_names for r in back] == [r.road_names for r in ours]


@given(roadworks())
def test_told_lines_are_those_of_the_links(told: tuple[Roadwork, dict[str, Street]]) -> None:
    roadwork, by_link = told
    points: set[Coordinate] = {point for street in by_link.values() for point in street.line}
    assert {point for part in as_told(roadwork, by_link) for line in part.lines for point in line} == points


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "features",
                    "properties",
                    "core_details",
                    "event_type",
                    "geometry",
                    "type",
                    "coordinates",
                    "situationRecord",
                    "situationMaintenanceWorks",
                    "locationReference",
                    "posList",
                    "pointCoordinates",
                    "validity",
                    "start",
                    "idG",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(anything)
def test_no_json_breaks_a_reader(tree: object) -> None:
    for content in (json.dumps(tree).encode(), json.dumps({"features": [tree], "situationRecord": [tree]}).encode()):
        for reader in READERS:
            try:
                reader(content, ZoneInfo("Europe/Berlin"))
            except UnreadableFeedError:
                continue


def _without_heading(roadwork: FoundRoadwork) -> FoundRoadwork:
    return replace(roadwork, heading_deg=None)
