"""What the gateway is asked about: a city's links, 1,000 signs with a key and a decision each, heavy history."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import asyncpg
from factories_gateway import add_decision, beat, etag_of

from lotse_gateway.guards.keys import NewKey, Scope, draw_key

SIGNS, VIEWERS = 1_000, 50
HISTORY_DAYS, HISTORY_DETECTORS = 14, 200
"""With a reading a minute: 4 million rows, some 600 MB."""
DAY = timedelta(days=1)

ADD_SIGNS = """
insert into sign (sign_id, link_id)
select 'S' || n, link_id from generate_series(1, $1::int) n
cross join lateral (
    select link_id from link join network using (network_version) where is_active
    order by link_id offset n % (select count(*) from link join network using (network_version) where is_active) limit 1
) as somewhere
"""
ADD_STATES = """
insert into link_state (link_id, observed_at, speed_kmh, level_of_service, confidence, source, detectors)
select link_id, now(), free_flow_kmh * 0.9, 'free', 0.9, 'measured', array['at-' || link_id]
from link join network using (network_version) where is_active
"""
ADD_KEY = "insert into api_key (key_id, name, secret_sha256, scopes, sign_id) values ($1, $2, $3, $4, $5)"
ADD_DETECTORS = """
insert into detector (detector_id, link_id, interval_s)
select 'D' || n, (select min(link_id) from link join network using (network_version) where is_active), 60
from generate_series(1, $1::int) n
"""
ADD_DAY = """
insert into reading (detector_id, measured_at, interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct,
    corrected_vehicle_count, corrected_mean_speed_kmh, corrected_occupancy_pct, seq, received_at)
select 'D' || d, at, 60, c, floor(c / 8), 50 - c, c / 2, c, 50 - c, c / 2, extract(epoch from at)::bigint, at
from generate_series($1::timestamptz + interval '1 minute', $1::timestamptz + interval '1 day', interval '1 minute') at
cross join generate_series(1, $2::int) d
cross join lateral (values (floor(random() * 20))) as counted (c)
order by at, d -- as they arrive: those of one detector lie far apart
"""


@dataclass(frozen=True, slots=True)
class People:
    """Keys: one of each sign, by its id, and some of viewers; the ETags of what signs are told."""

    signs: dict[str, NewKey] = field(default_factory=dict)
    viewers: tuple[NewKey, ...] = ()
    etags: dict[str, str] = field(default_factory=dict)


async def fill_city(connection: asyncpg.Connection) -> People:
    """Add signs with decisions, states of links and keys, on the network that is active."""
    people = People({f"S{n}": draw_key() for n in range(1, SIGNS + 1)}, tuple(draw_key() for _ in range(VIEWERS)))
    await connection.execute(ADD_SIGNS, SIGNS)
    await connection.execute(ADD_STATES)
    await add_keys(connection, people)
    for sign_id in people.signs:
        people.etags[sign_id] = etag_of(await add_decision(connection, sign_id))
    await beat(connection)
    return people


async def add_keys(connection: asyncpg.Connection, people: People) -> None:
    """Store hashes of all keys."""
    await connection.executemany(
        ADD_KEY,
        [
            *(_row(key, Scope.SIGN, sign_id) for sign_id, key in people.signs.items()),
            *(_row(key, Scope.VIEWER, None) for key in people.viewers),
        ],
    )


def _row(key: NewKey, scope: Scope, sign_id: str | None) -> tuple[Any, ...]:
    return key.key_id, sign_id or "viewer", key.secret_sha256, [scope.value], sign_id


async def fill_history(connection: asyncpg.Connection, days: int, tell: Callable[[str], None]) -> None:
    """Add a reading a minute of every detector, for so many days until today."""
    await connection.execute(ADD_DETECTORS, HISTORY_DETECTORS)
    for day in history_days(days):
        tell(f"history: {day:%d %B}")
        await connection.execute("select ensure_partition('reading', d) from unnest($1::date[]) d", [day, day + DAY])
        await connection.execute(ADD_DAY, day, HISTORY_DETECTORS)
    await connection.execute("vacuum analyze reading")


def history_days(days: int) -> list[datetime]:
    """Give the days that history has, oldest first."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return [today - number * DAY for number in range(days, 0, -1)]


def history_paths(days: int) -> Iterable[str]:
    """Give what people ask of history: hours of a detector, its outages day by day, the outages of all on a day."""
    listed = history_days(days)
    span = {"from": listed[0].isoformat(), "to": (listed[-1] + DAY).isoformat(), "bucket": "1h", "limit": "1000"}
    dates = {"from": f"{listed[0]:%Y-%m-%d}", "to": f"{listed[-1]:%Y-%m-%d}"}
    for number in range(1, HISTORY_DETECTORS + 1):
        yield f"/v1/detectors/D{number}/aggregates?{urlencode(span)}"
        yield f"/v1/detectors/D{number}/outages?{urlencode(dates)}"
        yield f"/v1/outages?day={listed[number % days]:%Y-%m-%d}"
