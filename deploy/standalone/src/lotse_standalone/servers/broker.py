"""The embedded MQTT 5 broker, on loopback only."""

import importlib.util
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from lotse_standalone.machine import children
from lotse_standalone.machine.ports import LOOPBACK
from lotse_standalone.machine.problems import StandaloneError

START_TIMEOUT_S = 15.0

CONFIGURATION = """\
id = 0

[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10

[v5.1]
name = "lotse"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 10000
dynamic_filters = true
"""
"""iotcore's own default listens on every address and speaks MQTT 3.1.1 only."""

LOG_LEVEL = "CRITICAL"
"""rumqttd opens spans of level ERROR for each message it routes: at ERROR the log would grow without bound.

What ends the broker is not told through the log: a start that fails is a Python exception, a death a Rust panic.
"""


class EmbeddedBroker:
    """An MQTT broker as a child process. It keeps nothing across its own restart.

    It panics when the last member of a shared subscription disconnects (rumqttd 0.20): subscribe without a share.
    """

    def __init__(self, folder: Path, port: int, log_path: Path | None = None) -> None:
        self._folder = folder
        self.port = port
        self._log_path = log_path or folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return once it accepts connections.

        Raises
        ------
        StandaloneError
            The wheel is missing, or the broker does not come up.
        """
        if importlib.util.find_spec("iotcore") is None:
            message = "the iotcore wheel is missing: run `make setup`"
            raise StandaloneError(message)
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = (self._folder / "broker.toml").resolve()
        configuration.write_text(CONFIGURATION.format(host=LOOPBACK, port=self.port))
        command = [sys.executable, "-P", "-m", "iotcore", "--config", str(configuration), "--log-level", LOG_LEVEL]
        with self._log_path.open("ab") as log:
            self._process = children.spawn(command, log)
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop and release the port."""
        if self._process is not None:
            children.stop(self._process, signal.SIGTERM, START_TIMEOUT_S)
            self._process = None

    def check(self) -> None:
        """Raise StandaloneError if the broker died."""
        if self._process is not None and self._process.poll() is not None:
            message = f"the MQTT broker ended by itself: {self._said()} (see {self._log_path})"
            raise StandaloneError(message)

    def _wait_until_ready(self) -> None:
        assert self._process is not None  # noqa: S101 - start() has just set it
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            is_ready = _accepts_connections(self.port)
            if self._process.poll() is not None or time.monotonic() > deadline:
                message = f"the MQTT broker did not start: {self._said()} (see {self._log_path})"
                self.stop()
                raise StandaloneError(message)
            if is_ready:
                return
            time.sleep(0.05)

    def _said(self) -> str:
        return children.last_line(self._log_path.read_bytes())


def _accepts_connections(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=0.2):
            return True
    except OSError:
        return False
