"""One fault, under load: how it is run and what is reported of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults.account import Account
from faults.rig import Rig, Setup, running_rig
from faults.signs import Sight, Street
from faults.town import living
from faults.traffic import Pressure, Traffic

LOAD_S = 2.0

Fault = Callable[[Rig], AbstractContextManager[None]]
"""In force for as long as its block lasts."""


@dataclass(frozen=True)
class Case:
    """A fault by its name; `prepare` says how its rig is made, and holds what that needs for as long as it runs."""

    name: str
    fault: Fault
    lasts_s: float
    prepare: Callable[[Path], AbstractContextManager[Setup]] = field(default=lambda _: nullcontext(Setup()))


@dataclass(frozen=True)
class CaseRun:
    """What came of it. `took_s`: from when the fault was lifted until all was stored and all signs answered."""

    name: str
    lasted_s: float
    backlog: int
    took_s: float
    account: Account
    sight: Sight | None

    @property
    def is_right(self) -> bool:
        return self.account.is_exact and (self.sight is None or self.sight.is_right)

    def as_json(self) -> dict[str, Any]:
        return {
            "run": f"fault: {self.name}",
            "lasted_s": round(self.lasted_s, 1),
            "backlog": self.backlog,
            "recovered_s": round(self.took_s, 2),
            "account": self.account.as_json(),
            "signs": None if self.sight is None else self.sight.as_json(),
            "is_right": self.is_right,
        }


def run_case(case: Case, folder: Path, pressure: Pressure) -> CaseRun:
    """Let it run, let the fault come and go, and settle the account."""
    with case.prepare(folder) as setup, running_rig(folder, setup) as rig, _living(rig) as street:
        traffic = Traffic(rig, pressure)
        traffic.start()
        time.sleep(LOAD_S)
        begun_s = time.monotonic()
        with case.fault(rig):
            time.sleep(case.lasts_s)
        back_s = time.monotonic()
        backlog, took_s = traffic.recover(lambda: street is None or street.have_answers_since(back_s))
        time.sleep(LOAD_S)
        account = traffic.settle()
        sight = None if street is None else street.sight
        return CaseRun(case.name, back_s - begun_s, backlog, took_s, account, sight)


@contextmanager
def _living(rig: Rig) -> Iterator[Street | None]:
    if rig.town is None:
        yield None
        return
    with living(rig.town) as (street, _):
        yield street
