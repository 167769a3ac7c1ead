"""What processes used, as the kernel counts it (proc(5))."""

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from processes_standalone import children_of

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU-seconds of a process and all below it, those that have ended and were waited for included."""
    return sum(_own_and_waited_s(one) for one in [pid, *children_of(pid)])


def _own_and_waited_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS_A_SECOND


def peak_memory_mb(pid: int | Literal["self"]) -> float:
    """Most resident memory that a process ever had."""
    return _status_mb(pid, "VmHWM")


def memory_mb(pid: int) -> float:
    """Resident memory of a process now."""
    return _status_mb(pid, "VmRSS")


def _status_mb(pid: int | Literal["self"], name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


class CpuWatch:
    """Samples the CPU-seconds of processes, by name, until stopped; then tells what a span of time cost."""

    EVERY_S = 0.02

    def __init__(self, pids: Mapping[str, list[int]]) -> None:
        self._pids = pids
        self._samples: list[tuple[float, dict[str, float]]] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._end.wait(self.EVERY_S):
            self._samples.append((time.time(), self._now()))

    def _now(self) -> dict[str, float]:
        return {name: sum(map(cpu_s, pids)) for name, pids in self._pids.items()}

    def stop(self) -> None:
        """Take a last sample."""
        self._end.set()
        self._thread.join()
        self._samples.append((time.time(), self._now()))

    def since(self, begin_s: float) -> dict[str, float]:
        """CPU-seconds by name from the last sample before a moment (of the wall) to the end."""
        before = [sample for at_s, sample in self._samples if at_s <= begin_s] or [self._samples[0][1]]
        return {name: used - before[-1][name] for name, used in self._samples[-1][1].items()}
