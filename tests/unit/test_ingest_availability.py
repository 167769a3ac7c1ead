"""The database goes and comes back: whatever tells of it, the same thing is tried again."""

from typing import Any

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from lotse_ingest.availability import Availability, GaveUpError
from lotse_ingest.metrics import Metrics


class CountingPool:
    """What a pool is asked for here."""

    def __init__(self) -> None:
        self.renewed = 0

    async def expire_connections(self) -> None:
        self.renewed += 1


def make_availability(registry: CollectorRegistry, pool: CountingPool | None = None) -> Availability:
    renewed: Any = pool or CountingPool()
    return Availability(renewed, Metrics(registry), grace_s=0)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_it_tries_again_whatever_tells_that_the_database_is_away(error: Exception) -> None:
    registry = CollectorRegistry()
    answers = [error, error, "done"]

    async def operation() -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    pool = CountingPool()
    availability = make_availability(registry, pool)
    assert await availability.until_done(operation) == "done"
    assert pool.renewed == 2
    assert registry.get_sample_value("lotse_ingest_database_retries_total") == 2
    assert availability.is_there


async def test_what_does_not_tell_of_the_database_is_not_tried_again() -> None:
    async def operation() -> object:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await make_availability(CollectorRegistry()).until_done(operation)


async def test_in_a_hurry_it_gives_up_after_the_grace() -> None:
    async def operation() -> object:
        raise ConnectionRefusedError

    availability = make_availability(CollectorRegistry())
    availability.hurry()
    with pytest.raises(GaveUpError):
        await availability.until_done(operation)
