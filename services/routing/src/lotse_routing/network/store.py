"""Networks in the database: rows by version, one of them active."""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import Any

import asyncpg

from lotse_routing.network.model import (
    BannedTurn,
    Condition,
    Junction,
    Link,
    NetworkError,
    StreetNetwork,
    build_network,
)
from lotse_shared.database import load_queries
from lotse_shared.vehicle import VehicleClass

QUERIES = load_queries("lotse_routing.network")

LINK_COLUMNS = Link.__slots__


async def save_network(
    connection: asyncpg.Connection,
    network: StreetNetwork,
    now: datetime,
    summary: Mapping[str, Any] | None = None,
) -> None:
    """Store a network and make it the active one, in one transaction. A version already there is not written again.

    `summary` is what the import has to tell, as JSON.
    """
    version = network.version
    async with connection.transaction():
        await connection.execute(QUERIES["lock_networks"])
        is_new = await connection.fetchval(
            QUERIES["insert_network"],
            version,
            network.name,
            network.source,
            network.drives_on,
            now,
            dict(summary or {}),
        )
        if is_new:
            await _copy_rows(connection, network)
        await connection.execute(QUERIES["deactivate_others"], version)
        await connection.execute(QUERIES["activate"], version)


async def load_active_network(connection: asyncpg.Connection) -> StreetNetwork | None:
    """Read the active network; None if none was imported yet.

    Raises
    ------
    NetworkError
        The rows are not those that were stored under this version.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        active = await connection.fetchrow(QUERIES["active_network"])
        if active is None:
            return None
        version = active["network_version"]
        junctions = await connection.fetch(QUERIES["junctions"], version)
        links = await connection.fetch(QUERIES["links"], version)
        turns = await connection.fetch(QUERIES["banned_turns"], version)
        conditions = await connection.fetch(QUERIES["conditions"], version)
    network = build_network(
        active["name"],
        active["source"],
        (Junction(*row) for row in junctions),
        (_link(row) for row in links),
        (BannedTurn(tuple(row["links"]), _vehicles(row), row["during"]) for row in turns),
        conditions=(Condition(row["link_id"], _vehicles(row), row["access"], row["during"]) for row in conditions),
        drives_on=active["drives_on"],
    )
    if network.version != version:
        message = f"the rows of network {version} were changed: delete it from table network and import it again"
        raise NetworkError(message)
    return network


async def _copy_rows(connection: asyncpg.Connection, network: StreetNetwork) -> None:
    version = network.version
    await connection.copy_records_to_table(
        "junction",
        columns=("network_version", "node_id", "lon", "lat"),
        records=((version, junction.node_id, junction.lon, junction.lat) for junction in network.junctions()),
    )
    await connection.copy_records_to_table(
        "link",
        columns=("network_version", *LINK_COLUMNS),
        records=((version, *_row(link)) for link in network.links()),
    )
    await connection.copy_records_to_table(
        "banned_turn",
        columns=("network_version", "links", "vehicles", "during"),
        records=((version, *turn.key) for turn in network.banned_turns),
    )
    await connection.copy_records_to_table(
        "link_condition",
        columns=("network_version", "link_id", "vehicles", "access", "during"),
        records=((version, *condition.key) for condition in network.conditions),
    )


def _row(link: Link) -> tuple[Any, ...]:
    *plain, coordinates = (getattr(link, column) for column in LINK_COLUMNS)
    return (*plain, list(chain.from_iterable(coordinates)))


def _link(row: asyncpg.Record) -> Link:
    numbers = row["coordinates"]
    fields = {column: row[column] for column in LINK_COLUMNS}
    fields["ways"] = tuple(row["ways"])
    fields["coordinates"] = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    return Link(**fields)


def _vehicles(row: asyncpg.Record) -> frozenset[VehicleClass]:
    return frozenset(map(VehicleClass, row["vehicles"]))
