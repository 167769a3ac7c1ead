"""What stands still between steps: network, registry, roadworks, places of detectors; read again when hinted."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

import asyncpg

from lotse_routing.compiled import CompiledNetworks
from lotse_routing.core.topology import Seconds, Topology, build_topology
from lotse_routing.decide.modes import Rules
from lotse_routing.decide.registry import Corridor, Destination, Registry, Sign
from lotse_routing.metrics import UNKNOWN_CLOSED_LINKS
from lotse_routing.network.model import StreetNetwork
from lotse_routing.network.store import load_active_network
from lotse_routing.orders_store import ORDER_TABLES, read_orders, read_templates
from lotse_routing.queries import QUERIES, Connection
from lotse_routing.settings import RoutingSettings, WeightSettings
from lotse_routing.state.estimate import DetectorPlace
from lotse_routing.state.graphs import RouteGraphs
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.state.weights import Weights, base_weights, minor_street_factors
from lotse_shared.log import OnChange, get_logger

REGISTRY_TABLES = frozenset({"sign", "destination", "corridor"})
TABLES = REGISTRY_TABLES | ORDER_TABLES | {"network", "roadwork", "detector"}

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Town:
    """A network version with what is derived from it once: factors, weights of the empty town, its route graphs."""

    topology: Topology
    factors: Seconds
    base: Weights
    graphs: RouteGraphs
    free_flow_kmh: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What the steps read, until a hint says that it changed."""

    town: Town
    registry: Registry
    roadworks: tuple[Roadwork, ...]
    places: tuple[DetectorPlace, ...]
    rules: Rules


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
        self._rules = Rules()
        self._has_town = OnChange(log)
        self._has_signs = OnChange(log)
        self._unknown = OnChange(log)

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
            self._roadworks = await read_roadworks(connection, now)
        if "detector" in hinted:
            self._places = tuple(DetectorPlace(*row) for row in await connection.fetch(QUERIES["detectors"]))
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
        return World(self._town, self._registry, self._roadworks, self._places, self._rules)

    async def _read_town(self, connection: Connection) -> None:
        version = await connection.fetchval(QUERIES["active_version"])
        if self._town is not None and version == self._town.topology.network_version:
            return
        network = await load_active_network(cast("asyncpg.Connection", connection))
        self._town = await asyncio.to_thread(self._build_town, network) if network else None

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


def build_town(topology: Topology, settings: WeightSettings, zone: ZoneInfo) -> Town:
    """Derive what a network version has once."""
    factors = minor_street_factors(topology, settings)
    base = base_weights(topology, factors)
    speeds = {link.link_id: link.free_flow_kmh for link in topology.links}
    return Town(topology, factors, base, RouteGraphs(topology, base.costs_s, settings, zone), speeds)


async def read_registry(connection: Connection) -> Registry:
    """Read signs in service, destinations and corridors."""
    signs = [
        Sign(**{**row, "destinations": tuple(row["destinations"])}) for row in await connection.fetch(QUERIES["signs"])
    ]
    destinations = [Destination(*row) for row in await connection.fetch(QUERIES["destinations"])]
    corridors = [
        Corridor(row["corridor_id"], tuple(row["links"]), tuple(row["signs"]), tuple(row["destinations"]))
        for row in await connection.fetch(QUERIES["corridors"])
    ]
    return Registry(tuple(signs), {d.destination_id: d for d in destinations}, tuple(corridors))


async def read_roadworks(connection: Connection, now: datetime | None) -> tuple[Roadwork, ...]:
    """Read roadworks that are not over, those to come included: they start by the clock, without a hint."""
    rows = await connection.fetch(QUERIES["roadworks"], now)
    return tuple(Roadwork(**{**row, "links": tuple(row["links"])}) for row in rows)
