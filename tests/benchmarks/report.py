"""What every benchmark writes: build/bench/<target>.json."""

import json
import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

FOLDER = Path("build/bench")
PACKAGES = ("lotse-ingest", "paho-mqtt", "asyncpg", "msgspec")


def describe_machine() -> dict[str, Any]:
    """Tell what the figures were measured on."""
    cpu = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    memory = next((line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "0")
    return {"cpu": cpu, "cores": os.cpu_count(), "memory_gib": round(int(memory) / 2**20, 1), "os": platform.platform()}


def describe_versions(packages: Iterable[str] = PACKAGES, **more: str) -> dict[str, str]:
    """Tell of what."""
    return {"python": platform.python_version(), **{name: version(name) for name in packages}, **more}


def write_report(
    target: str, figures: dict[str, float | None], runs: list[dict[str, Any]], versions: dict[str, str]
) -> Path:
    """Write the figures of a target, and the runs that they come from."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{target}.json"
    body = {"machine": describe_machine(), "versions": versions, "figures": figures, "runs": runs}
    path.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
    return path


def middle(runs: list[dict[str, Any]], name: str, figure: str) -> float:
    """Give the median of a figure over the rounds of one run."""
    return median(_column(runs, name, figure))


def paired_ratio(runs: list[dict[str, Any]], ours: str, other: str, figure: str) -> float:
    """Give the median over the rounds of the ratio within a round.

    Within a round the machine was about as busy for both; a ratio of medians may compare one's quiet round with
    another's busy one.
    """
    pairs = zip(_column(runs, ours, figure), _column(runs, other, figure), strict=True)
    return round(median(mine / theirs for mine, theirs in pairs), 3)


def _column(runs: list[dict[str, Any]], name: str, figure: str) -> list[float]:
    return [float(run[figure]) for run in runs if run["run"] == name]


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()
