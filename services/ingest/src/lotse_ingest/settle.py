"""Settling: dead letters that are none any more go in the transaction that stores what is in them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import asyncpg

from lotse_ingest.batch import BatchReading
from lotse_ingest.dead_letters import Settled, digest_of
from lotse_ingest.messages import Received
from lotse_shared import topics

Cut = Callable[[str, bytes, int], bytes]
"""Gives the bytes of one element of a message."""


class SettledMeanwhileError(Exception):
    """Somebody else settled, or dropped, one of these dead letters. Nothing was stored."""


async def settle_replayed(connection: Any, sql: Mapping[str, str], digests: Sequence[bytes]) -> list[Settled]:  # noqa: ANN401 - asyncpg's pool proxy
    """Take out dead letters that are replayed in this transaction.

    Raises
    ------
    SettledMeanwhileError
        Some of them are not there.
    """
    if not digests:
        return []
    rows = await connection.fetch(sql["settle_dead_letters"], digests)
    if len(rows) < len(set(digests)):
        raise SettledMeanwhileError
    return [_settled(row, None) for row in rows]


async def settle_come_true(
    connection: Any,  # noqa: ANN401 - asyncpg's pool proxy
    sql: Mapping[str, str],
    stored: Sequence[BatchReading],
    cut: Cut,
) -> list[Settled]:
    """Take out what was quarantined for its time, and is now, redelivered byte for byte, stored in this transaction.

    It was received twice, then: once as what is a duplicate now. An index of the few quarantined tells at once that
    there are none of these times, so that this costs a question a batch.
    """
    moments = [item.judged.reading.measured_at for item in stored]
    if not moments or not await connection.fetchval(sql["is_any_quarantined"], min(moments), max(moments)):
        return []
    ids = [item.judged.reading.detector_id for item in stored]
    known = await connection.fetch(sql["find_quarantined"], ids, moments)
    quarantined = {(row["detector_id"], row["measured_at"]) for row in known}
    candidates = (item for item in stored if item.key in quarantined)
    rows = await connection.fetch(sql["settle_quarantined"], sorted(_digests(candidates, cut)))
    return [_settled(row, "duplicate") for row in rows]


def _digests(items: Iterable[BatchReading], cut: Cut) -> set[bytes]:
    return {_digest(item.message, item.index, cut) for item in items}


def _digest(message: Received, index: int, cut: Cut) -> bytes:
    return digest_of(message.topic, cut(message.topic, message.payload, index))


def _settled(row: asyncpg.Record, becomes: Literal["duplicate"] | None) -> Settled:
    return Settled(
        row["digest"],
        row["kind"],
        row["detector_id"],
        row["received_at"],
        row["times_received"],
        row["topic"] != topics.WATERMARK,
        becomes,
    )
