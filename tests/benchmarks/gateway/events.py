"""2,000 listeners: what they take of a gateway's memory, and how soon all have heard of a decision."""

import subprocess
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import numpy as np
from factories_gateway import add_decision

from benchmarks.gateway.listeners import Heard
from benchmarks.gateway.rig import Rig, python
from benchmarks.processes import memory_mb, peak_memory_mb

LISTENERS = 2_000
GATEWAY = "ours, for events"
IDLE_S = 5.0
BETWEEN_S = 1.5


def measure_events(rig: Rig, decisions: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Give the run: a gateway of its own, all listen, decisions come, each is heard by all."""
    tell(f"{LISTENERS:,} listeners come")
    rig.start_gateway(GATEWAY)
    pid = rig.pid(GATEWAY)
    alone_mb = memory_mb(pid)
    command = python("listeners", rig.ports[GATEWAY], rig.requests["events"], LISTENERS, decisions)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"all listen\n"
        time.sleep(IDLE_S)  # they are idle for a while: that is what is measured
        idle_mb = memory_mb(pid)
        told_s = []
        for number in range(decisions):
            tell(f"decision {number + 1} of {decisions} is told to {LISTENERS:,}")
            time.sleep(BETWEEN_S)
            told_s.append(time.time())
            rig.run(partial(add_decision, seq=number + 2))
        heard = msgspec.json.decode(process.stdout.read(), type=Heard)
    moments = [heard.at_s[decision] for decision in sorted(heard.at_s, key=int)]
    assert heard.gone == 0, f"{heard.gone} listeners were cut off"
    assert [len(each) for each in moments] == [LISTENERS] * decisions, [len(each) for each in moments]
    took_ms = [[1000 * (at_s - began_s) for at_s in each] for began_s, each in zip(told_s, moments, strict=True)]
    p50_ms, p99_ms = np.quantile([each for took in took_ms for each in took], [0.5, 0.99])
    return {
        "run": "listeners",
        "listeners": LISTENERS,
        "decisions": decisions,
        "alone_mb": round(alone_mb, 1),
        "idle_mb": round(idle_mb, 1),
        "peak_mb": round(peak_memory_mb(pid), 1),
        "heard_p50_ms": round(float(p50_ms), 1),
        "heard_p99_ms": round(float(p99_ms), 1),
        "all_heard_ms": [round(max(took), 1) for took in took_ms],
    }
