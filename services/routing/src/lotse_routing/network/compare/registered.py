"""What is registered in the database and stands on links or junctions."""

from datetime import datetime

import asyncpg

from lotse_routing.network.compare.affected import Registered
from lotse_shared.database import load_queries
from lotse_shared.vehicle import VehicleClass

QUERIES = load_queries("lotse_routing.network")


async def load_registered(connection: asyncpg.Connection, now: datetime) -> list[Registered]:
    """Read detectors, signs in service, destinations, corridors, and roadworks that are not over."""
    rows = await connection.fetch(QUERIES["registered"], now)
    return [
        Registered(
            row["kind"],
            row["noun_id"],
            tuple(row["links"]),
            row["node_id"],
            None if row["lon"] is None or row["lat"] is None else (row["lon"], row["lat"]),
            tuple(VehicleClass(each) for each in row["vehicles"]),
        )
        for row in rows
    ]
