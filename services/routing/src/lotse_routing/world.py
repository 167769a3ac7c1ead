"""What stands still between steps: network, registry, roadworks, places of detectors; read again when hinted."""

import asyncio
import time
from datetime import datetime
from typing import cast

import asyncpg

from lotse_routing.compiled import CompiledNetworks
from lotse_routing.core.topology import Topology, build_topology
from lotse_routing.decide.modes import Rules
from lotse_routing.decide.registry import Corridor, Destination, Registry, Sign
from lotse_routing.decide.relations.knowledge import TrafficKnowledge, know_traffic
from lotse_routing.decide.relations.usual import UsualTrip
from lotse_routing.metrics import TRIPS_LEFT_OUT, UNKNOWN_CLOSED_LINKS, UNREADABLE_HOURS
from lotse_routing.network.model import StreetNetwork
from lotse_routing.network.store import load_active_network
from lotse_routing.orders_store import ORDER_TABLES, read_orders, read_templates
from lotse_routing.queries import QUERIES, Connection
from lotse_routing.roadwork_rows import read_rows
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.estimate import DetectorPlace
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.town import Town, World, build_town
from lotse_routing.trip_store import load_trips
from lotse_shared.log import OnChange, get_logger
from lotse_shared.vehicle import VehicleClass

REGISTRY_TABLES = frozenset({"sign", "destination", "corridor"})
TABLES = REGISTRY_TABLES | ORDER_TABLES | {"network", "roadwork", "detector", "usual_trip"}

log = get_logger(__name__)


class WorldReader:
    """Keeps the world up to date."""

    def __init__(self, settings: RoutingSettings) -> None:
        self._settings = settings
        self._zone = settings.estimate.zone
        self._compiled = CompiledNetworks(settings.loop.compiled_dir)
        self._town: Town | None = None
        self._registry = Registry((), {}, ())
        self._roadworks: tuple[Roadwork, ...] = ()
        self._places: tuple[DetectorPlace, ...] = ()
        self._trips: tuple[UsualTrip, ...] = ()
        self._knowledge: TrafficKnowledge | None = None
        self._rules = Rules()
        self._has_town = OnChange(log)
        self._has_signs = OnChange(log)
        self._unknown = OnChange(log)
        self._has_trips = OnChange(log)
        self._hours = OnChange(log)

    @property
    def town(self) -> Town | None:
        """The network read last."""
        return self._town

    async def read(self, connection: Connection, hinted: frozenset[str], now: datetime | None) -> World | None:
        """Read again what was hinted. None while no network is active: there is nothing to decide on.

        `now` is Lotse's; roadworks that are over are left out. None: it is not known yet, all of them are read.
        """
        if "network" in hinted:
            await self._read_town(connection)
        if not REGISTRY_TABLES.isdisjoint(hinted):
            self._registry = await read_registry(connection)
        if "roadwork" in hinted:
            read = read_rows(await connection.fetch(QUERIES["roadworks"], now))
            self._roadworks = read.roadworks
            self._tell_unreadable_hours(read.unreadable)
        if "detector" in hinted:
            self._places = tuple(DetectorPlace(*row) for row in await connection.fetch(QUERIES["detectors"]))
        if "usual_trip" in hinted:
            await self._read_trips(connection)
        if not ORDER_TABLES.isdisjoint(hinted):
            orders = await read_orders(connection, now)
            templates = await read_templates(connection, self._settings.display.language)
            self._rules = Rules(orders, self._settings.modes, templates)
        if self._town is None:
            self._has_town.now("missing", "no network is active: waiting for an import")
            return None
        self._has_town.now(
            self._town.topology.network_version, "network in force", links=len(self._town.topology.links)
        )
        signs = len(self._registry.signs)
        self._has_signs.now("some" if signs else "none", "signs to decide for" if signs else "no signs registered yet")
        self._tell_unknown_links(self._town.topology)
        knowledge = self._knowledge_of(self._town)
        return World(self._town, self._registry, self._roadworks, self._places, self._rules, knowledge)

    async def _read_town(self, connection: Connection) -> None:
        version = await connection.fetchval(QUERIES["active_version"])
        if self._town is not None and version == self._town.topology.network_version:
            return
        network = await load_active_network(cast("asyncpg.Connection", connection))
        self._town = await asyncio.to_thread(self._build_town, network) if network else None

    async def _read_trips(self, connection: Connection) -> None:
        trips = await load_trips(connection)
        if trips != self._trips:
            self._trips, self._knowledge = trips, None

    def _knowledge_of(self, town: Town) -> TrafficKnowledge | None:
        """Know the usual traffic on a network: kept while network, detectors and trips are the same."""
        if not self._trips:
            return None
        known = self._knowledge
        if known is None or known.streets is not town.streets or known.places != self._places:
            self._knowledge = know_traffic(town.streets, self._places, self._trips)
            left_out = self._knowledge.usual.left_out
            TRIPS_LEFT_OUT.set(left_out)
            self._has_trips.now(
                f"{len(self._knowledge.usual)} {left_out}",
                "usual trips known" if not left_out else "usual trips that the network does not have are left out",
                trips=len(self._knowledge.usual),
                left_out=left_out,
            )
        return self._knowledge

    def _build_town(self, network: StreetNetwork) -> Town:
        started = time.perf_counter()
        topology = build_topology(network, self._compiled.of(network))
        log.info("network compiled", version=network.version, seconds=round(time.perf_counter() - started, 2))
        return build_town(topology, self._settings.weights, self._zone)

    def _tell_unknown_links(self, topology: Topology) -> None:
        links = sorted({link for r in self._roadworks for link in r.links if link not in topology.index})
        UNKNOWN_CLOSED_LINKS.set(len(links))
        event = "links that the network does not have" if links else "the network has all links of roadworks"
        self._unknown.now(str(links), event, roadwork_links=links)

    def _tell_unreadable_hours(self, roadworks: tuple[str, ...]) -> None:
        UNREADABLE_HOURS.set(len(roadworks))
        event = "hours of roadworks cannot be read: they hold at all hours" if roadworks else "hours of roadworks read"
        self._hours.now(str(roadworks), event, roadworks=roadworks)


async def read_registry(connection: Connection) -> Registry:
    """Read signs in service, destinations and corridors."""
    signs = [
        Sign(**{**row, "destinations": tuple(row["destinations"])}) for row in await connection.fetch(QUERIES["signs"])
    ]
    destinations = [Destination(*row) for row in await connection.fetch(QUERIES["destinations"])]
    corridors = [
        Corridor(
            row["corridor_id"],
            tuple(row["links"]),
            tuple(row["signs"]),
            tuple(row["destinations"]),
            tuple(VehicleClass(each) for each in row["vehicles"]),
        )
        for row in await connection.fetch(QUERIES["corridors"])
    ]
    return Registry(tuple(signs), {d.destination_id: d for d in destinations}, tuple(corridors))


async def read_roadworks(connection: Connection, now: datetime | None) -> tuple[Roadwork, ...]:
    """Read approved roadworks that are not over, those to come included: they start by the clock, without a hint."""
    return read_rows(await connection.fetch(QUERIES["roadworks"], now)).roadworks
