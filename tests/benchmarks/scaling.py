"""What places of several sizes need, from what `make bench-costs` found: the table and the diagram of docs/scaling.md.

A model, not a measurement: costs times numbers. It leaves out what nobody measured, such as a network between machines.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import typer

from benchmarks.report import FOLDER

Costs = dict[str, float]

POLL_S = 30.0
HINT_PAUSE_S, SLOWEST_PAUSE_S = 0.1, 5.0
"""Between two steps of routing: by default, and at most (LOTSE_ROUTING_HINT_PAUSE_S)."""
LOAD = 0.5
"""So full may a core be, for the hours when all goes wrong at once."""
KEPT_DAYS, UNCOMPRESSED_DAYS, COMPRESSION = 400, 7, 6.0
DISTURBED = 0.05
"""Share of signs that a bad morning concerns, each with the cost of a sign in a disturbed town."""
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Place:
    """How many there are of what; every detector reports each minute."""

    name: str
    links: int
    detectors: int
    signs: int

    @property
    def readings_per_s(self) -> float:
        """Of all detectors."""
        return self.detectors / 60


PLACES = (
    Place("Kaiserslautern", 4_369, 200, 20),
    Place("a large city", 50_000, 2_000, 200),
    Place("a region", 500_000, 20_000, 1_000),
    Place("a country's main roads", 2_000_000, 100_000, 5_000),
)


@dataclass(frozen=True, slots=True)
class Needs:
    """Cores in use, by process; seconds between routing's steps, and of one step in a bad hour; bytes on disk."""

    ingest: float
    broker: float
    database: float
    routing: float
    gateway: float
    pause_s: float
    bad_step_s: float
    disk_gb: float
    routing_gb: float

    @property
    def cores(self) -> float:
        """Of all."""
        return self.ingest + self.broker + self.database + self.routing + self.gateway


def needs_of(place: Place, costs: Costs) -> Needs:
    """Multiply."""
    rate = place.readings_per_s
    refresh_s = costs["refresh_cpu_ms_10x"] / 1000 / costs["links_10x"] * place.links
    quiet_s = refresh_s + costs["sign_step_quiet_cpu_us"] / 1e6 * place.signs
    pause_s = min(SLOWEST_PAUSE_S, max(HINT_PAUSE_S, quiet_s / LOAD))
    bad_s = quiet_s + DISTURBED * place.signs * costs["sign_step_disturbed_cpu_us"] / 1e6
    day_bytes = costs["reading_table_bytes"] * rate * DAY_S
    days = UNCOMPRESSED_DAYS + (KEPT_DAYS - UNCOMPRESSED_DAYS) / COMPRESSION
    return Needs(
        ingest=rate * costs["reading_ingest_cpu_us"] / 1e6,
        broker=rate * costs["reading_broker_cpu_us"] / 1e6,
        database=rate * costs["reading_postgres_cpu_us"] / 1e6,
        routing=rate * costs["reading_routing_cpu_us"] / 1e6 + quiet_s / pause_s,
        gateway=place.signs / POLL_S * costs["poll_gateway_cpu_us"] / 1e6,
        pause_s=pause_s,
        bad_step_s=bad_s,
        disk_gb=day_bytes * days / 1e9,
        routing_gb=0.25 + costs["memory_mb_10x"] / costs["links_10x"] * place.links / 1024,
    )


def tables(costs: Costs) -> list[str]:
    """Give two tables of Markdown: what there is and how often routing decides; what each process uses."""
    first = [
        "| | detectors | readings/s | links | signs | step every | step in a bad hour | memory of routing | disk |"
    ]
    first += ["|" + "---|" * 9]
    second = ["| cores in use | ingest | broker | database | routing | gateway | all |", "|" + "---|" * 7]
    for place in PLACES:
        needs = needs_of(place, costs)
        counts = (place.detectors, round(place.readings_per_s), place.links, place.signs)
        times = (
            f"{needs.pause_s:.1f} s | {needs.bad_step_s:.1f} s | {needs.routing_gb:.1f} GB | {needs.disk_gb:,.0f} GB"
        )
        first.append(f"| {place.name} | {' | '.join(f'{each:,}' for each in counts)} | {times} |")
        cores = (needs.ingest, needs.broker, needs.database, needs.routing, needs.gateway, needs.cores)
        second.append(f"| {place.name} | {' | '.join(f'{each:.3f}' for each in cores)} |")
    return [*first, "", *second]


def diagram(costs: Costs) -> list[str]:
    """Give a Mermaid chart: cores that each process uses, by place."""
    needs = [needs_of(place, costs) for place in PLACES]
    names = ", ".join(f'"{place.name}"' for place in PLACES)
    lines = [
        "```mermaid",
        "xychart-beta",
        '    title "Cores in use: routing (line), everything else (bars)"',
        f"    x-axis [{names}]",
    ]
    lines += ['    y-axis "cores"', f"    bar [{', '.join(f'{each.cores - each.routing:.3f}' for each in needs)}]"]
    return [*lines, f"    line [{', '.join(f'{each.routing:.3f}' for each in needs)}]", "```"]


def main(path: Path = FOLDER / "bench-costs.json") -> None:
    """Print both."""
    costs = {name: float(value) for name, value in json.loads(path.read_text())["figures"].items()}
    typer.echo("\n".join([*tables(costs), "", *diagram(costs)]))


if __name__ == "__main__":
    typer.run(main)
