"""Keeping: dead letters in the transaction that stores the readings beside them, one row a digest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lotse_ingest.dead_letters import DeadLetter, Settled
from lotse_ingest.rows import DEAD_LETTER_COLUMNS, columns, dead_letter_row

TABLE = "rejected_message"


async def keep_dead_letters(
    connection: Any,  # noqa: ANN401 - asyncpg's pool proxy
    upsert: str,
    letters: Sequence[DeadLetter],
    settled: Sequence[Settled],
    *,
    are_new: bool,
) -> set[bytes]:
    """Keep dead letters, and give the digests of those that are new; by COPY if `are_new`, else by `upsert`.

    Raises
    ------
    asyncpg.UniqueViolationError
        They were said to be new, and one of them is known.
    """
    if not letters:
        return set()
    times = _times(letters, settled)
    rows = _rows(letters, times)
    if are_new:
        await connection.copy_records_to_table(TABLE, records=rows, columns=DEAD_LETTER_COLUMNS)
        return set(times)
    held = await connection.fetch(upsert, *columns(rows))
    return {row["digest"] for row in held if row["times_received"] == times[row["digest"]]}


def _times(letters: Sequence[DeadLetter], settled: Sequence[Settled]) -> Counter[bytes]:
    """Tell how often each came: those that were just taken out, and are refused again, as often as they had."""
    times = Counter(letter.digest for letter in letters)
    times.update({again.digest: again.times_received - 1 for again in settled if again.digest in times})
    return times


def _rows(letters: Sequence[DeadLetter], times: Mapping[bytes, int]) -> list[tuple[Any, ...]]:
    """Give a row for the first of each, sorted: writers that lock rows in one order do not deadlock."""
    firsts = {letter.digest: letter for letter in reversed(letters)}
    return [dead_letter_row(firsts[digest], times[digest]) for digest in sorted(firsts)]
