"""`lotse-demo --osm FILE`: what is registered while it runs is watched like the town."""

import json
import signal
from pathlib import Path

import httpx
import pytest
from processes_standalone import running_demo

from lotse_standalone.servers.postgres import EmbeddedPostgres

JUNCTION, APPROACH, MEASURED = "350714", "8032974-273944911-0", "281170484-281170476-0"
"""Of Kaiserslautern, as in docs/your-city.md."""


@pytest.mark.data
def test_a_sign_registered_while_it_runs_is_shown_with_what_becomes_of_it(shared_data: Path, tmp_path: Path) -> None:
    osm, folder, report = shared_data / "osm-kaiserslautern" / "kaiserslautern.osm.pbf", tmp_path / "d", tmp_path / "r"
    with running_demo("--osm", osm, "--data", folder, "--report", report) as demo:
        url = demo.wait_for("API and its documentation").split()[-1].removesuffix("/docs")
        assert "unknown 4369" in demo.wait_for("readings:")
        headers = {"Authorization": f"Bearer {(folder / 'key').read_text().strip()}"}
        with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
            destination = {"destination_id": "C", "name": "Stadtmitte", "sign_text": "CENTRUM", "node_id": JUNCTION}
            sign = {"sign_id": "S1", "name": "Vogelwoogstraße", "link_id": APPROACH, "destinations": ["C"]}
            closure = {"roadwork_id": "B1", "name": "Kanalbau", "effect": "closed", "links": [MEASURED]}
            client.post("/v1/destinations", json=destination).raise_for_status()
            client.post("/v1/signs", json=sign).raise_for_status()
            assert demo.wait_for("in service").endswith("in service: S1 Vogelwoogstraße")
            client.post("/v1/roadworks", json=closure).raise_for_status()
            assert "PARISER STR. / GESPERRT" in demo.wait_for("S1 shows")
            client.delete("/v1/signs/S1").raise_for_status()
            demo.wait_for("S1 is no longer in service")
        assert demo.end(signal.SIGINT) == 0
    EmbeddedPostgres(folder / "postgres", 1).discard()
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["signs_now"] == []
    assert {each["sign"] for each in told["decisions"]} == {"S1"}
