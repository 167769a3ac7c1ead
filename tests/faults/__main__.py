"""Command of `make test-faults`: kill, cut off and insult the line, and settle the account."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from benchmarks.report import describe_versions, write_report
from rich.console import Console

from faults import report
from faults.cases.case import CaseRun, run_case
from faults.cases.faults import CASES
from faults.hostility import FEW, MANY, RARE, ROUNDS, Assault, HostileRun
from faults.kills import Killing, KillRun
from faults.rig import Setup, running_rig
from faults.town import living
from faults.traffic import Pressure

SLOTS = 2
console = Console()


def run_kills(folder: Path, pressure: Pressure, kills: int, outage_s: float) -> tuple[KillRun, dict[str, str]]:
    """Kills and an outage on a rig of their own."""
    with running_rig(folder, Setup(slots=SLOTS, has_town=True)) as rig:
        assert rig.town is not None
        with living(rig.town) as (street, room):
            run = Killing(rig, pressure, console.print).run(kills, outage_s, street, room)
        return run, report.versions(rig)


def run_cases(folder: Path, pressure: Pressure) -> list[CaseRun]:
    """Each other fault, on a rig of its own."""
    runs = []
    for number, case in enumerate(CASES):
        runs.append(run_case(case, folder / f"case-{number}", pressure))
        console.print(f"{case.name}: recovered in {runs[-1].took_s:.1f} s")
    return runs


def run_hostile(folder: Path, seed: int, hostile: int, rounds: Sequence[int]) -> HostileRun:
    """Hostile messages on a rig of their own."""
    with running_rig(folder, Setup()) as rig:
        return Assault(rig, seed, console.print).run(hostile, rounds)


def main(  # noqa: PLR0913 - the options
    *,
    kills: Annotated[int, typer.Option(help="how many processes are killed")] = 30,
    outage: Annotated[float, typer.Option(help="seconds for which the database is away; two more kills")] = 60,
    hostile: Annotated[int, typer.Option(help="how many hostile messages")] = 100_000,
    rate: Annotated[float, typer.Option(help="messages a second during the kills")] = 500,
    keep: Annotated[float, typer.Option(help="the publisher sends the last so many seconds again; 0: it trusts")] = 10,
    seed: Annotated[int, typer.Option(help="the same seed gives the same messages and the same plan")] = 1,
    quick: Annotated[bool, typer.Option("--quick", help="6 kills, 5 s, 2,000 hostile messages: for CI")] = False,
) -> None:
    """Prove that nothing is lost; ends with 1 if something is, or if a figure is not reached."""
    rounds: Sequence[int] = ROUNDS
    if quick:
        kills, outage, hostile, rounds = 6, 5, 2_000, (RARE, FEW, MANY)
    console.print(f"seed {seed}: {kills} kills, the database away for {outage:g} s, {hostile} hostile messages")
    with tempfile.TemporaryDirectory(prefix="lotse-faults-") as name:
        pressure = Pressure(seed, rate, keep)
        killed, versions = run_kills(Path(name, "kills"), pressure, kills, outage)
        others = run_cases(Path(name), pressure)
        assaulted = run_hostile(Path(name, "hostile"), seed, hostile, rounds)
    found = report.figures(killed, assaulted, others)
    runs = [*report.runs(killed, assaulted, others), {"seed": seed}]
    path = write_report("test-faults", {**found}, runs, describe_versions(**versions))
    console.print(report.table(found), report.case_table(others))
    console.print(report.summary(killed, assaulted, others), f"written to {path}")
    if missed := report.shortfalls(killed, assaulted, others, is_quick=quick):
        for shortfall in missed:
            console.print(f"[red]{shortfall}[/red]")
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
