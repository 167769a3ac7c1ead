"""Replay: dead letters are decoded again by today's dialects, and what can be used now is stored.

A part is one transaction, with the removal of its dead letters and the ledger put right: so a replay may end anywhere,
be started again, and run beside the live line and beside other replays.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from lotse_ingest.batch import Batch
from lotse_ingest.dead_letters import DeadLetter
from lotse_ingest.decode import Dialects
from lotse_ingest.detectors import Detectors
from lotse_ingest.examine import Examiner
from lotse_ingest.judge import Judge
from lotse_ingest.messages import Decoded
from lotse_ingest.metrics import Metrics
from lotse_ingest.reexamine import Examined, Letter, decode_again, judge_again, refuse_again
from lotse_ingest.settings import IngestSettings
from lotse_ingest.settle import SettledMeanwhileError
from lotse_ingest.store import ACQUIRE_TIMEOUT_S, RefusedError, Store
from lotse_shared.clock import DataClock
from lotse_shared.database import load_queries
from lotse_shared.log import get_logger
from lotse_shared.reading import Reading
from lotse_shared.wire import DeadLetterFilter

PAGE_LETTERS = 100
PAGE_BYTES = 2**20

Place = tuple[datetime, bytes]
"""Moment of receipt and digest: where in their order a dead letter stands."""
Tally = Counter[str]
"""Dead letters and readings, by the fields of `lotse_shared.wire.ReplayAnswer`."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Page:
    """What became of some dead letters, and where the last of them stood."""

    tally: Tally
    last: Place


class Replay:
    """Replays dead letters, the oldest first.

    They are judged as of their receipt, by a judge with no memory but of the replay itself; in data time as late, so
    that no decision depends on when somebody replays.
    """

    def __init__(
        self,
        pool: "asyncpg.Pool[Any]",
        settings: IngestSettings,
        detectors: Detectors,
        data_clock: DataClock | None,
        metrics: Metrics,
    ) -> None:
        self._pool = pool
        self._settings = settings
        self._dialects = Dialects(settings.dialects, settings.max_payload_bytes)
        self._detectors = detectors
        self._data_clock = data_clock
        self._metrics = metrics
        self._tables = Store(pool, self._dialects.cut)
        self._sql = load_queries("lotse_ingest", "sql/dead_letters.sql")

    async def restore_clock(self) -> None:
        """Learn where data time stands: for a process that receives no watermarks."""
        newest = await self._tables.newest_watermark() if self._data_clock is not None else None
        if self._data_clock is not None and newest is not None:
            self._data_clock.advance(newest)

    async def count(self, wanted: DeadLetterFilter) -> int:
        """Count the dead letters that a filter wants."""
        found: int = await self._ask("count_dead_letters", *wanted.as_arguments())
        return found

    async def pages(
        self, wanted: DeadLetterFilter, after: Place | None, limit: int, *, is_dry: bool
    ) -> AsyncGenerator[Page]:
        """Replay up to `limit` dead letters that a filter wants, page by page; each is done when it is told.

        Raises
        ------
        lotse_shared.database.AWAY
            The database is away. What was told is done.
        """
        judge = Judge(self._settings.limits, self._detectors.find)
        examiner = Examiner(self._dialects, judge, self._detectors.find, self._settings.dead_letter_bytes)
        since = await self._ask("what_time_is_it")  # what this replay makes is not for this replay
        while limit > 0 and (letters := await self._read(wanted, after, min(limit, PAGE_LETTERS), since)):
            tally = Tally(examined=len(letters))
            for part in self._parts(await self._examine(examiner, letters)):
                tally += await self._write(examiner, part, is_dry=is_dry)
            if not is_dry:
                self._count(tally)
            after, limit = letters[-1].place, limit - len(letters)
            yield Page(tally, after)

    async def _read(self, wanted: DeadLetterFilter, after: Place | None, limit: int, since: datetime) -> list[Letter]:
        arguments = (*wanted.as_arguments(), *(after or (None, None)), limit, PAGE_BYTES, since)
        return [Letter(**row) for row in await self._rows("list_dead_letters_to_replay", *arguments)]

    async def _examine(self, examiner: Examiner, letters: Sequence[Letter]) -> list[Examined]:
        """Decode and judge. The live line has its turn after each."""
        decoded: list[Sequence[Decoded]] = []
        for letter in letters:
            decoded.append(decode_again(examiner, letter))
            await asyncio.sleep(0)
        readings = (each for elements in decoded for each in elements if isinstance(each, Reading))
        await self._detectors.learn({reading.detector_id for reading in readings})
        examined: list[Examined] = []
        for letter, elements in zip(letters, decoded, strict=True):
            examined.append(judge_again(examiner, letter, elements, self._data_clock))
            await asyncio.sleep(0)
        return examined

    def _parts(self, examined: Sequence[Examined]) -> Iterator[list[Examined]]:
        """Give what is stored together; a part ends with the dead letter that makes it large."""
        part: list[Examined] = []
        for one in examined:
            part.append(one)
            if sum(len(each.items) for each in part) >= self._settings.transaction_items:
                yield part
                part = []
        if part:
            yield part

    async def _write(self, examiner: Examiner, part: Sequence[Examined], *, is_dry: bool) -> Tally:
        """Store what a part holds and settle its dead letters; one that the database refuses stays."""
        changed = [one for one in part if one.is_changed]
        tally = Tally(one.outcome for one in part)
        if changed:
            batch = Batch(tuple(item for one in changed for item in one.items))
            digests = [one.letter.digest for one in changed]
            try:
                stored = await (self._tables.rehearse if is_dry else self._tables.write)(batch, digests)
            except RefusedError as error:
                return await self._without_refused(examiner, part, error, is_dry=is_dry)
            except SettledMeanwhileError:
                return await self._write(examiner, await self._still_there(part), is_dry=is_dry)
            fresh = [one.is_settled for one in changed for _ in one.items]
            outcomes = (told for told, is_fresh in zip(stored.outcomes, fresh, strict=True) if is_fresh)
            tally += Tally(told for told in outcomes if told is not None)
        if not is_dry:
            await self._mark(part)
        return tally

    async def _without_refused(
        self, examiner: Examiner, part: Sequence[Examined], error: RefusedError, *, is_dry: bool
    ) -> Tally:
        if len(part) == 1:
            refused = refuse_again(examiner, part[0].letter, str(error))
            if refused == part[0]:
                raise error  # our own row: no letter is to blame
            return await self._write(examiner, [refused], is_dry=is_dry)
        middle = len(part) // 2
        first = await self._write(examiner, part[:middle], is_dry=is_dry)
        return first + await self._write(examiner, part[middle:], is_dry=is_dry)

    async def _still_there(self, part: Sequence[Examined]) -> list[Examined]:
        """Leave out what others settled or dropped meanwhile."""
        digests = [one.letter.digest for one in part]
        there = {row["digest"] for row in await self._rows("find_dead_letters", digests)}
        return [one for one in part if one.letter.digest in there]

    async def _mark(self, part: Sequence[Examined]) -> None:
        """Note which dead letters were decoded in vain: those that stayed, and those that came of others."""
        stayed = {one.letter.digest for one in part if not one.is_settled}
        made = {item.digest for one in part for item in one.items if isinstance(item, DeadLetter)}
        if digests := sorted(stayed | made):
            await self._rows("mark_replayed", digests)

    async def _rows(self, query: str, *arguments: object) -> Sequence[asyncpg.Record]:
        async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            rows: Sequence[asyncpg.Record] = await connection.fetch(self._sql[query], *arguments)
            return rows

    async def _ask(self, query: str, *arguments: object) -> Any:  # noqa: ANN401 - what the query gives
        return (await self._rows(query, *arguments))[0][0]

    def _count(self, tally: Tally) -> None:
        for outcome in ("settled", "refused_again", "not_replayable"):
            self._metrics.replayed.labels(outcome).inc(tally[outcome])
