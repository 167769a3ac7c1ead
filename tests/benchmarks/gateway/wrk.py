"""Rounds of wrk: all contestants, one after the other, each round another first."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.gateway.contestants import DISPLAY, LINKS, UNCHANGED
from benchmarks.gateway.rig import AS_WRK_ASKS, BARE, MADE_BY_SERVERS, OURS, USUAL, Rig
from benchmarks.processes import cpu_s

SCRIPT = Path(__file__).with_name("requests.lua")
CONNECTIONS = 32
WARM_UP_S = 1
QUIET_S, QUIET, PATIENCE_S = 0.5, 0.1, 60.0
"""At rest is who uses no more than this share of a processor for so long."""


@dataclass(frozen=True, slots=True)
class Race:
    """What is asked, of whom (with the file of requests for each), and the status that every answer must have."""

    name: str
    requests: Mapping[str, str]
    status: int


RACES = (
    Race("200", {OURS: "display", BARE: "display", USUAL: "display"}, 200),
    Race("304", {OURS: "display unchanged", BARE: "bare unchanged", USUAL: "display unchanged"}, 304),
    Race("links", {OURS: "links", BARE: "links"}, 200),
)


def require_wrk() -> None:
    """End with one clear line where wrk is not installed."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: install it (Debian: apt install wrk; macOS: brew install wrk)")


def run_races(rig: Rig, rounds: int, lasts_s: int, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Give a run for each contestant, race and round."""
    for race in RACES:
        for name in race.requests:
            tell(f"{race.name}: {name} warms up")
            _check(rig, race, name)
            _drive(rig, race, name, WARM_UP_S)
            _wait_until_quiet(rig.pid(name))
    runs = []
    for number in range(rounds):
        for race in RACES:
            names = list(race.requests)
            first = number % len(names)
            for name in names[first:] + names[:first]:
                tell(f"{race.name}: {name}, round {number + 1} of {rounds}")
                runs.append({"run": f"{race.name} {name}", "round": number, **_drive(rig, race, name, lasts_s)})
                _wait_until_quiet(rig.pid(name))
    return runs


def _wait_until_quiet(pid: int) -> None:
    """Wait until a contestant has finished what wrk did not wait for: the next one is not to pay for it."""
    deadline_s = time.monotonic() + PATIENCE_S
    used_s = cpu_s(pid)
    while True:
        time.sleep(QUIET_S)
        before_s, used_s = used_s, cpu_s(pid)
        if used_s - before_s <= QUIET * QUIET_S:
            return
        assert time.monotonic() < deadline_s, "a contestant does not come to rest"


def _check(rig: Rig, race: Race, name: str) -> None:
    """Make sure that a contestant answers as it should, and all of them the same bytes."""
    path, *headers = rig.requests[race.requests[name]].read_text(encoding="utf-8").splitlines()[0].split("\t")
    asked = AS_WRK_ASKS | dict(h.split(": ", 1) for h in headers)
    answer = httpx.get(f"{rig.url(name)}{path}", headers=asked, trust_env=False)
    assert answer.status_code == race.status, (name, answer.status_code, answer.text)
    kept = rig.answers.by_path[{"200": DISPLAY, "304": UNCHANGED, "links": LINKS}[race.name]]
    assert answer.content == kept.content, f"{name} answers other bytes"
    assert answer.headers.keys() - MADE_BY_SERVERS == kept.headers.keys(), answer.headers


def _drive(rig: Rig, race: Race, name: str, lasts_s: int) -> dict[str, Any]:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{lasts_s}s", "--timeout", "10s", "-s", str(SCRIPT), rig.url(name)]
    used_s = cpu_s(rig.pid(name))
    done = subprocess.run(
        [*command, "--", str(rig.requests[race.requests[name]])], check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    used_s = cpu_s(rig.pid(name)) - used_s
    assert found["failed"] == 0, (name, found)
    return {
        "requests_per_s": round(found["requests"] / found["seconds"], 1),
        "cpu_us": round(1e6 * used_s / found["requests"], 1),
        "p50_ms": found["p50_ms"],
        "p99_ms": found["p99_ms"],
        "load_1min": round(os.getloadavg()[0], 2),
    }
