"""Applies the SQL files of `migrations/` in order: once each, one transaction a file, checked by their checksums."""

import asyncio
import hashlib
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

from lotse_shared.database import connect
from lotse_shared.log import configure_logging, get_logger
from lotse_shared.settings import DatabaseSettings

ADVISORY_LOCK_KEY = 0x1075E  # any number that no other program uses on this database

log = get_logger(__name__)


class MigrationError(RuntimeError):
    """The database has a migration that this program does not, or one with another content."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file: its name orders it, its checksum proves that it was not changed after it was applied."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, hexadecimal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def list_migrations() -> list[Migration]:
    """All migrations of this program, in the order in which they are applied."""
    folder = files("lotse_shared").joinpath("migrations")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [Migration(name, folder.joinpath(name).read_text(encoding="utf-8")) for name in names]


async def migrate(connection: asyncpg.Connection) -> list[str]:
    """Bring the database up to this program's schema and tell which files were applied.

    Two programs that migrate at once wait for each other. What depends on the storage in force (a TimescaleDB may have
    got another licence since) is brought up to it every time.

    Raises
    ------
    MigrationError
        A migration was changed after it was applied, or the database is newer than this program.
    """
    await connection.execute("select pg_advisory_lock($1)", ADVISORY_LOCK_KEY)
    try:
        applied = await apply_missing(connection, list_migrations())
        await connection.execute("select apply_storage_policies()")
        return applied
    finally:
        await connection.execute("select pg_advisory_unlock($1)", ADVISORY_LOCK_KEY)


async def apply_missing(connection: asyncpg.Connection, migrations: list[Migration]) -> list[str]:
    """Apply those of `migrations` that are not yet in the database, and tell which; `migrate` says what it raises."""
    await connection.execute(
        "create table if not exists migration"
        " (name text primary key, checksum text not null, applied_at timestamptz not null default now())"
    )
    applied = {row["name"]: row["checksum"] for row in await connection.fetch("select name, checksum from migration")}
    _check(applied, migrations)
    missing = [migration for migration in migrations if migration.name not in applied]
    for migration in missing:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "insert into migration (name, checksum) values ($1, $2)", migration.name, migration.checksum
            )
    return [migration.name for migration in missing]


def _check(applied: dict[str, str], migrations: list[Migration]) -> None:
    known = {migration.name: migration.checksum for migration in migrations}
    if newer := sorted(applied.keys() - known.keys()):
        message = f"the database has migrations that this program does not know: {', '.join(newer)}; update Lotse"
        raise MigrationError(message)
    if changed := sorted(name for name, checksum in applied.items() if known[name] != checksum):
        message = f"migrations were changed after they were applied: {', '.join(changed)}; add a new file instead"
        raise MigrationError(message)


async def migrate_database(settings: DatabaseSettings) -> list[str]:
    """Connect, migrate, disconnect."""
    connection = await connect(settings, "lotse-migrate")
    try:
        return await migrate(connection)
    finally:
        await connection.close()


def main() -> None:
    """Migrate the database of LOTSE_DATABASE_DSN (command `lotse-migrate`)."""
    configure_logging("migrate")
    applied = asyncio.run(migrate_database(DatabaseSettings()))
    log.info("database is up to date", applied=applied)
