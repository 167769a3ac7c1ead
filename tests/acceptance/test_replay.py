"""`lotse-replay`: recorded readings through the whole stack, every row accounted for, signs with reasons."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from factories_replay import a_row, square, write_csv

COMMAND = Path(sys.executable).parent / "lotse-replay"
ROWS, R2_ROWS = 20_921, 4_248

pytestmark = pytest.mark.timeout(180)


def replay(folder: Path, report: Path, *options: str) -> dict[str, Any]:
    done = subprocess.run(
        [COMMAND, folder, "--report", report, *options], capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr
    composed: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return composed


@pytest.fixture(scope="module")
def aarhus(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return replay(shared_data / "aarhus-5min", tmp_path_factory.mktemp("replay") / "report.json")


def measured_links(shared_data: Path, explanation: str) -> set[str]:
    """The links of the detectors that an explanation names."""
    with (shared_data / "aarhus-5min/links.csv").open(encoding="utf-8") as file:
        rows = {row["REPORT_ID"]: f"{row['POINT_1_NAME']}-{row['POINT_2_NAME']}-0" for row in csv.DictReader(file)}
    named = re.search(r"detectors? ([\d, ]+)", explanation)
    return {rows[detector] for detector in re.findall(r"\d+", named[1])} if named else set()


@pytest.mark.data
def test_every_row_of_aarhus_is_accounted_for(aarhus: dict[str, Any]) -> None:
    assert all(aarhus["checks"].values()), aarhus["checks"]
    assert aarhus["rows_in_files"] == aarhus["published"] == aarhus["distinct_valid_rows"] == ROWS
    assert aarhus["readings"] == {
        "received": ROWS,
        "stored": ROWS,
        "duplicate": 0,
        "quarantined": 0,
        "rejected": 0,
    }
    assert aarhus["slots"] == aarhus["watermarks"] == 48


@pytest.mark.data
def test_stale_speeds_without_vehicles_are_stored_with_their_rule_code(aarhus: dict[str, Any]) -> None:
    assert aarhus["rule_codes"]["R2"] == R2_ROWS
    assert not {"U1", "L1"} & set(aarhus["rule_codes"])
    assert aarhus["reasons"] == {}


@pytest.mark.data
def test_busy_and_quiet_hours_differ_for_a_reason_on_the_usual_way(aarhus: dict[str, Any], shared_data: Path) -> None:
    assert len(aarhus["pairs"]) == 5
    differing = [p for p in aarhus["pairs"] if (p["busy"]["state"], p["quiet"]["state"]) == ("detour", "blank")]
    assert differing
    for pair in differing:
        busy, quiet = pair["busy"], pair["quiet"]
        cause = busy["explanation"].split(": ", 1)[1].split(" is ", 1)[0]
        assert cause in busy["normal"]["streets"]
        slow = measured_links(shared_data, busy["explanation"]) & set(busy["normal"]["links"])
        assert slow - set(busy["shown"]["links"])
        assert busy["shown"]["travel_time_s"] < busy["normal"]["travel_time_s"]
        assert busy["normal"]["links"] != busy["shown"]["links"]
        assert busy["lines"]
        assert quiet["lines"] == []
        assert quiet["normal"]["links"] == busy["normal"]["links"]
        assert quiet["normal"]["travel_time_s"] < busy["normal"]["travel_time_s"]


def test_a_messy_recording_is_accounted_for_row_by_row(tmp_path: Path) -> None:
    write_csv(tmp_path / "links.csv", square())
    rows = [a_row(str(100 + link), slot) for slot in range(8) for link in range(8)]
    gap = [a_row(str(100 + link), slot) for slot in (100, 101) for link in range(8)]
    good = len(rows) + len(gap)
    messy = [
        *rows[:20],
        rows[19],  # twice
        a_row("100", 2, avgSpeed="fast"),
        a_row("100", 2, timestamp="soon"),
        a_row("a/b", 2),
        a_row("999", 2),  # of a link that is not there
        a_row("101", 5000),  # a clock that runs ahead
        *rows[20:],
        *gap,
    ]
    write_csv(tmp_path / "measured.csv", messy)
    signs = tmp_path / "signs.json"
    signs.write_text(
        json.dumps(
            {
                "destinations": [{"destination_id": "C", "name": "C", "sign_text": "C", "node_id": "C"}],
                "signs": [{"sign_id": "S", "name": "S", "report_id": "100", "destinations": ["C"]}],
            }
        )
    )
    report = replay(tmp_path, tmp_path / "report.json", "--signs", str(signs), "--zone", "Europe/Copenhagen")
    assert report["rows_in_files"] == report["published"] == good + 6
    assert report["distinct_valid_rows"] == good + 2
    assert report["readings"] == {
        "received": good + 6,
        "stored": good + 1,
        "duplicate": 1,
        "quarantined": 1,
        "rejected": 3,
    }
    assert all(report["checks"].values())
    assert report["rule_codes"] == {"U1": 1}
    assert sum(report["reasons"].values()) == 4
    assert report["reasons"]["quarantined: R9"] == 1
    assert report["pairs"][0]["quiet"]["state"] == "blank"


def test_a_folder_that_is_no_recording_is_one_clear_line(tmp_path: Path) -> None:
    done = subprocess.run([COMMAND, tmp_path], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    assert "holds no measurements" in done.stderr
