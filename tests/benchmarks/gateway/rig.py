"""What is measured: a database, the gateway and its rivals as processes, a planner's heartbeat; requests in files."""

import asyncio
import os
import resource
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import asyncpg
import httpx
import msgspec
from evaluation.line.preparation import open_folder
from factories_gateway import beat
from pydantic import SecretStr
from scenarios.scenes import Scene

from benchmarks.gateway.city import People, fill_city
from benchmarks.gateway.contestants import DISPLAY, LINKS, UNCHANGED, Answer, Answers, Key
from lotse_gateway.guards.keys import NewKey
from lotse_shared.database import connect
from lotse_shared.migrate import migrate_database
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.machine import children
from lotse_standalone.machine.ports import LOOPBACK, free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres
from lotse_standalone.stack.services import Services

TESTS = Path(__file__).parents[2]
EVENTS = "/v1/events"
HEARTBEAT_S = 5.0
"""As routing beats."""
OURS, BARE, USUAL = "ours", "bare", "usual"
MADE_BY_SERVERS = frozenset({"date", "server", "content-length"})
"""Headers that a server or its framework adds by itself."""
AS_WRK_ASKS = {"Accept-Encoding": "identity"}
"""Nothing packed."""
DESCRIPTORS = 16_384


@dataclass
class Rig:
    """All that runs. `requests` are files of requests, by what is asked."""

    folder: Path
    database: DatabaseSettings
    people: People
    services: Services
    postgres: EmbeddedPostgres
    ports: dict[str, int] = field(default_factory=dict)
    requests: dict[str, Path] = field(default_factory=dict)

    def url(self, name: str) -> str:
        """Root of a contestant."""
        return f"http://{LOOPBACK}:{self.ports[name]}"

    def pid(self, name: str) -> int:
        """Process of a contestant."""
        return self.services.pids[name]

    def start_gateway(self, name: str = OURS) -> None:
        """Start a gateway as it is installed, with its settings as they are by default."""
        self._start(name, ["lotse-gateway", "serve"], {"LOTSE_DATABASE_DSN": self.database.dsn.get_secret_value()})
        self.services.wait_for(f"{self.url(name)}/readyz")

    def start_rivals(self) -> None:
        """Start those who answer what the gateway answers."""
        answers = self.folder / "answers.json"
        answers.write_bytes(msgspec.json.encode(self.answers))
        for name in (BARE, USUAL):
            command = ["python", "-m", "benchmarks.gateway.contestants", name, str(answers)]
            self._start(name, command, {"PYTHONPATH": str(TESTS)})
        for name in (BARE, USUAL):
            self.services.wait_for(f"{self.url(name)}/healthz")

    def write_requests(self, what: str, asked: Iterable[tuple[str, NewKey, Mapping[str, str]]]) -> None:
        """Keep requests in a file: path, key, further headers."""
        lines = [
            "\t".join(
                [path, f"Authorization: Bearer {key.text}", *(f"{name}: {value}" for name, value in more.items())]
            )
            for path, key, more in asked
        ]
        self.requests[what] = self.folder / f"{what}.requests"
        self.requests[what].write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def run(self, action: Callable[[asyncpg.Connection], Any]) -> Any:
        """Do something on a connection to the database."""
        return asyncio.run(self._run(action))

    async def _run(self, action: Callable[[asyncpg.Connection], Any]) -> Any:
        connection = await connect(self.database.model_copy(update={"command_timeout_s": 600.0}), "bench")
        try:
            return await action(connection)
        finally:
            await connection.close()

    def _start(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        self.ports[name] = free_port()
        passed = {"PATH": os.environ["PATH"], **environment}
        self.services.start(name, command, self.ports[name], passed, self.folder / f"{name}.log")

    @cached_property
    def answers(self) -> Answers:
        """What the gateway answers, of one sign and of all links."""
        (sign_id, key), viewer = next(iter(self.people.signs.items())), self.people.viewers[0]
        with httpx.Client(base_url=self.url(OURS), headers=AS_WRK_ASKS, trust_env=False, timeout=60) as client:
            display = DISPLAY.format(sign_id=sign_id)
            shown = _get(client, display, key)
            unchanged = _get(client, display, key, {"If-None-Match": shown.headers["etag"]})
            links = _get(client, LINKS, viewer)
        by_path = {DISPLAY: _answer(shown), UNCHANGED: _answer(unchanged), LINKS: _answer(links)}
        keys = [
            Key(key.key_id, key.secret_sha256.hex(), sign_id, self.people.etags[sign_id])
            for sign_id, key in self.people.signs.items()
        ]
        return Answers(by_path, keys)


def _get(client: httpx.Client, path: str, key: NewKey, headers: Mapping[str, str] | None = None) -> httpx.Response:
    answer = client.get(path, headers={"Authorization": f"Bearer {key.text}", **(headers or {})})
    assert answer.status_code in {200, 304}, answer.text
    return answer


def _answer(response: httpx.Response) -> Answer:
    headers = {name: value for name, value in response.headers.items() if name not in MADE_BY_SERVERS}
    return Answer.of(response.status_code, headers, response.content)


@contextmanager
def open_rig(scene: Scene) -> Iterator[Rig]:
    """Give a rig on a scene's network: a gateway, ready, and nobody else."""
    raise_descriptors()
    with open_folder() as folder:
        folder.mkdir()
        postgres, services = EmbeddedPostgres(folder / "postgres", free_port()), Services()
        postgres.start()
        database = DatabaseSettings(dsn=SecretStr(postgres.dsn()))
        try:
            asyncio.run(migrate_database(database))
            _import_network(scene, database, folder)
            rig = Rig(folder, database, People(), services, postgres)
            rig.people = rig.run(fill_city)
            with Heart(database):
                rig.start_gateway()
                _write_requests(rig)
                yield rig
        finally:
            services.stop()
            postgres.stop()
            postgres.discard()


def _write_requests(rig: Rig) -> None:
    signs, etags = rig.people.signs, rig.people.etags
    display: list[tuple[str, NewKey, dict[str, str]]] = [
        (DISPLAY.format(sign_id=sign_id), key, {}) for sign_id, key in signs.items()
    ]
    rig.write_requests("display", display)
    for what, path in (("display unchanged", DISPLAY), ("bare unchanged", UNCHANGED)):
        asked = ((path.format(sign_id=sign), key, {"If-None-Match": etags[sign]}) for sign, key in signs.items())
        rig.write_requests(what, asked)
    rig.write_requests("links", [(LINKS, key, {}) for key in rig.people.viewers])
    rig.write_requests("events", [(f"{EVENTS}?types=decision", key, {}) for key in rig.people.viewers])


def _import_network(scene: Scene, database: DatabaseSettings, folder: Path) -> None:
    asked = ["import-links", scene.source, "--name", scene.name]
    command = asked if scene.source.is_dir() else ["import-osm", scene.source]
    environment = {"PATH": os.environ["PATH"], "LOTSE_DATABASE_DSN": database.dsn.get_secret_value()}
    children.run([children.program("lotse-routing"), *map(str, command)], environment, folder / "commands.log")


def raise_descriptors() -> None:
    """Let us and whom we start have as many connections as listeners need, where the machine allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if most == resource.RLIM_INFINITY else min(DESCRIPTORS, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class Heart:
    """Beats as the planner does, until left: without it, displays would be stale after five minutes."""

    def __init__(self, database: DatabaseSettings) -> None:
        self._database = database
        self._end = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._beat()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    async def _beat(self) -> None:
        connection = await connect(self._database, "bench-heart")
        try:
            while not await asyncio.to_thread(self._end.wait, HEARTBEAT_S):
                await beat(connection)
        finally:
            await connection.close()


def python(module: str, *arguments: object) -> list[str]:
    """Give the command that runs a module of ours."""
    return [sys.executable, "-m", f"benchmarks.gateway.{module}", *map(str, arguments)]
