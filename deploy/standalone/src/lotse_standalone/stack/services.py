"""Lotse's services as child processes: started side by side, watched, and stopped in the opposite order."""

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from lotse_standalone.machine import children
from lotse_standalone.machine.ports import LOOPBACK
from lotse_standalone.machine.problems import StandaloneError

START_TIMEOUT_S = 60.0
GRACE_S = 15.0


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    process: "subprocess.Popen[bytes]"
    log_path: Path


class Services:
    """The services that run, in the order in which they were started."""

    def __init__(self) -> None:
        self._running: list[_Service] = []

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        return {service.name: service.process.pid for service in self._running}

    def start(
        self, name: str, command: Sequence[str], port: int, environment: Mapping[str, str], log_path: Path
    ) -> None:
        """Start one, its internal or public HTTP on this port."""
        http = {"LOTSE_HTTP_HOST": LOOPBACK, "LOTSE_HTTP_PORT": str(port)}
        with log_path.open("ab") as log:
            program: list[str | Path] = [children.program(command[0]), *command[1:]]
            process = children.spawn(program, log, environment={**environment, **http})
        self._running.append(_Service(name, process, log_path))

    def wait_for(self, url: str) -> None:
        """Return when this answers 200.

        Raises
        ------
        StandaloneError
            It does not within START_TIMEOUT_S, or a service died.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        with httpx.Client(timeout=2.0, trust_env=False) as client:
            while not _is_ok(client, url):
                self.check()
                if time.monotonic() > deadline:
                    logs = ", ".join(str(service.log_path) for service in self._running)
                    message = f"{url} was not ready within {START_TIMEOUT_S:.0f} s: see {logs}"
                    raise StandaloneError(message)
                time.sleep(0.05)

    def check(self) -> None:
        """Raise StandaloneError if one died; it names it, and what it said last."""
        for service in self._running:
            if (code := service.process.poll()) is not None:
                said = children.last_line(service.log_path.read_bytes())
                message = f"{service.name} ended by itself with code {code}: {said} (see {service.log_path})"
                raise StandaloneError(message)

    def stop(self) -> None:
        """Stop all; each may finish what it has."""
        while self._running:
            children.stop(self._running[-1].process, signal.SIGTERM, GRACE_S)
            self._running.pop()


def _is_ok(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False  # it does not listen yet
