"""Commands on usual trips."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from lotse_routing.commands.import_trips import Imported, TripRow
from lotse_routing.commands.import_trips import import_trips as put
from lotse_routing.commands.learn_profile import NoNetworkError
from lotse_routing.commands.line import database_settings, run_on_database, told_in_one_line
from lotse_routing.commands.progress import watched
from lotse_routing.network.link_files import BadRowsError


def import_trips(
    file: Annotated[Path, typer.Argument(help="CSV with the columns departs_at, links, vehicles, days.")],
) -> None:
    """Import a sample of the usual trips, in place of those before: signs then speak to those who are affected."""
    database = database_settings()

    async def work(connection: asyncpg.Connection) -> Imported:
        return await put(connection, file, _watch)

    with told_in_one_line(NoNetworkError, BadRowsError):
        imported = run_on_database(database, work)
    for line in imported.lines():
        typer.echo(line)


def _watch(rows: Iterable[tuple[int, TripRow]], total: int) -> Iterable[tuple[int, TripRow]]:
    with watched() as watch:
        yield from watch(rows, total, description="trips on streets")
