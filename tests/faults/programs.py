"""What can be killed and brought back: broker, database, and each of our services as a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

import httpx
from fixtures.brokers import Mosquitto
from processes_standalone import children_of

from lotse_standalone.machine.ports import LOOPBACK, free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres

COUNTED = "lotse_ingest_readings_total{"
END_S = 60.0


class Victim(Protocol):
    """Whatever a blow can hit."""

    @property
    def name(self) -> str: ...

    def start(self) -> None: ...

    def kill(self) -> None: ...

    def check(self) -> None:
        """Raise an AssertionError if it ended without having been killed."""


class Program:
    """One of our services, on a port that it keeps.

    Parameters
    ----------
    name
        By which blows and reports call it.
    module, arguments
        What `python -m` is told.
    environment
        All of its environment but the port.
    log
        Where its output goes.
    """

    def __init__(
        self, name: str, module: str, environment: Mapping[str, str], log: IO[bytes], arguments: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.port = free_port()
        self._command = [sys.executable, "-m", module, *arguments]
        self._environment = {**environment, "LOTSE_HTTP_PORT": str(self.port)}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, env=self._environment, stdout=self._log, stderr=self._log)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(END_S)
            self._process = None

    def check(self) -> None:
        assert self._process is None or self._process.poll() is None, f"{self.name} ended by itself"

    @property
    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False


class Slot(Program):
    """One replica of ingest."""

    def __init__(self, number: int, environment: Mapping[str, str], log: IO[bytes]) -> None:
        super().__init__(f"slot {number}", "lotse_ingest", {**environment, "LOTSE_INGEST_SLOT": str(number)}, log)
        self._number = number
        # One for all looks, because to make one costs more than a look; it keeps no connection that would be left open.
        self._http = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))

    def twin(self) -> "Slot":
        """Give another process that is to be the same slot."""
        return Slot(self._number, self._environment, self._log)

    def readings(self) -> float:
        """How many readings it has dealt with, by its own count; 0 while it does not answer."""
        try:
            metrics = self._http.get(f"{self.url}/metrics").text
        except httpx.TransportError:
            return 0
        return sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith(COUNTED))


class Database:
    """PostgreSQL as it comes: fsync on, an acknowledged commit is on the disk."""

    name = "database"

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server

    @property
    def folder(self) -> Path:
        return self._server.folder

    @property
    def dsn(self) -> str:
        return self._server.dsn()

    @property
    def pid(self) -> int:
        assert self._server.pid is not None
        return self._server.pid

    def start(self) -> None:
        self._server.start()

    def kill(self) -> None:
        """SIGKILL to the server and all its processes, at once."""
        for victim in (self.pid, *children_of(self.pid)):
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
