"""From standings to the figures of targets P5, and the tables that a person reads."""

from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np
from rich.table import Table

from benchmarks.report import paired_ratio
from benchmarks.routing.arena import Standing
from benchmarks.routing.contestants import OURS

Figures = dict[str, float | None]
LARGE = 100


def list_runs(standings: Sequence[Standing]) -> list[dict[str, Any]]:
    """List the runs of all contestants."""
    return [run for standing in standings for run in standing.as_runs()]


def make_figures(standings: Sequence[Standing], copies: Sequence[int]) -> Figures:
    """Give the figures of the contestants by name; None for what was not measured.

    `P5_x100_vs_networkx` is the lower of the two graphs' ratios.
    """
    runs = list_runs(standings)
    figures: Figures = {f"P5_{kind}_vs_networkx": _times(runs, kind, 1, "networkx") for kind in ("node", "turn")}
    for count in sorted({*copies, LARGE} - {1}):
        for kind in ("node", "turn"):
            figures[f"P5_{kind}_x{count}_vs_networkx"] = _times(runs, kind, count, "networkx")
    large = [figures[f"P5_{kind}_x{LARGE}_vs_networkx"] for kind in ("node", "turn")]
    figures["P5_x100_vs_networkx"] = min((ratio for ratio in large if ratio is not None), default=None)
    for count in sorted(copies):
        for kind in ("node", "turn"):
            name = f"P5_{kind}_vs_routingkit" if count == 1 else f"P5_{kind}_x{count}_vs_routingkit"
            figures[name] = _times(runs, kind, count, "routingkit-cch")
    for standing in standings:
        if standing.contestant == OURS and standing.copies == 1:
            figures |= _of_ours(standing)
    figures["P5_wrong_answers"] = sum(standing.wrong for standing in standings)
    return figures


def name_after(base: str, figures: Figures) -> Figures:
    """Say in the figures' names that they are those of another network than the targets speak of."""
    return {**dict.fromkeys(figures), **{f"{name}_{base.replace(' ', '_')}": value for name, value in figures.items()}}


def make_table(standings: Sequence[Standing]) -> Table:
    """Make the table of one graph."""
    first, ours_ms = standings[0], next((s.job_median_ms for s in standings if s.contestant == OURS), None)
    title = f"{first.kind} graph, {first.copies} x the city: {first.nodes:,} nodes, {first.arcs:,} arcs"
    table = Table(title=f"\n{title}", title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    for column in ("build s", "apply ms", "query µs", "p99 µs", "job ms", "x ours", "MB", "asked"):
        table.add_column(column, justify="right", no_wrap=True)
    for s in standings:
        times = None if ours_ms is None else s.job_median_ms / ours_ms
        shown = (
            s.preprocessing_s,
            median(s.apply_ms),
            median(s.query_us),
            s.query_p99_us(),
            s.job_median_ms,
            times,
            s.memory_mb,
        )
        wrong = f" [bold red]({s.wrong} wrong)" if s.wrong else ""
        table.add_row(s.contestant + wrong, *map(_short, shown), str(s.asked))
    return table


def _short(number: float | None) -> str:
    """Write about three digits."""
    if number is None:
        return ""
    digits = next((digits for digits, least in ((0, 100), (1, 10), (2, 0.1)) if number >= least), 3)
    return f"{number:,.{digits}f}"


def _times(runs: list[dict[str, Any]], kind: str, copies: int, other: str) -> float | None:
    """How many times as long as ours the job takes another."""
    theirs, ours = (f"{kind} {copies}x {name}" for name in (other, OURS))
    names = {run["run"] for run in runs}
    return paired_ratio(runs, theirs, ours, "job_ms") if {theirs, ours} <= names else None


def _of_ours(standing: Standing) -> Figures:
    refreshing_us = float(np.percentile(standing.query_refreshing_us, 99))
    return {
        f"P5_refresh_{standing.kind}_ms": round(median(standing.apply_ms), 3),
        f"P5_query_p99_{standing.kind}_us": round(standing.query_p99_us(), 1),
        f"P5_query_undisturbed_p99_{standing.kind}_us": round(standing.query_undisturbed_p99_us(), 1),
        f"P5_query_p99_refreshing_{standing.kind}_us": round(refreshing_us, 1),
        f"P5_query_p99_refreshing_ratio_{standing.kind}": round(refreshing_us / standing.query_p99_us(), 2),
    }
