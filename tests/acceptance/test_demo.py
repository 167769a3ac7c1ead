"""`lotse-demo --for ... --report FILE`: a morning in the demo town, unattended, from first reading to last sign."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from processes_standalone import DEMO, processes_of

from lotse_standalone.servers.postgres import EmbeddedPostgres

MORNING = "58s"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of one run; the tests look at it from all sides."""
    folder = tmp_path_factory.mktemp("demo")
    command: list[str | Path] = [DEMO, "--data", folder / "data", "--for", MORNING, "--report", folder / "report.json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=150)
    EmbeddedPostgres(folder / "data" / "postgres", 1).discard()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert processes_of(folder) == []
    told: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return told


def shown_because(report: dict[str, Any], word: str) -> list[dict[str, Any]]:
    return [each for each in report["decisions"] if each["state"] == "detour" and word in each["explanation"]]


def is_blank_after(report: dict[str, Any], detour: dict[str, Any]) -> bool:
    return any(
        each["state"] == "blank" and each["sign"] == detour["sign"] and each["decided_at"] > detour["decided_at"]
        for each in report["decisions"]
    )


def test_every_reading_is_accounted_for(report: dict[str, Any]) -> None:
    readings = report["readings"]
    assert readings["received"] > 1000
    assert readings["received"] == sum(
        readings[outcome] for outcome in ("stored", "duplicate", "quarantined", "rejected")
    )
    assert readings["rejected"] >= 1


def test_a_jam_that_sensors_report_puts_a_detour_on_a_sign_and_its_end_takes_it_off(report: dict[str, Any]) -> None:
    detours = [each for each in shown_because(report, " is jammed") if each["sensed_at"] is not None]
    assert detours
    assert all(each["lines"] for each in detours)
    assert any(is_blank_after(report, each) for each in detours)


def test_a_construction_site_puts_a_detour_on_a_sign_and_its_end_takes_it_off(report: dict[str, Any]) -> None:
    detours = shown_because(report, "is closed (Kanalbau Frankfurter Straße")
    assert detours
    assert any("GESPERRT" in each["lines"] for each in detours)
    assert any(is_blank_after(report, each) for each in detours)


def test_signs_learn_of_a_reading_within_seconds(report: dict[str, Any]) -> None:
    delay_s = report["sensor_to_sign_s"]
    assert delay_s["count"] >= 2
    assert 0 < delay_s["p50"] <= delay_s["p99"] <= delay_s["max"] < 10
    assert len(delay_s["samples"]) == delay_s["count"]


def test_the_report_says_what_stood_where(report: dict[str, Any]) -> None:
    assert report["signs"] == 6
    assert report["links_with_state"] > 40
    assert report["storage"]["backend"] == "postgresql"
    assert report["storage"]["version"]
    assert [each["sign"] for each in report["signs_now"]] == [f"S{number}" for number in range(1, 7)]
    assert {each["sign"] for each in report["decisions"]} == {f"S{number}" for number in range(1, 7)}
