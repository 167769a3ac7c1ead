"""`make evaluate` on the demo town: SUMO drives, the real services decide, the report says what came of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sumo", reason="SUMO is absent: `make evaluate` installs it")

TESTS = Path(__file__).parents[1]
POLICIES = ("none", "static", "naive", "corridor-main", "lotse", "equilibrium")


@pytest.mark.timeout(900)
def test_the_loop_drives_each_policy_and_writes_its_report(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "evaluation", "--quick", "--city", "auenbrueck", "--report", "evidence.md"]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]

    results = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "build/evaluate/results").glob("*.json")}
    closure = {name: results[f"auenbrueck-closure-{name}-1-70"] for name in POLICIES}
    assert len({result["vehicles"] for result in results.values()}) == 1, "not the same drivers"
    assert all(result["unfinished"] == 0 for result in results.values())
    assert closure["equilibrium"]["delay_vehicle_h"] < closure["none"]["delay_vehicle_h"]
    assert closure["lotse"]["diverted"] > 0
    assert closure["lotse"]["details"]["messages"] > 0
    undisturbed = {name: results[f"auenbrueck-undisturbed-{name}-1-70"] for name in ("none", "lotse")}
    assert undisturbed["none"]["delay_vehicle_h"] < closure["none"]["delay_vehicle_h"]

    page = (tmp_path / "evidence.md").read_text(encoding="utf-8")
    assert "Lotse" in page
    assert {path.suffix for path in (tmp_path / "evidence").iterdir()} == {".svg"}
    figures = json.loads((tmp_path / "build/bench/evaluate.json").read_text())["figures"]
    assert {"B1_share_070", "B2_worst_vehh", "B3_changes_per_sign_hour"} <= set(figures)
