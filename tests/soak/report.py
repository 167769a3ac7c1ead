"""What a soak found: a table, a picture, JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from rich.table import Table

from soak.people import Heard
from soak.samples import CONNECTIONS, DESCRIPTORS, EVERYBODY, MEMORY, WARM_SHARE, Sample, growth_pct

HIGHEST_GROWTH_PCT = 5.0
QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
AXES = {MEMORY: "resident memory, MB", DESCRIPTORS: "open descriptors", CONNECTIONS: "database connections"}


def figures(samples: Sequence[Sample], heard: Heard, readings_per_s: float, lost: int) -> dict[str, float | None]:
    """R6 is the worst growth of anything of anybody."""
    growth = growth_pct(samples)
    by_kind = {
        f"R6_{kind}_growth_pct": round(max(pct for (what, _), pct in growth.items() if what == kind), 2)
        for kind in AXES
    }
    return {
        "R6_growth_pct": round(max(growth.values()), 2),
        **by_kind,
        "soak_minutes": round(samples[-1].at_s / 60, 1),
        "soak_readings_per_s": round(readings_per_s, 1),
        "soak_readings_lost": lost,
        "soak_faults": sum(heard.faults.values()),
        **{f"soak_sign_poll_{name}_ms": ms for name, ms in quantiles_ms(heard, "sign poll").items()},
    }


def quantiles_ms(heard: Heard, what: str) -> dict[str, float]:
    """Percentiles of what was asked, over the whole run."""
    took_ms = [took for _, took in heard.took_ms[what]]
    return {name: round(float(np.quantile(took_ms, share)), 2) for name, share in QUANTILES.items()}


def runs(samples: Sequence[Sample], heard: Heard) -> list[dict[str, Any]]:
    """Everything else that is known."""
    growth = {f"{what} of {who}": round(pct, 2) for (what, who), pct in growth_pct(samples).items()}
    told = [
        {"at_s": round(each.at_s, 1), **{f"{what} of {who}": round(n, 1) for (what, who), n in each.held.items()}}
        for each in samples
    ]
    latencies = {what: {"asked": len(heard.took_ms[what]), **quantiles_ms(heard, what)} for what in heard.took_ms}
    return [
        {"run": "growth", "pct": growth},
        {"run": "latency, ms", **latencies},
        {"run": "events heard", **heard.events},
        {"run": "faults", **heard.faults},
        {"run": "samples", "samples": told},
    ]


def growth_table(samples: Sequence[Sample]) -> Table:
    """Who holds what at the end, and what of it has grown."""
    drawn = Table("what", "who", "at the end", "growth")
    last = samples[-1].held
    for (kind, who), pct in growth_pct(samples).items():
        held = sum(n for (what, name), n in last.items() if what == kind and who in {name, EVERYBODY})
        drawn.add_row(AXES[kind], who, f"{held:.0f}", f"{pct:+.1f} %")
    return drawn


def latency_table(heard: Heard) -> Table:
    """How long answers took."""
    drawn = Table("asked", "times", *QUANTILES)
    for what in heard.took_ms:
        values = [f"{ms:.1f} ms" for ms in quantiles_ms(heard, what).values()]
        drawn.add_row(what, f"{len(heard.took_ms[what]):,}", *values)
    return drawn


def draw(samples: Sequence[Sample], heard: Heard, path: Path) -> None:
    """Draw what is held, and what sign polls took, over the minutes."""
    mpl.rcParams["svg.hashsalt"] = "lotse"
    figure = Figure(figsize=(10, 9), layout="constrained")
    panes = figure.subplots(4, 1, sharex=True)
    for axes, (kind, title) in zip(panes, AXES.items(), strict=False):
        for name in sorted({who for what, who in samples[-1].held if what == kind}):
            axes.plot(*_line(samples, kind, name), label=name)
        axes.set_ylim(bottom=0)
        axes.set_title(title, loc="left", fontsize=10)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    at_s, took_ms = np.array(heard.took_ms["sign poll"]).T
    panes[3].scatter(at_s / 60, took_ms, s=2, color="#4a6fa5")
    panes[3].set(yscale="log", xlabel="minutes")
    panes[3].set_title("a sign's poll, ms", loc="left", fontsize=10)
    for axes in panes:
        axes.axvspan(0, WARM_SHARE * samples[-1].at_s / 60, color="#f2f2f2")
        axes.grid(visible=True, color="#e4e4e4")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def _line(samples: Sequence[Sample], kind: str, name: str) -> tuple[list[float], list[float]]:
    return [each.at_s / 60 for each in samples], [each.held.get((kind, name), 0.0) for each in samples]


def shortfalls(found: Mapping[str, float | None]) -> list[str]:
    """What is not as demanded; empty if all is well."""
    grew = f"something has grown by more than {HIGHEST_GROWTH_PCT:g} %"
    demands = {
        grew: (found["R6_growth_pct"] or 0) < HIGHEST_GROWTH_PCT,
        "readings were lost": found["soak_readings_lost"] == 0,
        "the gateway gave no answer, or an error": found["soak_faults"] == 0,
    }
    return [what for what, is_met in demands.items() if not is_met]
