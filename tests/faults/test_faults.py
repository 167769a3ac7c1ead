"""The quick form of `make test-faults`: real processes, killed under load; the account must be exact."""

import shutil
from pathlib import Path

import pytest
from fixtures.absent import absent

from faults.cases.case import Case, run_case
from faults.cases.faults import CASES
from faults.hostility import MANY, Assault
from faults.kills import Killing
from faults.rig import Setup, running_rig
from faults.town import living
from faults.traffic import Pressure

pytestmark = pytest.mark.mosquitto


@pytest.fixture(autouse=True)
def _needs_mosquitto() -> None:
    if shutil.which("mosquitto") is None:
        absent("Mosquitto", "install Debian's package mosquitto")


def test_whoever_is_killed_the_account_is_exact_and_no_sign_is_wrong(tmp_path: Path) -> None:
    with running_rig(tmp_path / "rig", Setup(slots=2, has_town=True)) as rig:
        assert rig.town is not None
        with living(rig.town) as (street, room):
            killing = Killing(rig, Pressure(seed=3, rate=300, keep_s=10), print)
            run = killing.run(kills=8, outage_s=4, street=street, room=room)
    assert run.account is not None
    assert run.account.is_exact, run.as_json()
    assert run.sight.is_right, run.as_json()
    assert run.is_written_once, run.as_json()
    assert sum(run.kills.values()) == 10


def test_hostile_messages_are_all_accounted_for(tmp_path: Path) -> None:
    with running_rig(tmp_path / "rig", Setup()) as rig:
        run = Assault(rig, seed=3, tell=print).run(hostile=10_000, rounds=(MANY,))
    assert run.is_exact, run.as_json()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_whatever_else_goes_wrong_the_account_is_exact_and_no_sign_is_wrong(case: Case, tmp_path: Path) -> None:
    run = run_case(case, tmp_path / "rig", Pressure(seed=5, rate=200, keep_s=10))
    assert run.is_right, run.as_json()
