"""The usual trips in the database: a row a trip."""

from collections.abc import Sequence

import asyncpg

from lotse_routing.decide.relations.usual import UsualTrip
from lotse_routing.queries import QUERIES, Connection


async def load_trips(connection: Connection) -> tuple[UsualTrip, ...]:
    """Read all of them."""
    return tuple(
        UsualTrip(row["departs_s"], tuple(row["links"]), row["vehicles"], frozenset(row["weekdays"]))
        for row in await connection.fetch(QUERIES["read_trips"])
    )


async def replace_trips(connection: asyncpg.Connection, trips: Sequence[UsualTrip]) -> None:
    """Put trips in the place of those before."""
    rows = [
        (number, sorted(trip.weekdays), int(trip.departs_s), trip.vehicles, list(trip.links))
        for number, trip in enumerate(trips)
    ]
    async with connection.transaction():
        await connection.execute(QUERIES["delete_trips"])
        await connection.executemany(QUERIES["insert_trip"], rows)
