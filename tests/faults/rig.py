"""The line as real processes that can be killed: Mosquitto, PostgreSQL (durable), our services."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from factories_ingest import Tables
from fixtures.brokers import Mosquitto
from pydantic import SecretStr

from faults.programs import Broker, Database, Program, Slot, Victim
from faults.town import Town, prepare, register_signs
from faults.wires import Wires, wired
from lotse_shared.migrate import migrate_database
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.machine.ports import LOOPBACK, free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres

START_S = 120.0
COUNTS = (
    "select (select count(*) from reading)::int as readings, (select count(*) from rejected_message)::int as letters"
)


@dataclass(frozen=True)
class Setup:
    """What a rig is made of.

    Parameters
    ----------
    slots
        Replicas of ingest; several share a subscription.
    has_town
        With routing (two), a gateway, and the demo town's signs.
    is_wired
        Programs reach broker and database through proxies, `Rig.wires`.
    settings
        Further environment of all programs.
    database_folder
        Where the database lies; None: in the rig's folder.
    """

    slots: int = 1
    has_town: bool = False
    is_wired: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    database_folder: Path | None = None


@dataclass
class Rig:
    """Everything that runs, and the way to ask the database."""

    broker: Broker
    broker_port: int
    database: Database
    tables: Tables
    slots: list[Slot]
    folder: Path
    wires: Wires | None = None
    town: Town | None = None
    away: set[str] = field(default_factory=set)

    @property
    def programs(self) -> list[Program]:
        """All of our services."""
        return [*self.slots, *(self.town.programs if self.town else [])]

    @property
    def victims(self) -> dict[str, Victim]:
        everybody: list[Victim] = [self.broker, self.database, *self.programs]
        return {victim.name: victim for victim in everybody}

    @property
    def groups(self) -> list[list[str]]:
        """Whom a blow can hit: one of a group, or one of each of two."""
        routing = [program.name for program in self.town.routing] if self.town else []
        gateway = [self.town.gateway.name] if self.town else []
        slots = [slot.name for slot in self.slots]
        return [group for group in (slots, [self.broker.name], [self.database.name], routing, gateway) if group]

    def kill(self, name: str) -> None:
        self.victims[name].kill()
        self.away.add(name)

    def bring_back(self, name: str) -> None:
        self.victims[name].start()
        self.away.discard(name)

    def check(self) -> None:
        """Nobody ended whom we did not kill."""
        for name, victim in self.victims.items():
            if name not in self.away:
                victim.check()

    def ask(self, sql: str, *arguments: object) -> list[dict[str, object]]:
        return asyncio.run(self.tables.rows(sql, *arguments))

    def wait_while_moving(self, rows: int, letters: int, patience_s: float) -> None:
        """Wait until this many readings and dead letters are there, or nothing has changed for `patience_s`."""
        held, changed_s = (-1, -1), time.monotonic()
        while (held[0] < rows or held[1] < letters) and time.monotonic() - changed_s < patience_s:
            self.check()
            [row] = self.ask(COUNTS)
            found = (int(str(row["readings"])), int(str(row["letters"])))
            if found != held:
                held, changed_s = found, time.monotonic()
            time.sleep(0.2)

    def wait(self, condition: Callable[[], bool], what: str, timeout_s: float, step_s: float = 0.1) -> float:
        """Wait, and give the seconds that it took."""
        started_s = time.monotonic()
        while not condition():
            self.check()
            assert time.monotonic() - started_s < timeout_s, f"not within {timeout_s:.0f} s: {what}; see {self.folder}"
            time.sleep(step_s)
        return time.monotonic() - started_s


@contextmanager
def running_rig(folder: Path, setup: Setup) -> Iterator[Rig]:
    """Start everything, and give it once all of it is ready."""
    (folder / "mosquitto").mkdir(parents=True)
    broker = Mosquitto(folder / "mosquitto")
    postgres = EmbeddedPostgres(setup.database_folder or folder / "postgres", free_port())
    with ExitStack() as to_end:
        broker.start()
        to_end.callback(broker.stop)
        to_end.callback(postgres.discard)
        postgres.start()
        to_end.callback(postgres.stop)
        wires = to_end.enter_context(wired(broker.port, postgres.port)) if setup.is_wired else None
        log = to_end.enter_context((folder / "programs.log").open("ab"))
        rig = _assemble(setup, Servers(broker, postgres, wires), folder, log)
        for program in rig.programs:
            to_end.callback(program.kill)
            program.start()
        rig.wait(lambda: all(program.is_ready for program in rig.programs), "everything is ready", START_S)
        if rig.town is not None:
            register_signs(rig.town, folder / "registry")
        yield rig


@dataclass(frozen=True)
class Servers:
    """What our services lean on, and the wires to it if they are not to reach it directly."""

    broker: Mosquitto
    postgres: EmbeddedPostgres
    wires: Wires | None

    @property
    def environment(self) -> dict[str, str]:
        """How services find them."""
        dsn, port = self.postgres.dsn(), self.broker.port
        if self.wires is not None:
            dsn = dsn.replace(f":{self.postgres.port}/", f":{self.wires.database.port}/")
            port = self.wires.broker.port
        return {"LOTSE_DATABASE_DSN": dsn, "LOTSE_BROKER_HOST": LOOPBACK, "LOTSE_BROKER_PORT": str(port)}


def _assemble(setup: Setup, servers: Servers, folder: Path, log: IO[bytes]) -> Rig:
    """Migrate the database, and give the rig with all programs, none of which runs yet."""
    broker, postgres = servers.broker, servers.postgres
    database = DatabaseSettings(dsn=SecretStr(postgres.dsn()))
    asyncio.run(migrate_database(database))
    shared = {"LOTSE_INGEST_SHARE_GROUP": "ingest"} if setup.slots > 1 else {}
    environment = {**os.environ, **servers.environment, **shared, **setup.settings}
    slots = [Slot(number, environment, log) for number in range(setup.slots)]
    town = prepare(environment, slots[0], log, folder / "commands.log") if setup.has_town else None
    tables = Tables(database)
    return Rig(Broker(broker), broker.port, Database(postgres), tables, slots, folder, servers.wires, town)
