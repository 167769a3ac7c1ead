"""SUMO in this process: one morning, second by second. Only one at a time lives in a process (libsumo)."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import libsumo

from evaluation.nouns import City, Incident, Route, StationReading
from evaluation.world.edge_figures import EdgeFigures, read_edge_figures
from evaluation.world.inputs import CAR_CLASS, LET_OUT_CLASS, Departure, write_departures, write_measuring
from evaluation.world.loops import Loops

STEP_S = "1"
TELEPORT_AFTER_S = 300


Model = Literal["meso", "micro"]


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """How SUMO runs: by its queue model, or each vehicle by itself, at 15 times the cost.

    `device_share` of the drivers have SUMO's own rerouting device, at its defaults.
    """

    seed: int
    model: Model = "meso"
    device_share: float = 0.0

    @property
    def is_meso(self) -> bool:
        """Tell whether it is the queue model."""
        return self.model == "meso"

    @property
    def options(self) -> list[str]:
        """Give what SUMO's command line wants."""
        kind = ["--mesosim", "true", "--meso-junction-control", "true"] if self.is_meso else ["--step-length", STEP_S]
        device = ["--device.rerouting.probability", str(self.device_share)] if self.device_share else []
        quiet = ["--ignore-route-errors", "--no-step-log", "--no-warnings", "--xml-validation", "never"]
        return [*kind, *device, *quiet, "--seed", str(self.seed), "--time-to-teleport", str(TELEPORT_AFTER_S)]


class World:
    """A running simulation. Seconds are those since the morning began."""

    def __init__(self, city: City, departures: Sequence[Departure], loops: Loops) -> None:
        self._city, self._loops = city, loops
        self.teleports = 0
        self._waiting = {each.vehicle_id: each.depart_s for each in departures}
        self.arrived_s: dict[str, float] = {}

    @property
    def now_s(self) -> float:
        """Seconds since the morning began."""
        return float(libsumo.simulation.getTime())

    @property
    def on_the_way(self) -> int:
        """Vehicles that have not arrived, departed or not."""
        return len(self._waiting) - len(self.arrived_s)

    def step(self) -> None:
        """Let a second pass."""
        libsumo.simulationStep()
        self.teleports += int(libsumo.simulation.getStartingTeleportNumber())
        now_s = self.now_s
        for vehicle_id in libsumo.simulation.getArrivedIDList():
            self.arrived_s[vehicle_id] = now_s

    def vehicles_on(self, edge_id: str) -> Sequence[str]:
        """List who is on an edge now."""
        vehicles: Sequence[str] = libsumo.edge.getLastStepVehicleIDs(edge_id)
        return vehicles

    def ahead_of(self, vehicle_id: str) -> Route:
        """Give the rest of a vehicle's way, from the edge that it is on."""
        route, place = libsumo.vehicle.getRoute(vehicle_id), libsumo.vehicle.getRouteIndex(vehicle_id)
        return tuple(route[place:])

    def send(self, vehicle_id: str, ahead: Sequence[str]) -> None:
        """Give a vehicle another way, which begins with the edge that it is on."""
        libsumo.vehicle.setRoute(vehicle_id, list(ahead))

    def begin(self, incident: Incident) -> None:
        """Let an incident happen. Who is on a street that closes may drive off it."""
        if incident.effect == "closed":
            for vehicle_id in self._driving_into(incident.edges):
                libsumo.vehicle.setVehicleClass(vehicle_id, LET_OUT_CLASS)
        for edge_id in sorted(incident.edges):
            if incident.effect == "closed":
                libsumo.edge.setDisallowed(edge_id, [CAR_CLASS])
            else:
                libsumo.edge.setMaxSpeed(edge_id, incident.speed_kmh / 3.6)

    def end(self, incident: Incident) -> None:
        """Let an incident be over."""
        for edge_id in sorted(incident.edges):
            if incident.effect == "closed":
                libsumo.edge.setAllowed(edge_id, ["all"])
            else:
                libsumo.edge.setMaxSpeed(edge_id, self._city.edges[edge_id].speed_kmh / 3.6)

    def _driving_into(self, edges: frozenset[str]) -> list[str]:
        """List who is on these edges, or in a junction before one of them."""
        inside = []
        for vehicle_id in libsumo.vehicle.getIDList():
            road = libsumo.vehicle.getRoadID(vehicle_id)
            is_turning_in = road.startswith(":") and not edges.isdisjoint(self.ahead_of(vehicle_id)[1:2])
            if road in edges or is_turning_in:
                inside.append(vehicle_id)
        return inside

    def measure(self) -> tuple[StationReading, ...]:
        """Read the loops: what they counted in the minute that has just ended."""
        return self._loops.read_minute()


class Drive:
    """A world with its files; `edge_figures` can be read once it is over."""

    def __init__(self, world: World, edge_data: Path) -> None:
        self.world = world
        self._edge_data = edge_data

    def edge_figures(self) -> Mapping[str, tuple[EdgeFigures, ...]]:
        """End the simulation, and read what its edges did."""
        libsumo.close()
        return read_edge_figures(self._edge_data)


@contextmanager
def simulation(city: City, departures: Sequence[Departure], settings: WorldSettings) -> Iterator[Drive]:
    """Start SUMO with these drivers; at the end it is closed and its files are removed."""
    with tempfile.TemporaryDirectory(prefix="lotse-sumo-") as name, Loops(city, meso=settings.is_meso) as loops:
        folder = Path(name)
        write_departures(departures, folder / "departures.rou.xml")
        write_measuring(city, loops.address, folder / "edges.xml", folder / "measuring.add.xml")
        files = ["-r", str(folder / "departures.rou.xml"), "-a", str(folder / "measuring.add.xml")]
        libsumo.start(["sumo", "-n", str(city.net_file), *files, *settings.options])
        try:
            yield Drive(World(city, departures, loops), folder / "edges.xml")
        finally:
            libsumo.close()
