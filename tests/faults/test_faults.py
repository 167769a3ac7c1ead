"""The quick form of `make test-faults`: real processes, killed under load; the account must be exact."""

import shutil
from pathlib import Path

import pytest
from fixtures.absent import absent

from faults.hostility import MANY, Assault
from faults.kills import Killing, Pressure
from faults.rig import running_rig

pytestmark = pytest.mark.mosquitto


@pytest.fixture(autouse=True)
def _needs_mosquitto() -> None:
    if shutil.which("mosquitto") is None:
        absent("Mosquitto", "install Debian's package mosquitto")


def test_whoever_is_killed_the_account_is_exact(tmp_path: Path) -> None:
    with running_rig(tmp_path / "rig", slots=2) as rig:
        run = Killing(rig, Pressure(seed=3, rate=300, keep_s=10), print).run(kills=6, outage_s=4)
    assert run.account is not None
    assert run.account.is_exact, run.as_json()
    assert sum(run.kills.values()) == 8


def test_hostile_messages_are_all_accounted_for(tmp_path: Path) -> None:
    with running_rig(tmp_path / "rig", slots=1) as rig:
        run = Assault(rig, seed=3, tell=print).run(hostile=2_000, rounds=(MANY,))
    assert run.is_exact, run.as_json()
