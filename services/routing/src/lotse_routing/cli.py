"""The command line of the routing service."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import asyncpg
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from lotse_routing.network.import_links import import_links as read_link_files
from lotse_routing.network.import_osm import import_osm as read_osm_file
from lotse_routing.network.link_files import BadRowsError
from lotse_routing.network.model import StreetNetwork
from lotse_routing.network.osm_file import OsmFileError
from lotse_routing.network.store import save_network
from lotse_routing.network.summary import ImportSummary
from lotse_shared.database import AWAY, connect
from lotse_shared.settings import DatabaseSettings, SettingsError

app = typer.Typer(
    help="Lotse routing: street graph, link state, sign decisions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Name = Annotated[str | None, typer.Option(help="What the network is called. Default: the name of the file or folder.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and tell, store nothing; needs no database.")]
Report = Annotated[Path | None, typer.Option(help="Write the summary to this file, as JSON.", dir_okay=False)]
Imported = tuple[StreetNetwork, ImportSummary]
T = TypeVar("T")


@app.command()
def serve() -> None:
    """Run the routing service until it is told to stop."""
    from lotse_routing.serve import serve as run  # noqa: PLC0415 - an import of streets needs no server

    asyncio.run(run())


@app.command()
def warm() -> None:
    """Compile the routing core once, so that no start has to wait for it."""
    from lotse_routing.core.jit import are_kept  # noqa: PLC0415 - other commands need no compiler
    from lotse_routing.core.warm import warm_up  # noqa: PLC0415

    started = time.perf_counter()
    warm_up()
    kept = "kept" if are_kept() else "not kept: no folder can be written to (set NUMBA_CACHE_DIR)"
    typer.echo(f"routing core compiled in {time.perf_counter() - started:.1f} s, {kept}")


@app.command()
def import_osm(
    file: Annotated[Path, typer.Argument(help="An OpenStreetMap file: .osm, .osm.gz or .osm.pbf.")],
    *,
    name: Name = None,
    dry_run: DryRun = False,
    report: Report = None,
) -> None:
    """Import the car network of an OpenStreetMap file and make it the active one."""

    def read() -> Imported:
        with _progress() as progress:

            def watch(items: Iterable[T], total: float | None, *, description: str) -> Iterable[T]:
                return progress.track(items, total, description=description)

            return read_osm_file(file, name or file.name.partition(".")[0], watch)

    _import(read, dry_run=dry_run, report=report)


@app.command()
def import_links(
    folder: Annotated[Path, typer.Argument(help="A folder with junctions.csv, links.csv and maybe banned_turns.csv.")],
    *,
    name: Name = None,
    dry_run: DryRun = False,
    report: Report = None,
) -> None:
    """Import a street network of plain files and make it the active one. All or nothing."""
    _import(lambda: read_link_files(folder, name or folder.resolve().name), dry_run=dry_run, report=report)


def _import(read: Callable[[], Imported], *, dry_run: bool, report: Path | None) -> None:
    settings = None if dry_run else _database_settings()
    started = time.perf_counter()
    try:
        network, summary = read()
    except (OsmFileError, BadRowsError) as error:
        _fail(str(error))
    summary = replace(
        summary, seconds=round(time.perf_counter() - started, 3), peak_memory_mb=round(_peak_memory_mb(), 1)
    )
    if settings is not None:
        _store(settings, network, summary)
    for line in summary.lines():
        typer.echo(line)
    typer.echo("stored and active" if settings else "dry run: nothing was stored")
    if report is not None:
        _write_report(report, summary)


def _write_report(report: Path, summary: ImportSummary) -> None:
    try:
        report.write_text(json.dumps(summary.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        _fail(f"the report could not be written: {error}")


def _database_settings() -> DatabaseSettings:
    try:
        return DatabaseSettings()
    except SettingsError as error:
        _fail(
            f"the database is not known ({error}): set LOTSE_DATABASE_DSN=postgresql://user:password@host:port/database,"
            " or use --dry-run"
        )


def _store(settings: DatabaseSettings, network: StreetNetwork, summary: ImportSummary) -> None:
    async def store() -> None:
        connection = await connect(settings, "lotse-routing-import")
        try:
            await save_network(connection, network, datetime.now(UTC), summary.as_json())
        finally:
            await connection.close()

    try:
        asyncio.run(store())
    except asyncpg.UndefinedTableError:
        _fail("the database has no tables yet: run lotse-migrate first")
    except AWAY as error:
        _fail(f"the network could not be stored: {error}. Check LOTSE_DATABASE_DSN and that the database runs")


def _progress() -> Progress:
    """Show progress on a terminal; be silent elsewhere."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _peak_memory_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
