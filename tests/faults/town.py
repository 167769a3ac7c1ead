"""The half of the line behind the database: two replicas of routing, a gateway, and the demo town that they serve."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
from scenarios.scenes import Scene, auenbrueck

from faults.control_room import ControlRoom
from faults.programs import Program, Slot
from faults.signs import Street, watching
from lotse_standalone import town
from lotse_standalone.machine.crew import Crew
from lotse_standalone.stack.registry import register

TTL_S = 8
BRISK = {
    "LOTSE_ROUTING_TTL_S": str(TTL_S),
    "LOTSE_ROUTING_POLL_S": "1",
    "LOTSE_ROUTING_HEARTBEAT_S": "1",
    "LOTSE_ROUTING_MIN_HOLD_S": "1",
    "LOTSE_GATEWAY_TTL_S": str(TTL_S),
    "LOTSE_GATEWAY_POLL_S": "1",
}
"""So that signs fall back, and come back, within the seconds that a blow lasts."""
REPLICAS = 2
CLIENT_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Town:
    """What runs for the town, and the key to it."""

    routing: list[Program]
    gateway: Program
    key: str
    scene: Scene

    @property
    def programs(self) -> list[Program]:
        return [*self.routing, self.gateway]

    @property
    def sign_ids(self) -> list[str]:
        return [trip.sign for trip in self.scene.trips]

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.gateway.url,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=CLIENT_TIMEOUT_S,
            trust_env=False,
        )

    @property
    def is_ready(self) -> bool:
        return all(program.is_ready for program in self.programs)


def prepare(environment: Mapping[str, str], slot: Slot, log: IO[bytes]) -> Town:
    """Import the demo town, make a key, and give what is to be started."""
    environment = {**environment, **BRISK}
    _command("lotse_routing", environment, "import-links", str(town.FOLDER), "--name", "town")
    key = _command("lotse_gateway", environment, "create-key", "--name", "faults", "--scope", "admin").strip()
    routing = [Program(f"routing {number}", "lotse_routing", environment, log, ["serve"]) for number in range(REPLICAS)]
    internal = {"LOTSE_GATEWAY_ROUTING_URL": routing[0].url, "LOTSE_GATEWAY_INGEST_URL": slot.url}
    gateway = Program("gateway", "lotse_gateway", {**environment, **internal}, log, ["serve"])
    return Town(routing, gateway, key, auenbrueck(town.FOLDER))


def register_signs(town: Town, folder: Path) -> None:
    """Register the scene's signs, destinations, detectors and corridor at the gateway, which runs."""
    folder.mkdir()
    for noun, rows in town.scene.registry(town.scene.read()).items():
        (folder / f"{noun}.json").write_text(json.dumps(rows), encoding="utf-8")
    with town.client() as client:
        register(client, folder)


@contextmanager
def living(town: Town) -> Iterator[tuple[Street, ControlRoom]]:
    """Let signs poll and the control room open and end closures, for as long as the block lasts."""
    closed = town.scene.closed(town.scene.read(), "inbound")
    with town.client() as client, watching(town.gateway.url, town.key, town.sign_ids) as street:
        room = ControlRoom(client, closed)
        with Crew({"control room": room.run}) as crew:
            yield street, room
            crew.check()


def _command(module: str, environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{module} {arguments[0]}: {done.stderr}"
    return done.stdout
