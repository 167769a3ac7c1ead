"""The half of the line behind the database: two replicas of routing, a gateway, and the demo town that they serve."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
from scenarios.scenes import Scene, auenbrueck
from scenarios.streets import Streets

from faults.control_room import ControlRoom
from faults.programs import Program, Slot
from faults.signs import Street, watching
from lotse_standalone import town
from lotse_standalone.machine import children
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
    streets: Streets

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


def prepare(environment: Mapping[str, str], slot: Slot, log: IO[bytes], log_path: Path) -> Town:
    """Import the demo town, make a key, and give what is to be started."""
    environment = {**environment, **BRISK}
    import_links: list[str | Path] = [
        children.program("lotse-routing"),
        "import-links",
        str(town.FOLDER),
        "--name",
        "town",
    ]
    children.run(import_links, environment, log_path)
    create_key: list[str | Path] = [
        children.program("lotse-gateway"),
        "create-key",
        "--name",
        "faults",
        "--scope",
        "admin",
    ]
    key = children.run(create_key, environment, log_path).strip()
    routing = [Program(f"routing {number}", "lotse_routing", environment, log, ["serve"]) for number in range(REPLICAS)]
    internal = {"LOTSE_GATEWAY_ROUTING_URL": routing[0].url, "LOTSE_GATEWAY_INGEST_URL": slot.url}
    gateway = Program("gateway", "lotse_gateway", {**environment, **internal}, log, ["serve"])
    scene = auenbrueck(town.FOLDER)
    return Town(routing, gateway, key, scene, scene.read())


def register_signs(town: Town, folder: Path) -> None:
    """Register the scene's signs, destinations, detectors and corridor at the gateway, which runs."""
    folder.mkdir()
    for noun, rows in town.scene.registry(town.streets).items():
        (folder / f"{noun}.json").write_text(json.dumps(rows), encoding="utf-8")
    with town.client() as client:
        register(client, folder)


@contextmanager
def living(town: Town) -> Iterator[tuple[Street, ControlRoom]]:
    """Let signs poll and the control room open and end closures, for as long as the block lasts."""
    closed = town.scene.closed(town.streets, "inbound")
    with town.client() as client, watching(town.gateway.url, town.key, town.sign_ids) as street:
        room = ControlRoom(client, closed)
        with Crew({"control room": room.run}) as crew:
            yield street, room
            crew.check()
