"""What lives outside the services in a demo: the town with its sensors and its signs on the road."""

from dataclasses import dataclass
from pathlib import Path

import httpx

from lotse_standalone import town
from lotse_standalone.machine.crew import Life
from lotse_standalone.signs.sign_client import SignClient
from lotse_standalone.simulation.simulate import Simulation
from lotse_standalone.stack.gateway import ask, list_all
from lotse_standalone.stack.registry import register
from lotse_standalone.stack.stack import Stack


@dataclass(frozen=True, slots=True)
class World:
    """What lives outside the services: the sensors' morning and the signs on the road; neither in an imported city."""

    place: str
    simulation: Simulation | None = None
    signs: tuple[tuple[str, SignClient], ...] = ()

    @property
    def phase(self) -> str:
        """What is going on in the streets."""
        return f"serving {self.place}" if self.simulation is None else self.simulation.phase

    @property
    def lives(self) -> dict[str, Life]:
        """Everybody's life by name."""
        lives: dict[str, Life] = {f"sign {sign.sign_id}": sign.run for _, sign in self.signs}
        if self.simulation is not None:
            lives["the simulation"] = self.simulation.run
        return lives


def prepare_world(stack: Stack, client: httpx.Client, osm: Path | None) -> World:
    """Import the network; for the demo town, also register what stands in its streets, and man it."""
    if osm is not None:
        stack.import_osm(osm)
        return World(_place(client))
    stack.import_links(town.FOLDER, "auenbrueck")
    register(client, town.FOLDER)
    signs = [(row["name"], SignClient(client, row["sign_id"])) for row in list_all(client, "/v1/signs")]
    return World(_place(client), Simulation(*stack.broker, client, town.FOLDER), tuple(signs))


def _place(client: httpx.Client) -> str:
    network = ask(client, "/v1/system")["network"]
    return f"{network['name']}: {network['junctions']:,} junctions, {network['links']:,} links"
