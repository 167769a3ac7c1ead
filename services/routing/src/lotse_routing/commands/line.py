"""What commands have in common: one connection to the database, and one line for whatever goes wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, TypeVar

import asyncpg
import typer

from lotse_routing.network.model import NetworkError
from lotse_shared.database import AWAY, connect
from lotse_shared.settings import DatabaseSettings, SettingsError

T = TypeVar("T")


class UnusableDatabaseError(Exception):
    """The database is away, has no tables, or holds a damaged network; the message says what to do, in one line."""


def database_settings(otherwise: str = "") -> DatabaseSettings:
    """Read where the database is, or end with what to do; `otherwise` tells how to do without."""
    try:
        return DatabaseSettings()
    except SettingsError as error:
        way = "set LOTSE_DATABASE_DSN=postgresql://user:password@host:port/database"
        fail(f"the database is not known ({error}): {way}{otherwise}")


def run_on_database(settings: DatabaseSettings, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
    """Do something on one connection.

    Raises
    ------
    UnusableDatabaseError
        The database cannot be used.
    """

    async def run() -> T:
        connection = await connect(settings, "lotse-routing-command")
        try:
            return await work(connection)
        finally:
            await connection.close()

    try:
        return asyncio.run(run())
    except asyncpg.UndefinedTableError as error:
        message = "the database has no tables yet: run lotse-migrate first"
        raise UnusableDatabaseError(message) from error
    except NetworkError as error:
        raise UnusableDatabaseError(str(error)) from error
    except AWAY as error:
        message = f"the database is away: {error}. Check LOTSE_DATABASE_DSN and that the database runs"
        raise UnusableDatabaseError(message) from error


@contextmanager
def told_in_one_line(*errors: type[Exception]) -> Iterator[None]:
    """End the command with the message of an error, if it is one of these or the database cannot be used."""
    kinds: tuple[type[Exception], ...] = (UnusableDatabaseError, *errors)
    try:
        yield
    except kinds as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    """End the command with a message."""
    typer.echo(message, err=True)
    raise typer.Exit(1)
