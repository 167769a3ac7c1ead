"""Gateways as real processes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from lotse_shared.settings import DatabaseSettings
from lotse_standalone.machine.ports import free_port

PATIENCE_S = 60


def environment_of(database: DatabaseSettings, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LOTSE_DATABASE_DSN": database.dsn.get_secret_value(), **more}


@dataclass(frozen=True, slots=True)
class Served:
    """A gateway that serves."""

    url: str
    process: "subprocess.Popen[bytes]"

    def client(self, key: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_S, trust_env=False)


@contextmanager
def serving(database: DatabaseSettings, **settings: str) -> Iterator[Served]:
    """Start a gateway and wait until it is ready; `settings` are those of its environment besides."""
    port = free_port()
    environment = environment_of(database, LOTSE_HTTP_PORT=str(port), **settings)
    process = subprocess.Popen(
        [sys.executable, "-m", "lotse_gateway", "serve"], env=environment, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(f"{url}/readyz")
        yield Served(url, process)
    finally:
        process.kill()
        process.wait(10)


def wait_until(url: str, headers: dict[str, str] | None = None, status: int = 200) -> httpx.Response:
    """Ask until the answer has this status."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            answer = httpx.get(url, headers=headers, trust_env=False)
        except httpx.ConnectError:
            answer = None
        if answer is not None and answer.status_code == status:
            return answer
        assert time.monotonic() < deadline, answer and answer.text
        time.sleep(0.05)


def wait_until_refused(url: str) -> None:
    """Ask until nobody takes connections any more."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            return
        time.sleep(0.05)
    message = f"{url} still answers"
    raise AssertionError(message)
