import json
from pathlib import Path

import pytest
from factories_feeds import city_feature, collection, line_of
from typer.testing import CliRunner

from lotse_routing.cli import app
from lotse_standalone.town import FOLDER


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["roadworks", "match", *arguments, "--network", str(FOLDER)])
    return result.exit_code, result.output


@pytest.fixture
def feed(tmp_path: Path) -> str:
    path = tmp_path / "feed.geojson"
    street = [list(point) for point in line_of("R01-R02-0")]
    late = city_feature("late", ende="2026-01-01T00:00:00Z")
    path.write_bytes(collection(city_feature("k1", coordinates=street), late))
    return str(path)


def test_the_table_tells_links_confidence_and_complaints(feed: str) -> None:
    code, output = run(feed, "--format", "geojson")
    assert code == 0
    for told in ("R01-R02-0", "R02-R01-0", "1.00", "F3", "1 found, 0 of them on no link, 0 to confirm; 1 left out"):
        assert told in output


def test_json_tells_the_same(feed: str) -> None:
    code, output = run(feed, "--format", "geojson", "--json")
    told = json.loads(output)
    assert code == 0
    assert [(match["links"], match["needs_confirmation"]) for match in told["matches"]] == [
        (["R01-R02-0", "R02-R01-0"], False)
    ]
    assert told["matches"][0]["found"]["starts_at"] == "2026-03-02T06:00:00+00:00"
    assert [said["code"] for said in told["complaints"]] == ["F3"]


def test_a_file_of_another_kind_and_an_unknown_zone_end_with_one_line(tmp_path: Path, feed: str) -> None:
    path = tmp_path / "feed.xml"
    path.write_text("<xml/>", encoding="utf-8")
    for code, output in (run(str(path)), run(feed, "--zone", "Mars/Olympus"), run(str(tmp_path / "absent"))):
        assert code == 1
        assert len(output.strip().splitlines()) == 1
