"""`make bench-ingest`: how fast queued QoS 1 messages are stored, beside a C pipeline and a naive service."""

import asyncio
import logging
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from fixtures.brokers import Mosquitto
from pydantic import SecretStr
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.contestants import Bench, run_backlog_without_database, run_c_pipeline, run_naive, run_ours
from benchmarks.history import Figures, measure_history
from benchmarks.load import arrays, singles
from benchmarks.report import describe_versions, middle, paired_ratio, write_report
from lotse_shared.migrate import migrate_database
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.machine.ports import free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres

CONFIGURATION = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 1800
max_queued_messages 0
max_inflight_messages 0
"""
console = Console()


def main(
    quick: Annotated[bool, typer.Option("--quick", help="fewer messages, one round")] = False,  # noqa: FBT002
    rounds: Annotated[int, typer.Option(help="interleaved rounds; figures are their medians")] = 3,
    scale: Annotated[float, typer.Option(help="factor on the number of messages")] = 1.0,
    only: Annotated[str, typer.Option(help="run only what has this in its name")] = "",
    history: Annotated[str, typer.Option(help="P7, on TEST_TIMESCALE_DSN: days x detectors")] = "60x200",
) -> None:
    """Measure, print a table, write build/bench/bench-ingest.json."""
    logging.disable(logging.INFO)
    rounds, scale = (1, scale * 0.3) if quick else (rounds, scale)
    with tempfile.TemporaryDirectory(prefix="lotse-bench-") as folder:
        bench = _start(Path(folder))
        try:
            _measure(bench, rounds, scale, only)
        finally:
            bench.broker.stop()
            subprocess.run(["kill", "-INT", str(bench.database_pid)], check=False)
    figures = _figures(bench)
    if only in "history":
        figures |= _measure_history(bench, "14x50" if quick else history)
    path = write_report("bench-ingest", figures, bench.runs, describe_versions(**_programs()))
    _print(bench, figures)
    console.print(f"written to {path}")


def _start(folder: Path) -> Bench:
    (folder / "mosquitto").mkdir()
    broker = Mosquitto(folder / "mosquitto", configuration=CONFIGURATION)
    broker.start()
    postgres = EmbeddedPostgres(folder / "postgres", free_port())
    postgres.start()
    database = DatabaseSettings(dsn=SecretStr(postgres.dsn()))
    asyncio.run(migrate_database(database))
    database_pid = int((postgres.data_folder / "postmaster.pid").read_text().split()[0])
    return Bench(broker, broker.pid, database, database_pid, folder / "ingest.log")


def _measure(bench: Bench, rounds: int, scale: float, only: str) -> None:
    one_each, in_arrays = singles(int(100_000 * scale)), arrays(int(300_000 * scale))
    readings = 50 * len(in_arrays)
    many = singles(int(200_000 * scale))
    few = one_each[: int(5_000 * min(scale, 1))]
    contestants: dict[str, Callable[[], None]] = {
        "ours, singles": lambda: run_ours(bench, "ours, singles", one_each, len(one_each)),
        "C pipeline, singles": lambda: run_c_pipeline(bench, "C pipeline, singles", one_each, len(one_each)),
        "ours, arrays": lambda: run_ours(bench, "ours, arrays", in_arrays, readings),
        "C pipeline, arrays": lambda: run_c_pipeline(bench, "C pipeline, arrays", in_arrays, readings, makes_rows=True),
        "C pipeline, raw arrays": lambda: run_c_pipeline(bench, "C pipeline, raw arrays", in_arrays, readings),
        "ours, 2 slots": lambda: run_ours(bench, "ours, 2 slots", one_each, len(one_each), slots=2),
        "naive": lambda: run_naive(bench, "naive", few),
    }
    chosen = {name: run for name, run in contestants.items() if only in name}
    with Progress(console=console) as progress:
        task = progress.add_task("bench", total=rounds * len(chosen) + 1)
        for number in range(rounds):
            for name, run in chosen.items():
                progress.update(task, description=f"round {number + 1}: {name}")
                run()
                progress.advance(task)
        if not only:
            progress.update(task, description="backlog without a database")
            run_backlog_without_database(bench, in_arrays + many, readings + len(many))
        progress.advance(task)


def _measure_history(bench: Bench, scale: str) -> Figures:
    days, detectors = map(int, scale.split("x"))
    with console.status("history") as status:
        figures, run = measure_history(days, detectors, status.update)
    bench.runs.append(run)
    console.print(run)
    return figures


def _figures(bench: Bench) -> Figures:
    names = {run["run"] for run in bench.runs}

    def ratio(ours: str, other: str, figure: str) -> float | None:
        return paired_ratio(bench.runs, ours, other, figure) if {ours, other} <= names else None

    ours = "ours, singles"
    cost = round(middle(bench.runs, ours, "consumer_cpu_s_per_100k"), 3) if ours in names else None
    return {
        "P1_vs_c_pipeline": ratio(ours, "C pipeline, singles", "messages_per_s"),
        "P1_vs_naive": ratio(ours, "naive", "messages_per_s"),
        "P1_cpu_s_per_100k": cost,
        "P2_vs_c_pipeline": ratio("ours, arrays", "C pipeline, arrays", "readings_per_s"),
        "P2_vs_c_pipeline_raw_lines": ratio("ours, arrays", "C pipeline, raw arrays", "readings_per_s"),
        "P3_peak_mb": max((run["peak_mb"] for run in bench.runs if "peak_mb" in run), default=None),
    }


def _programs() -> dict[str, str]:
    """Versions of what we are measured with."""
    told = subprocess.run(["mosquitto", "-h"], capture_output=True, text=True, check=False).stdout.splitlines()
    return {"mosquitto": told[0] if told else "?"}


def _print(bench: Bench, figures: dict[str, float | None]) -> None:
    columns = ("messages_per_s", "readings_per_s", "consumer_cpu_s_per_100k", "broker_cpu_s_per_100k")
    table = Table("run", *columns, "database_cpu_s_per_100k", "peak_mb")
    for run in (run for run in bench.runs if run["run"] != "history"):
        shown = [run.get(name) for name in (*columns, "database_cpu_s_per_100k", "peak_mb")]
        table.add_row(run["run"], *("" if value is None else f"{value:,.2f}" for value in shown))
    console.print(table)
    console.print(figures)


if __name__ == "__main__":
    typer.run(main)
