"""Cores of their own: for the gateway and the signs that poll it, and for the database and those who ask for history.

On a machine of two cores a database that works hard takes them from the gateway, whatever the gateway does; a real one
has a machine of its own, or cores enough. What is to be measured is how much the gateway itself keeps signs waiting.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from processes_standalone import children_of


def halves() -> tuple[set[int], set[int]]:
    """Give the cores that we may use, in two halves; all of them twice, if there is but one."""
    cores = sorted(os.sched_getaffinity(0))
    middle = len(cores) // 2
    return (set(cores[:middle]), set(cores[middle:])) if middle else (set(cores), set(cores))


def keep_to(cores: set[int], pids: Iterable[int]) -> None:
    """Let processes, with all their threads and what is below them, run on these cores only."""
    for pid in pids:
        for each in (pid, *children_of(pid)):
            with suppress(OSError):  # ended meanwhile
                for thread in Path(f"/proc/{each}/task").iterdir():
                    os.sched_setaffinity(int(thread.name), cores)


@contextmanager
def apart(ours: Iterable[int], others: Iterable[int]) -> Iterator[None]:
    """Keep us and these on one half, the others on the other one, for as long as the block lasts.

    What is started inside is on our half unless it is kept to another one.
    """
    all_cores = os.sched_getaffinity(0)
    first, second = halves()
    ours, others = [os.getpid(), *ours], list(others)
    keep_to(first, ours)
    keep_to(second, others)
    try:
        yield
    finally:
        keep_to(all_cores, [*ours, *others])
