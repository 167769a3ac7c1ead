"""1,000 signs poll, alone and while people look at history, in turns."""

import json
import subprocess
from collections.abc import Callable
from statistics import median
from typing import Any

import httpx
import msgspec
import numpy as np

from benchmarks.gateway.city import fill_history, history_paths
from benchmarks.gateway.cores import apart, halves, keep_to
from benchmarks.gateway.polling import Polled
from benchmarks.gateway.rig import OURS, Rig, python
from benchmarks.processes import cpu_s

HISTORIANS = 100
KINDS = 3
"""Of questions about history, in turns."""
EVERY_S = 10.0
"""Between two polls of a sign; signs are told 30 s."""


def measure_load(rig: Rig, days: int, rounds: int, lasts_s: float, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Give two runs a round: `alone` and `beside history`."""
    rig.run(lambda connection: fill_history(connection, days, tell))
    viewers = rig.people.viewers
    paths = list(history_paths(days))
    rig.write_requests("history", ((path, viewers[n % len(viewers)], {}) for n, path in enumerate(paths)))
    _check(rig)
    runs = []
    database = rig.postgres.pid
    assert database is not None
    with apart([rig.pid(OURS)], [database]):
        for number in range(rounds):
            tell(f"1,000 signs, alone, round {number + 1} of {rounds}")
            runs.append({"run": "signs alone", "round": number, **_poll(rig, lasts_s)})
            tell(f"1,000 signs beside {HISTORIANS} who look at history, round {number + 1} of {rounds}")
            runs.append({"run": "signs beside history", "round": number, **_poll_beside_history(rig, lasts_s)})
    return runs


def _check(rig: Rig) -> None:
    """Make sure that what people will ask is answered."""
    lines = rig.requests["history"].read_text(encoding="utf-8").splitlines()[:KINDS]
    for path, *headers in (line.split("\t") for line in lines):
        told = dict(header.split(": ", 1) for header in headers)
        answer = httpx.get(f"{rig.url(OURS)}{path}", headers=told, trust_env=False, timeout=60)
        assert answer.status_code == httpx.codes.OK, (path, answer.text)


def _poll(rig: Rig, lasts_s: float) -> dict[str, Any]:
    used_s = cpu_s(rig.pid(OURS))
    command = python("polling", rig.ports[OURS], rig.requests["display unchanged"], lasts_s, EVERY_S)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    used_s = cpu_s(rig.pid(OURS)) - used_s
    polled = msgspec.json.decode(done.stdout, type=Polled)
    p50_ms, p99_ms = np.quantile(polled.took_ms, [0.5, 0.99])
    return {
        "polls": len(polled.took_ms),
        "statuses": polled.statuses,
        "connections_opened": polled.opened,
        "p50_ms": round(float(p50_ms), 3),
        "p99_ms": round(float(p99_ms), 3),
        "most_ms": round(max(polled.took_ms), 3),
        "gateway_cpu_share": round(used_s / lasts_s, 3),
    }


def _poll_beside_history(rig: Rig, lasts_s: float) -> dict[str, Any]:
    command = python("historians", rig.ports[OURS], rig.requests["history"], HISTORIANS)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        keep_to(halves()[1], [process.pid])
        assert process.stdout is not None
        assert process.stdout.readline() == b"answers come\n"
        polled = _poll(rig, lasts_s)
        answered, _ = process.communicate()  # ends its input
    return {**polled, "history_answers": json.loads(answered)}


def loaded_vs_idle(runs: list[dict[str, Any]]) -> float:
    """Give the median over the rounds of p99 beside history by p99 alone."""
    alone, beside = (
        [run["p99_ms"] for run in runs if run["run"] == name] for name in ("signs alone", "signs beside history")
    )
    return round(float(median(b / a for a, b in zip(alone, beside, strict=True))), 2)
