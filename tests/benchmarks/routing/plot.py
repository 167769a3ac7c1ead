"""The picture of docs/performance.md."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.routing.arena import Standing
from benchmarks.routing.contestants import CONTESTANTS, OURS

COLOURS = dict(zip(CONTESTANTS, ("#7a7a7a", "#b08a3e", "#5a8f5a", "#4a6fa5", "#c0392b"), strict=True))
TITLES = {"node": "junctions, turn-blind", "turn": "streets and allowed turns"}


def draw(standings: Sequence[Standing], base: str, path: Path) -> None:
    """Draw the job's time by contestant and size, both axes logarithmic."""
    mpl.rcParams["svg.hashsalt"] = "lotse"  # equal figures, equal file
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    for axes, kind in zip(figure.subplots(1, 2, sharey=True), TITLES, strict=True):
        mine = [standing for standing in standings if standing.kind == kind]
        for name in CONTESTANTS:
            line = [(s.copies, s.job_median_ms) for s in mine if s.contestant == name]
            if line:
                width = 2.5 if name == OURS else 1.5
                axes.plot(*zip(*line, strict=True), marker="o", label=name, color=COLOURS[name], linewidth=width)
        sizes = {s.copies: s.nodes for s in mine}
        axes.set(xscale="log", yscale="log", title=TITLES[kind], xlabel=f"{base}, times")
        axes.set_xticks(list(sizes), [f"{copies}\n{nodes:,} nodes" for copies, nodes in sizes.items()])
        axes.minorticks_off()
        axes.margins(x=0.12)
        axes.grid(visible=True, color="#e4e4e4")
    figure.axes[0].set_ylabel("all weights new, then 200 detours with path: ms")
    figure.axes[0].legend()
    figure.savefig(path, metadata={"Date": None})
