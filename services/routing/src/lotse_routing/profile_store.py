"""The profile in the database: a row a link and weekday."""

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from lotse_routing.queries import QUERIES, Connection
from lotse_routing.state.profile import QUARTERS, WEEKDAYS, LinkDay, Profile


async def load_profile(connection: Connection) -> Profile:
    """Read the whole profile."""
    records = await connection.fetch(QUERIES["read_profile"])
    rows = {link_id: number for number, link_id in enumerate(dict.fromkeys(record["link_id"] for record in records))}
    shape = (len(rows), WEEKDAYS, QUARTERS)
    speeds_kmh, weeks = np.zeros(shape, np.float32), np.zeros(shape, np.int16)
    learned_until = np.full(len(rows), -np.inf)
    for record in records:
        row = rows[record["link_id"]]
        speeds_kmh[row, record["weekday"]] = record["speeds_kmh"]
        weeks[row, record["weekday"]] = record["weeks"]
        learned_until[row] = max(learned_until[row], record["learned_until"].timestamp())
    return Profile(rows, speeds_kmh, weeks, learned_until)


async def save_profile(connection: Connection, profile: Profile, days: Iterable[LinkDay]) -> None:
    """Write some links' weekdays."""
    await connection.executemany(QUERIES["save_profile"], [_record(profile, *day) for day in sorted(days)])


def _record(profile: Profile, link_id: str, weekday: int) -> tuple[str, int, list[float], list[int], datetime]:
    row = profile.rows[link_id]
    return (
        link_id,
        weekday,
        profile.speed_kmh[row, weekday].tolist(),
        profile.weeks[row, weekday].tolist(),
        datetime.fromtimestamp(float(profile.learned_until[row]), UTC),
    )
