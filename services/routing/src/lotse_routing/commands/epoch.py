"""The command for what a database cannot know of itself: that it was put back to an earlier state."""

import asyncpg
import typer

from lotse_routing.commands.line import database_settings, run_on_database, told_in_one_line
from lotse_routing.queries import QUERIES


def raise_epoch() -> None:
    """Begin a new epoch, so that signs take what is decided from now on, whatever they hold.

    Routing does so by itself when a dump was loaded, after recovery to a moment, and when a standby took over. Run this
    after a disk or a virtual machine was put back to a snapshot, or when in doubt: signs only fetch their display anew.
    """
    database = database_settings()

    async def work(connection: asyncpg.Connection) -> tuple[int, int]:
        async with connection.transaction():
            await connection.execute(QUERIES["ensure_planner"])
            before = await connection.fetchval("select epoch from planner for update")
            return before, await connection.fetchval(QUERIES["raise_epoch"])

    with told_in_one_line():
        before, epoch = run_on_database(database, work)
    typer.echo(f"epoch {before} -> {epoch}: signs get their displays anew")
