"""The examples of the specifications, as they are."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from factories_feeds import line_of
from factories_gateway import a_routing

from lotse_routing.feeds.datex2 import read_datex2
from lotse_routing.feeds.ours import Street, as_told
from lotse_routing.feeds.write import write_wzdx
from lotse_routing.feeds.wzdx import read_wzdx
from lotse_routing.state.roadwork import Roadwork

pytestmark = pytest.mark.data
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


def wzdx_examples(shared_data: Path) -> list[Path]:
    files = sorted((shared_data / "roadworks-examples").glob("wzdx_*.geojson"))
    assert len(files) == 9
    return files


def test_every_work_zone_of_the_wzdx_examples_is_read_and_every_detour_left_out(shared_data: Path) -> None:
    for file in wzdx_examples(shared_data):
        kinds = Counter(
            f["properties"]["core_details"]["event_type"] for f in json.loads(file.read_bytes())["features"]
        )
        content = read_wzdx(file.read_bytes())
        assert len(content.found) == kinds["work-zone"]
        left_out = [said.code for said in content.complaints if said.is_left_out]
        assert left_out == ["F8"] * kinds["detour"]
        assert all(("F6" in r.doubts) == ("multipoint" in file.name) for r in content.found)


def test_the_datex2_accident_is_no_roadwork(shared_data: Path) -> None:
    content = read_datex2((shared_data / "roadworks-examples/datex2v3_situation_accident_example.json").read_bytes())
    assert content.found == ()
    assert [(said.source_id, said.code) for said in content.complaints] == [("2322", "F8")]


def test_our_wzdx_has_every_member_that_all_examples_have(shared_data: Path) -> None:
    """What stands in every example is taken as required, but for dates of the record that no example needs."""
    links = ("R01-R02-0", "R02-R21-0")
    streets = {link: Street("Nordring", line_of(link)) for link in links}
    ours = write_wzdx(as_told(Roadwork("7", "Kanalbau", "closed", None, links, NOW), streets), "A town", NOW)
    feeds = [json.loads(file.read_bytes()) for file in wzdx_examples(shared_data)]
    zones = [f for feed in feeds for f in feed["features"] if "vehicle_impact" in f["properties"]]
    (feature,) = ours["features"]
    assert set.intersection(*(set(feed) for feed in feeds)) <= set(ours)
    assert set.intersection(*(set(zone) for zone in zones)) <= set(feature)
    assert set.intersection(*(set(zone["properties"]) for zone in zones)) <= set(feature["properties"])
    core = [set(zone["properties"]["core_details"]) for zone in zones]
    optional = {"description", "creation_date", "update_date"}
    assert set.intersection(*core) - optional <= set(feature["properties"]["core_details"])
    optional_info = {"contact_name", "contact_email", "update_frequency", "license"}
    assert set.intersection(*(set(feed["feed_info"]) for feed in feeds)) - optional_info <= set(ours["feed_info"])


async def test_every_example_is_sniffed_and_matched_over_http_where_none_lies_on_a_link(shared_data: Path) -> None:
    transport = httpx.ASGITransport(a_routing())
    async with httpx.AsyncClient(transport=transport, base_url="http://routing") as client:
        for file in (*wzdx_examples(shared_data), *sorted((shared_data / "roadworks-examples").glob("datex2*.json"))):
            answer = await client.post("/internal/roadworks/match", content=file.read_bytes())
            assert answer.status_code == 200, answer.text
            is_wzdx = file.name.startswith("wzdx")
            assert answer.json()["format"] == ("wzdx" if is_wzdx else "datex2")
            assert bool(answer.json()["found"]) == is_wzdx
            assert all(not found["links"] and found["doubts"] for found in answer.json()["found"])
