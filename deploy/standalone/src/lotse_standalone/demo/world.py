"""What lives outside the services in a demo: the town with its sensors, or an imported city without."""

from dataclasses import dataclass
from pathlib import Path

import httpx

from lotse_standalone import town
from lotse_standalone.machine.crew import Life
from lotse_standalone.simulation.simulate import Simulation
from lotse_standalone.stack.gateway import ask
from lotse_standalone.stack.registry import register
from lotse_standalone.stack.stack import Stack


@dataclass(frozen=True, slots=True)
class World:
    """A street network, and the sensors' morning in it; none in an imported city."""

    place: str
    simulation: Simulation | None = None

    @property
    def phase(self) -> str:
        """What is going on in the streets."""
        return f"serving {self.place}" if self.simulation is None else self.simulation.phase

    @property
    def lives(self) -> dict[str, Life]:
        """Everybody's life by name."""
        return {} if self.simulation is None else {"the simulation": self.simulation.run}


def prepare_world(stack: Stack, client: httpx.Client, osm: Path | None) -> World:
    """Import the network; for the demo town, also register what stands in its streets, and man it."""
    if osm is not None:
        stack.import_osm(osm)
        return World(_place(client))
    stack.import_links(town.FOLDER, "auenbrueck")
    register(client, town.FOLDER)
    return World(_place(client), Simulation(*stack.broker, client, town.FOLDER))


def _place(client: httpx.Client) -> str:
    network = ask(client, "/v1/system")["network"]
    return f"{network['name']}: {network['junctions']:,} junctions, {network['links']:,} links"
