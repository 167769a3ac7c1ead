"""The line as real processes that can be killed: Mosquitto, PostgreSQL (durable), and slots of ingest."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx
from factories_ingest import Tables
from fixtures.brokers import Mosquitto
from processes_standalone import children_of
from pydantic import SecretStr

from lotse_shared.migrate import migrate_database
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.machine.ports import LOOPBACK, free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres

START_S = 30.0
COUNTED = "lotse_ingest_readings_total{"
COUNTS = (
    "select (select count(*) from reading)::int as readings, (select count(*) from rejected_message)::int as letters"
)


class Slot:
    """One replica of ingest, a process of its own."""

    def __init__(self, number: int, environment: dict[str, str], log: IO[bytes]) -> None:
        self.name = f"slot {number}"
        self._environment = environment | {"LOTSE_INGEST_SLOT": str(number)}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def start(self) -> None:
        self._port = free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lotse_ingest"],
            env=self._environment | {"LOTSE_HTTP_PORT": str(self._port)},
            stdout=self._log,
            stderr=self._log,
        )

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None

    def check(self) -> None:
        assert self._process is None or self._process.poll() is None, f"{self.name} ended by itself"

    def readings(self) -> float:
        """How many readings it has dealt with, by its own count; 0 while it does not answer."""
        try:
            metrics = httpx.get(f"http://{LOOPBACK}:{self._port}/metrics").text
        except httpx.TransportError:
            return 0
        return sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith(COUNTED))

    @property
    def is_ready(self) -> bool:
        try:
            return httpx.get(f"http://{LOOPBACK}:{self._port}/readyz").status_code == 200
        except httpx.TransportError:
            return False


class Database:
    """PostgreSQL as it comes: fsync on, an acknowledged commit is on the disk."""

    name = "database"

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server

    def start(self) -> None:
        self._server.start()

    def kill(self) -> None:
        """SIGKILL to the server and all its processes, at once."""
        pid = self._server.pid
        assert pid is not None
        for victim in (pid, *children_of(pid)):
            with suppress(ProcessLookupError):  # a child that has just ended by itself
                os.kill(victim, signal.SIGKILL)
        self._server.stop()

    def check(self) -> None:
        self._server.check()


class Broker:
    """Mosquitto with the deployed configuration."""

    name = "broker"

    def __init__(self, server: Mosquitto) -> None:
        self._server = server

    def start(self) -> None:
        self._server.start()

    def kill(self) -> None:
        self._server.stop(signal.SIGKILL)

    def check(self) -> None:
        assert self._server.is_running, "Mosquitto ended by itself"


Victim = Slot | Database | Broker


@dataclass
class Rig:
    """Everything that runs, and the way to ask the database."""

    broker: Broker
    broker_port: int
    database: Database
    tables: Tables
    slots: list[Slot]
    folder: Path
    away: set[str] = field(default_factory=set)

    @property
    def victims(self) -> dict[str, Victim]:
        everybody: list[Victim] = [self.broker, self.database, *self.slots]
        return {victim.name: victim for victim in everybody}

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
def running_rig(folder: Path, slots: int, **settings: str) -> Iterator[Rig]:
    """Start broker, database and `slots` replicas of ingest, which share a subscription if they are several."""
    (folder / "mosquitto").mkdir(parents=True)
    broker = Mosquitto(folder / "mosquitto")
    postgres = EmbeddedPostgres(folder / "postgres", free_port())
    broker.start()
    try:
        postgres.start()
        database = DatabaseSettings(dsn=SecretStr(postgres.dsn()))
        asyncio.run(migrate_database(database))
        with (folder / "ingest.log").open("ab") as log:
            environment = os.environ | {
                "LOTSE_DATABASE_DSN": postgres.dsn(),
                "LOTSE_BROKER_HOST": LOOPBACK,
                "LOTSE_BROKER_PORT": str(broker.port),
                **({"LOTSE_INGEST_SHARE_GROUP": "ingest"} if slots > 1 else {}),
                **settings,
            }
            replicas = [Slot(number, environment, log) for number in range(slots)]
            rig = Rig(Broker(broker), broker.port, Database(postgres), Tables(database), replicas, folder)
            try:
                for slot in replicas:
                    slot.start()
                rig.wait(lambda: all(slot.is_ready for slot in replicas), "ingest is ready", START_S)
                yield rig
            finally:
                for slot in replicas:
                    slot.kill()
    finally:
        broker.stop()
        postgres.stop()
        postgres.discard()
