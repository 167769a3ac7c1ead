"""What `evaluation.estimation --report` found, as sections of the page."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.report.words import number, table

COMMAND = "PYTHONPATH=tests .venv/bin/python -m evaluation.estimation ../shared/data/aarhus-5min --report {file}"
NOWHERE = "build/estimation.json"


def read_estimates(path: Path | None) -> Mapping[str, Any]:
    """Read the file; nothing if there is none."""
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path and path.is_file() else {}
    return found


def figures_of(estimates: Mapping[str, Any]) -> dict[str, float | None]:
    """Give the figures that are kept; the one that has a target is there, if only as None."""
    return {"B5_mae_gain_pct": None, **estimates.get("figures", {})}


def write_estimates(estimates: Mapping[str, Any], path: Path | None) -> str:
    """Write the tables of errors and onsets, or say that they are missing and how to get them."""
    if not estimates:
        command = COMMAND.format(file=path or NOWHERE)
        return f"**Missing: the estimation was not measured, so B5 is open.** Make it with\n\n    {command}"
    errors, onsets = estimates.get("table", {}), estimates.get("onsets", {})
    parts = [
        f"Mean absolute error, km/h:\n\n{_cross_table('setting', errors)}" if errors else "**No table of errors.**",
        f"Onsets of congestion:\n\n{_onsets(onsets)}" if onsets else "**No onsets were measured.**",
    ]
    return "\n\n".join(parts)


def _onsets(onsets: Mapping[str, Any]) -> str:
    if all(isinstance(value, Mapping) for value in onsets.values()):
        return _cross_table("", onsets)
    return table(["onsets", ""], [[name.replace("_", " "), _cell(value)] for name, value in onsets.items()])


def _cross_table(corner: str, found: Mapping[str, Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(column for row in found.values() for column in row))
    rows = [[name, *(_cell(row.get(column)) for column in columns)] for name, row in found.items()]
    return table([corner, *(column.replace("_", " ") for column in columns)], rows)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return number(value, 2)
    return "-" if value is None else str(value)
