"""The whole stack on this machine: database, broker, migrations and the three services, as one object.

Everything listens on loopback only. Start it from a thread that outlives it, the main one best (see children.spawn).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import httpx

from lotse_shared.log import get_logger
from lotse_standalone.machine import children
from lotse_standalone.machine.datafolder import DataFolder
from lotse_standalone.machine.ports import LOOPBACK, claim_port, free_port, refuse_equal
from lotse_standalone.servers.broker import EmbeddedBroker
from lotse_standalone.servers.postgres import EmbeddedPostgres
from lotse_standalone.stack.services import Services

CLIENT_TIMEOUT_S = 30.0
SCOPES = ("--scope", "admin", "--scope", "publisher")
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "NUMBA_CACHE_DIR")
"""What children get of our own environment; no LOTSE_ variable of the caller's shell reaches them by accident."""


log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StackOptions:
    """How to run the stack.

    Parameters
    ----------
    folder
        Where data, logs, key and (while it runs) the database's URL lie; all but the last survive a restart.
    clock
        Lotse's clock: the wall's, or the data's (watermarks).
    database_port, broker_port, gateway_port
        TCP ports on loopback; None: a free one.
    settings
        Further LOTSE_* variables for the services.
    """

    folder: Path
    clock: Literal["wall", "data"] = "wall"
    database_port: int | None = None
    broker_port: int | None = None
    gateway_port: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


class Stack:
    """Starts everything in order, tells where it is, stops everything in the opposite order."""

    def __init__(self, options: StackOptions) -> None:
        self._options = options
        self._folder = DataFolder(options.folder)
        self._postgres: EmbeddedPostgres | None = None
        self._broker: EmbeddedBroker | None = None
        self._services = Services()
        self._gateway_port = 0
        self._key = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def folder(self) -> Path:
        """Where data, logs and key lie."""
        return self._folder.path

    @property
    def gateway_url(self) -> str:
        """Root of the public REST API."""
        return f"http://{LOOPBACK}:{self._gateway_port}"

    @property
    def broker(self) -> tuple[str, int]:
        """Host and port of the MQTT broker."""
        assert self._broker is not None, "the stack is not running"  # noqa: S101 - a caller's mistake
        return LOOPBACK, self._broker.port

    @property
    def dsn(self) -> str:
        """Connection URL of the database."""
        assert self._postgres is not None, "the stack is not running"  # noqa: S101 - a caller's mistake
        return self._postgres.dsn()

    @property
    def key(self) -> str:
        """API key with the scopes admin and publisher. It stays the same from start to start on one folder."""
        return self._key

    @property
    def services(self) -> dict[str, int]:
        """Process ids of the services by name."""
        return self._services.pids

    def client(self) -> httpx.Client:
        """Give an HTTP client of the public API that carries the key. The caller closes it."""
        return httpx.Client(
            base_url=self.gateway_url,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=CLIENT_TIMEOUT_S,
            trust_env=False,  # a proxy of the environment has no business on loopback
        )

    def start(self) -> None:
        """Start everything, and return once the line is ready to take readings.

        Raises
        ------
        StandaloneError
            Says in one line what is wrong and what to do. Whatever had been started is stopped again.
        """
        self._folder.claim()
        if ignored := sorted(name for name in os.environ if name.startswith("LOTSE_")):
            log.warning("not passed on: this stack sets up its services itself", variables=ignored)
        try:
            self._start_servers()
            self._command("lotse-migrate")
            self._ensure_key()
            self._start_services()
            self._renew_refused_key()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything: gateway, ingest (it finishes its queue), routing, broker, database."""
        self._services.stop()
        if self._broker is not None:
            self._broker.stop()
        if self._postgres is not None:
            self._postgres.stop()
            self._folder.remove_dsn()
        self._folder.release()

    def check(self) -> None:
        """Look after the children.

        Raises
        ------
        StandaloneError
            One of them died; names it, and the last line of its log.
        """
        self._services.check()
        for server in (self._broker, self._postgres):
            if server is not None:
                server.check()

    def import_links(self, folder: Path, name: str) -> None:
        """Import a street network from plain files (junctions.csv, links.csv) and make it the active one.

        Raises
        ------
        StandaloneError
            The import failed; carries what it said last.
        """
        self._command("lotse-routing", "import-links", str(folder.resolve()), "--name", name)

    def import_osm(self, file: Path) -> None:
        """Import a street network from OpenStreetMap data and make it the active one; raises as `import_links`."""
        self._command("lotse-routing", "import-osm", str(file.resolve()))

    def import_trips(self, file: Path) -> None:
        """Import a sample of the usual trips; raises as `import_links`."""
        self._command("lotse-routing", "import-trips", str(file.resolve()))

    def _start_servers(self) -> None:
        options = self._options
        refuse_equal(
            {
                "--gateway-port": options.gateway_port,
                "--broker-port": options.broker_port,
                "--database-port": options.database_port,
            }
        )
        self._gateway_port = claim_port(options.gateway_port, "--gateway-port")
        database_port = claim_port(options.database_port, "--database-port")
        broker_port = claim_port(options.broker_port, "--broker-port")
        self._postgres = EmbeddedPostgres(
            self.folder / "postgres", database_port, log_path=self._folder.log("postgres")
        )
        self._postgres.start()
        self._folder.write_dsn(self.dsn)
        self._broker = EmbeddedBroker(self.folder / "broker", broker_port, log_path=self._folder.log("broker"))
        self._broker.start()

    def _start_services(self) -> None:
        """Start the services side by side, in the order whose opposite is that of stopping; wait for all."""
        routing_port, ingest_port = free_port(), free_port()
        routing_url, ingest_url = (f"http://{LOOPBACK}:{port}" for port in (routing_port, ingest_port))
        host, port = self.broker
        broker = {"LOTSE_BROKER_HOST": host, "LOTSE_BROKER_PORT": str(port)}
        self._start("routing", ["lotse-routing", "serve"], routing_port)
        self._start("ingest", ["lotse-ingest"], ingest_port, broker)
        internal = {
            "LOTSE_GATEWAY_ROUTING_URL": routing_url,
            "LOTSE_GATEWAY_INGEST_URL": ingest_url,
            "LOTSE_GATEWAY_DRAIN_S": "0",  # no balancer stands before it
        }
        self._start("gateway", ["lotse-gateway", "serve"], self._gateway_port, internal)
        self._services.wait_for(f"{routing_url}/healthz")
        self._services.wait_for(f"{ingest_url}/readyz")
        self._services.wait_for(f"{self.gateway_url}/readyz")

    def _start(self, name: str, command: list[str], port: int, extra: Mapping[str, str] | None = None) -> None:
        environment = {**self._environment(), **(extra or {})}
        self._services.start(name, command, port, environment, self._folder.log(name))

    def _command(self, name: str, *arguments: str) -> str:
        command: list[str | Path] = [children.program(name), *arguments]
        return children.run(command, self._environment(), self._folder.log("commands"))

    def _ensure_key(self) -> None:
        self._key = self._folder.read_key() or self._create_key()

    def _renew_refused_key(self) -> None:
        """Make a new key if the database does not know the kept one: its data were removed, or it was revoked."""
        with self.client() as client:
            if client.get("/v1/system").status_code == httpx.codes.UNAUTHORIZED:
                self._key = self._create_key()

    def _create_key(self) -> str:
        key = self._command("lotse-gateway", "create-key", "--name", "standalone", *SCOPES).strip()
        self._folder.write_key(key)
        return key

    def _environment(self) -> dict[str, str]:
        ours = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return {
            **ours,
            "PYTHONUNBUFFERED": "1",
            "LOTSE_ROUTING_COMPILED_DIR": str(self.folder / "compiled"),
            **self._options.settings,
            "LOTSE_CLOCK": self._options.clock,
            "LOTSE_DATABASE_DSN": self.dsn,
        }
