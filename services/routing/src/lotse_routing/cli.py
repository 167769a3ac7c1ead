"""The command line of the routing service."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

import asyncpg
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from lotse_routing.learn_profile import Learned, NoNetworkError, NothingMeasuredError, learn_profile
from lotse_routing.network.import_links import import_links as read_link_files
from lotse_routing.network.import_osm import import_osm as read_osm_file
from lotse_routing.network.link_files import BadRowsError
from lotse_routing.network.model import StreetNetwork
from lotse_routing.network.osm_file import OsmFileError
from lotse_routing.network.store import save_network
from lotse_routing.network.summary import ImportSummary
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.profile import quarter_begin
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


@app.command("learn-profile")
def learn_typical_speeds(
    since: Annotated[datetime, typer.Option("--from", help="Where to begin: local time of LOTSE_ROUTING_TIME_ZONE.")],
    until: Annotated[datetime | None, typer.Option(help="Where to end. Default: now.")] = None,
) -> None:
    """Learn the typical speeds of each quarter of the week from stored history, in place of those learned so far."""
    database, settings = _database_settings(), EstimateSettings()
    zone = ZoneInfo(settings.time_zone)
    ends_at = datetime.now(UTC) if until is None else until.replace(tzinfo=zone)
    begins_at = quarter_begin(since.replace(tzinfo=zone).astimezone(UTC))
    ends_at = quarter_begin(ends_at.astimezone(UTC))
    if ends_at <= begins_at:
        _fail("--from has to lie before --until")

    def watch(days: Iterable[datetime], total: int) -> Iterable[datetime]:
        with _progress() as progress:
            yield from progress.track(days, total, description="learning, day by day")

    async def run() -> Learned:
        connection = await connect(database, "lotse-routing-learn-profile")
        try:
            return await learn_profile(connection, begins_at, ends_at, settings, watch)
        finally:
            await connection.close()

    for line in _talking_to_the_database(run, "the profile could not be learned").lines():
        typer.echo(line)


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

    _talking_to_the_database(store, "the network could not be stored")


def _talking_to_the_database(talk: Callable[[], Coroutine[Any, Any, T]], failure: str) -> T:
    try:
        return asyncio.run(talk())
    except asyncpg.UndefinedTableError:
        _fail("the database has no tables yet: run lotse-migrate first")
    except (NoNetworkError, NothingMeasuredError) as error:
        _fail(f"{failure}: {error}")
    except AWAY as error:
        _fail(f"{failure}: {error}. Check LOTSE_DATABASE_DSN and that the database runs")


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
