"""Commands on street networks: import, export, compare."""

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from lotse_routing.commands.line import database_settings, fail, told_in_one_line
from lotse_routing.commands.network_database import NetworkDatabase, Replaced
from lotse_routing.commands.progress import watched
from lotse_routing.network.any_file import READ_ERRORS, import_any
from lotse_routing.network.compare.difference import compare_networks
from lotse_routing.network.graphs import exchange
from lotse_routing.network.import_links import import_links as read_link_files
from lotse_routing.network.import_osm import import_osm as read_osm_file
from lotse_routing.network.model import DrivesOn, StreetNetwork
from lotse_routing.network.osm.file import Watch
from lotse_routing.network.summary import ImportSummary

Name = Annotated[str | None, typer.Option(help="What the network is called. Default: the name of the file or folder.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and tell, store nothing; needs no database.")]
Report = Annotated[Path | None, typer.Option(help="Write the summary to this file, as JSON.", dir_okay=False)]
Side = Annotated[
    DrivesOn | None,
    typer.Option(help="Side of the road one drives on. Default: as tagged (driving_side), right if it is not."),
]
AnyFile = Annotated[Path, typer.Argument(help="OpenStreetMap data, a folder of plain files, or .graphml.")]
Imported = tuple[StreetNetwork, ImportSummary]


def import_osm(
    file: Annotated[Path, typer.Argument(help="An OpenStreetMap file: .osm, .osm.gz or .osm.pbf.")],
    *,
    name: Name = None,
    drives_on: Side = None,
    dry_run: DryRun = False,
    report: Report = None,
) -> None:
    """Import the road network of an OpenStreetMap file and make it the active one."""
    called = name or file.name.partition(".")[0]
    _import(lambda watch: read_osm_file(file, called, watch, drives_on=drives_on), dry_run=dry_run, report=report)


def import_links(
    folder: Annotated[Path, typer.Argument(help="A folder with junctions.csv, links.csv and maybe banned_turns.csv.")],
    *,
    name: Name = None,
    dry_run: DryRun = False,
    report: Report = None,
) -> None:
    """Import a street network of plain files and make it the active one. All or nothing."""
    _import(lambda _: read_link_files(folder, name or folder.resolve().name), dry_run=dry_run, report=report)


def import_graphml(
    file: Annotated[Path, typer.Argument(help="A GraphML file: of export-graphml, or saved by osmnx.")],
    *,
    name: Name = None,
    dry_run: DryRun = False,
    report: Report = None,
) -> None:
    """Import a street network from GraphML and make it the active one. All or nothing."""
    _import(lambda _: exchange.import_graphml(file, name or file.stem), dry_run=dry_run, report=report)


def export_graphml(
    file: Annotated[Path, typer.Argument(help="Where to write it.", dir_okay=False)],
    *,
    source: Annotated[Path | None, typer.Option("--from", help="A network file; default: the active network.")] = None,
) -> None:
    """Write the active network, or that of a file, as GraphML."""
    network = _read_file(source) if source else _active(_database())
    try:
        exchange.export_graphml(network, file)
    except OSError as error:
        fail(f"the network could not be written: {error}")
    typer.echo(f"{network.name}, version {network.version[:12]}: {len(network.links())} links written to {file}")


def compare(
    file: AnyFile,
    *,
    older: Annotated[Path | None, typer.Option("--with", help="A network file; default: the active network.")] = None,
    report: Report = None,
) -> None:
    """Tell what an import of this file would change, and what is registered that needs a look then. Stores nothing."""
    database = None if older else _database()
    newer = _read_file(file)
    if older:
        difference = compare_networks(_read_file(older), newer)
    elif database is not None:
        with told_in_one_line():
            found = database.compare(newer)
        if found is None:
            fail("no network is active yet: there is nothing to compare with (--with FILE compares with another file)")
        difference = found
    for line in difference.lines():
        typer.echo(line)
    _write_report(report, difference.as_json())


def _import(read: Callable[[Watch], Imported], *, dry_run: bool, report: Path | None) -> None:
    database = None if dry_run else _database()
    started = time.perf_counter()
    network, summary = _read(read)
    summary = replace(
        summary, seconds=round(time.perf_counter() - started, 3), peak_memory_mb=round(_peak_memory_mb(), 1)
    )
    replaced = Replaced()
    if database is not None:
        with told_in_one_line():
            replaced = database.replace_active(network, summary.as_json())
    difference = replaced.difference
    remark = [f"compared  {replaced.remark}"] if replaced.remark else []
    for line in [*summary.lines(), *(difference.lines() if difference else remark)]:
        typer.echo(line)
    typer.echo("stored and active" if database else "dry run: nothing was stored")
    _write_report(report, summary.as_json() | ({"difference": difference.as_json()} if difference else {}))


def _read(read: Callable[[Watch], Imported]) -> Imported:
    try:
        with watched() as watch:
            return read(watch)
    except READ_ERRORS as error:
        fail(str(error))


def _read_file(path: Path) -> StreetNetwork:
    return _read(lambda watch: import_any(path, path.name.partition(".")[0], watch))[0]


def _active(database: NetworkDatabase) -> StreetNetwork:
    with told_in_one_line():
        network = database.active()
    return network or fail("no network is active yet: import one, or give a file with --from")


def _write_report(report: Path | None, content: dict[str, object]) -> None:
    if report is None:
        return
    try:
        report.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        fail(f"the report could not be written: {error}")


def _database() -> NetworkDatabase:
    return NetworkDatabase(database_settings(otherwise=", or use --dry-run, --from, --with"))


def _peak_memory_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
