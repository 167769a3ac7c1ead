"""Backup and restore: PostgreSQL's own dump, and what Lotse has to do besides.

A restored database knows less than the signs do: its newest decisions have numbers that signs have already passed, and
would refuse. So restoring raises the epoch, which comes before the number.
"""

import argparse
import asyncio
import os
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from lotse_shared.database import connect
from lotse_shared.log import configure_logging, get_logger
from lotse_shared.migrate import migrate
from lotse_shared.settings import DatabaseSettings, Settings

RAISE_EPOCH = "update planner set epoch = later_epoch(epoch), lineage = database_lineage() returning epoch"
"""As routing does where it finds a database that was restored: it then finds it done."""

log = get_logger(__name__)


class BackupError(RuntimeError):
    """A backup could not be made, or not be restored. Nothing that was there before has been changed."""


class BackupSettings(Settings):
    """Where PostgreSQL's programs are (`LOTSE_BACKUP_*`)."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_BACKUP_")

    programs: Path | None = Field(
        default=None, description="folder of pg_dump and pg_restore, not older than the server; none: as on the PATH"
    )


def back_up(database: DatabaseSettings, path: Path, settings: BackupSettings) -> int:
    """Write the whole database, as it is at one moment, to a new file, and tell its size in bytes.

    Services go on meanwhile. The file holds personal settings and hashes of keys: its owner alone may read it.

    Raises
    ------
    BackupError
        The file exists, or pg_dump failed: then there is no file.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        if path.exists():
            message = f"{path} exists: a backup never replaces another"
            raise BackupError(message)
        _run(settings, database, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        _contents(settings, database, part)
        part.rename(path)
    except OSError as error:
        message = f"{path} cannot be written: {error}"
        raise BackupError(message) from error
    finally:
        part.unlink(missing_ok=True)
    return path.stat().st_size


async def restore(database: DatabaseSettings, path: Path, settings: BackupSettings) -> int:
    """Fill an empty database from a backup, bring it up to this program's schema, raise the epoch, and tell it.

    Raises
    ------
    BackupError
        The database is not empty, the file is no backup, or pg_restore failed: then the database is as empty as before.
    lotse_shared.migrate.MigrationError
        The backup is of a newer Lotse: restore it with that one.
    """
    has_timescale = "EXTENSION - timescaledb" in await asyncio.to_thread(_contents, settings, database, path)
    connection = await connect(database, "lotse-restore")
    try:
        await _require_empty(connection)
        if has_timescale:
            await connection.execute("create extension if not exists timescaledb")
            await connection.execute("select timescaledb_pre_restore()")
        await asyncio.to_thread(
            _run,
            settings,
            database,
            "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--single-transaction",
            f"--dbname={_without_password(database)}",
            str(path),
        )
        if has_timescale:
            await connection.execute("select timescaledb_post_restore()")
        await migrate(connection)
        await connection.execute("analyze")
        epoch: int | None = await connection.fetchval(RAISE_EPOCH)
    finally:
        await connection.close()
    return epoch or 0


async def _require_empty(connection: asyncpg.Connection) -> None:
    tables = await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'")
    if tables:
        message = (
            f"the database has {tables} tables: restore into an empty one (createdb), and move services over to it"
        )
        raise BackupError(message)


def _contents(settings: BackupSettings, database: DatabaseSettings, path: Path) -> str:
    return _run(settings, database, "pg_restore", "--list", str(path))


def _run(settings: BackupSettings, database: DatabaseSettings, program: str, *arguments: str) -> str:
    """Run one of PostgreSQL's programs. The password goes by its environment, where no list of processes shows it."""
    command = [str(settings.programs / program) if settings.programs else program, *arguments]
    if program == "pg_dump":
        command.append(f"--dbname={_without_password(database)}")
    password = urlsplit(database.dsn.get_secret_value()).password
    environment = os.environ | ({"PGPASSWORD": unquote(password)} if password else {})
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    except OSError as error:
        message = f"{program} cannot be run ({error}): install PostgreSQL's client, or set LOTSE_BACKUP_PROGRAMS"
        raise BackupError(message) from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        message = f"{program} failed: {said[0] if said else f'exit code {done.returncode}'}"
        raise BackupError(message)
    return done.stdout


def _without_password(database: DatabaseSettings) -> str:
    parts = urlsplit(database.dsn.get_secret_value())
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")))


def _path(command: str, what: str) -> Path:
    parser = argparse.ArgumentParser(prog=command, description=what)
    parser.add_argument("file", type=Path, help="the backup")
    path: Path = parser.parse_args().file
    return path


def main_backup() -> None:
    """Write the database of LOTSE_DATABASE_DSN to a file (command `lotse-backup FILE`)."""
    path = _path("lotse-backup", "Write the whole database to a new file; services go on meanwhile.")
    configure_logging("backup")
    try:
        size_bytes = back_up(DatabaseSettings(), path, BackupSettings())
    except BackupError as error:
        raise SystemExit(str(error)) from None
    log.info("backup written", file=str(path), size_bytes=size_bytes)


def main_restore() -> None:
    """Fill the empty database of LOTSE_DATABASE_DSN from a file (command `lotse-restore FILE`)."""
    path = _path("lotse-restore", "Fill an empty database from a backup; signs take its displays by a new epoch.")
    configure_logging("restore")
    try:
        epoch = asyncio.run(restore(DatabaseSettings(), path, BackupSettings()))
    except BackupError as error:
        raise SystemExit(str(error)) from None
    log.info("restored", file=str(path), epoch=epoch)
