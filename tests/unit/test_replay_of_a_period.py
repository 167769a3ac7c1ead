"""`lotse-replay --from`: the same command for recordings in files and for a period in the database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lotse_standalone.replay.period import is_of_a_period, replay_period

COMMAND = Path(sys.executable).parent / "lotse-replay"


def test_a_command_line_with_from_asks_for_a_period() -> None:
    assert is_of_a_period(["--until", "2026-11-24", "--from", "2026-11-23"])
    assert is_of_a_period(["--from=2026-11-23"])
    assert not is_of_a_period(["folder", "--report", "file"])


def test_a_folder_that_holds_no_replay_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay_period(["--from", "2026-11-23", "--data", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert (said.count("\n"), "holds no replay: make one with lotse-replay FOLDER --data" in said) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_without_a_database_the_command_says_how_to_name_one() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOTSE_")}
    run = subprocess.run(
        [COMMAND, "--from", "2026-11-23"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 1)
    assert "set LOTSE_DATABASE_DSN" in run.stderr
