"""What the services hold, sampled again and again; and how much of it has grown. `growth_pct` is pure."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

import asyncpg
from benchmarks.processes import memory_mb

WARM_SHARE = 0.25
"""The first part of a run, in which caches fill: it does not count."""
COMPARED_SHARE = 0.25
"""Of the rest: its beginning is compared with its end."""
BACKENDS = """
select application_name as name, count(*)::int as n from pg_stat_activity
where application_name like 'lotse-%' group by application_name
"""
MEMORY, DESCRIPTORS, CONNECTIONS = "memory_mb", "descriptors", "connections"
EVERYBODY = "all together"


@dataclass(frozen=True, slots=True)
class Sample:
    """At a moment, seconds after the beginning: what each holds, by (what, who)."""

    at_s: float
    held: Mapping[tuple[str, str], float]


async def take_sample(pids: Mapping[str, int], database: asyncpg.Connection, began_s: float) -> Sample:
    """Look at all services: resident memory, open descriptors; and at the database for their connections."""
    held: dict[tuple[str, str], float] = {}
    for name, pid in pids.items():
        held[MEMORY, name] = memory_mb(pid)
        held[DESCRIPTORS, name] = _descriptors(pid)
    held |= {(CONNECTIONS, row["name"]): row["n"] for row in await database.fetch(BACKENDS)}
    return Sample(time.monotonic() - began_s, held)


def _descriptors(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def growth_pct(samples: Sequence[Sample]) -> dict[tuple[str, str], float]:
    """Tell by how many per cent more is held at the end than after warm-up, by (what, who).

    Of memory, the medians of a quarter each: a pause of the collector is not growth. Of what is counted, the mean of
    what all together held within each: one of five descriptors more would be a fifth, and a pool breathes, so that the
    most that it ever held tells of one busy moment. A leak stays, and raises the mean by each that is lost.
    """
    last_s = samples[-1].at_s
    warm = [sample for sample in samples if sample.at_s >= WARM_SHARE * last_s]
    size = max(1, int(COMPARED_SHARE * len(warm)))
    grown: dict[tuple[str, str], float] = {}
    for kind, who in sorted({name for sample in warm for name in sample.held}):
        if kind == MEMORY:
            values = [sample.held.get((kind, who), 0.0) for sample in warm]
            grown[kind, who] = _growth_pct(median(values[:size]), median(values[-size:]))
        elif (kind, EVERYBODY) not in grown:
            values = [sum(n for (what, _), n in sample.held.items() if what == kind) for sample in warm]
            grown[kind, EVERYBODY] = _growth_pct(fmean(values[:size]), fmean(values[-size:]))
    return grown


def _growth_pct(before: float, after: float) -> float:
    return 100 * (after - before) / max(before, 1.0)
