"""Silent detectors, clocks and alarms on real databases and brokers."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from factories_ingest import (
    LIMITS,
    NOON,
    Publisher,
    Tables,
    as_json,
    eventually,
    make_body,
    make_reading,
    publishing,
    running_ingest,
)
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from lotse_ingest.availability import Availability
from lotse_ingest.detectors import Detectors
from lotse_ingest.judge import Judge, Moment
from lotse_ingest.judge.verdict import Judged
from lotse_ingest.metrics import Metrics
from lotse_ingest.settings import IngestSettings
from lotse_ingest.watch import Watch
from lotse_shared import topics
from lotse_shared.clock import DataClock
from lotse_shared.database import create_pool
from lotse_shared.settings import BrokerSettings, DatabaseSettings
from lotse_standalone.servers.postgres import EmbeddedPostgres

MINUTE = timedelta(minutes=1)


class Watched:
    """A watch that looks when told, and detectors that speak when told."""

    def __init__(self, watch: Watch, judge: Judge, detectors: Detectors, clock: DataClock) -> None:
        self.watch = watch
        self._judge = judge
        self._detectors = detectors
        self._clock = clock

    async def speak(self, detector_ids: Iterable[str], minute: float) -> None:
        ids = list(detector_ids)
        await self._detectors.learn(ids)
        for detector_id in ids:
            reading = make_reading(detector_id=detector_id, measured_at=NOON + minute * MINUTE)
            moment = Moment(self._clock.now(), self._clock.now())
            verdict = self._judge.judge(reading, self._detectors.find(detector_id), moment)
            assert isinstance(verdict, Judged), verdict

    async def look(self, minute: float) -> None:
        self._clock.advance(NOON + minute * MINUTE)
        await self.watch.look()


@asynccontextmanager
async def watched(database: DatabaseSettings, *, is_listening: bool = True, **settings: Any) -> AsyncIterator[Watched]:
    """In data time, so that hours pass in no time; looked once, so that this replica is no new one."""
    metrics, clock = Metrics(CollectorRegistry()), DataClock()
    async with await create_pool(database, "test-watch") as pool:
        detectors = Detectors(pool, Availability(pool, metrics, 1), LIMITS, metrics)
        judge = Judge(LIMITS, detectors.find)
        watch = Watch(
            pool=pool,
            judge=judge,
            is_listening=lambda: is_listening,
            settings=IngestSettings(**settings),
            data_clock=clock,
            metrics=metrics,
        )
        one = Watched(watch, judge, detectors, clock)
        await watch.look()
        yield one


class Board(Tables):
    """The alarms."""

    async def open(self) -> list[tuple[str, str]]:
        rows = await self.rows("select kind, subject from alarm where cleared_at is null order by kind, subject")
        return [(row["kind"], row["subject"]) for row in rows]

    async def raised(self) -> int:
        return len(await self.rows("select from alarm"))

    async def silent(self) -> list[str]:
        sql = "select detector_id from detector_health where silent_since is not null order by detector_id"
        return [row["detector_id"] for row in await self.rows(sql)]


FLEET = [f"D{number:03}" for number in range(500)]


async def test_a_silent_fleet_is_one_alarm_that_clears_itself(each_database: DatabaseSettings) -> None:
    board = Board(each_database)
    await board.register(*FLEET)
    async with watched(each_database) as one:
        for minute in (1.0, 2.0, 3.0):
            await one.speak(FLEET, minute - 0.9)
            await one.look(minute)
        await one.speak(FLEET[250:], 3.5)  # half of them once more: nobody falls silent at the same moment
        for minute in (4, 5, 5.2, 6, 7, 8):
            await one.look(minute)
        assert await board.open() == [("silent_fleet", "")]
        assert await board.silent() == FLEET
        await one.speak(FLEET[:100], 8.5)
        await one.look(9)
        assert await board.open() == [("silent_fleet", "")]
        await one.speak(FLEET, 9.5)
        await one.look(10)
        assert await board.open() == []
        assert await board.silent() == []
        assert await board.raised() == 1


async def test_those_that_stay_silent_when_the_fleet_is_back_get_their_own_alarm_later(
    database: DatabaseSettings,
) -> None:
    board = Board(database)
    await board.register(*FLEET[:100])
    async with watched(database) as one:
        await one.speak(FLEET[:100], 1)
        await one.look(4)
        assert await board.open() == [("silent_fleet", "")]
        await one.speak(FLEET[1:100], 4.5)
        await one.look(5)
        assert await board.open() == []
        for minute in (6, 7, 8):
            await one.speak(FLEET[1:100], minute - 0.5)
            await one.look(minute)
        assert await board.open() == [("silent_detector", "D000")]


async def test_a_silent_detector_is_an_alarm_after_its_own_number_of_intervals(each_database: DatabaseSettings) -> None:
    board = Board(each_database)
    await board.register("A", "B", "C", "never")
    await board.execute("update detector set silent_intervals = 5 where detector_id = 'B'")
    async with watched(each_database) as one:
        await one.speak("ABC", 1)
        await one.look(3)
        assert await board.open() == []
        await one.speak("C", 3.9)
        await one.look(4)
        assert await board.open() == [("silent_detector", "A")]
        await one.speak("C", 5)
        await one.look(6)
        assert await board.open() == [("silent_detector", "A"), ("silent_detector", "B")]
        await one.speak("A", 6.5)
        await one.look(7)
        assert await board.open() == [("silent_detector", "B")]
    rows = await board.rows("select detector_id from detector_health order by detector_id")
    assert [row["detector_id"] for row in rows] == ["A", "B", "C"]


async def test_a_detector_failed_by_hand_or_no_longer_registered_has_no_alarm(database: DatabaseSettings) -> None:
    board = Board(database)
    await board.register("A", "B", "C")
    async with watched(database) as one:
        await one.speak("ABC", 1)
        await one.look(4)
        assert len(await board.open()) == 3
        await board.execute("update detector set failed_at = now(), failed_reason = 'pit' where detector_id = 'A'")
        await board.execute("delete from detector where detector_id = 'B'")
        await one.look(5)
        assert await board.open() == [("silent_detector", "C")]


async def test_while_we_do_not_listen_nobody_else_is_blamed_and_there_is_one_alarm(database: DatabaseSettings) -> None:
    board = Board(database)
    await board.register(*FLEET)
    async with watched(database, is_listening=False, intake_away_s=0) as one:
        await one.speak(FLEET, 1)
        await one.look(30)
        await one.look(31)
        assert await board.open() == [("intake_away", "")]
    async with watched(database, intake_away_s=0) as one:
        await one.look(31)
        assert await board.open() == [("silent_fleet", "")]


async def test_a_slot_that_is_gone_is_told_and_what_is_silent_is_not(database: DatabaseSettings) -> None:
    board = Board(database)
    await board.register("A")
    async with watched(database, slot=1):
        pass
    await board.execute("update ingest_slot set is_attentive = true, seen_at = now() - interval '5 min'")
    async with watched(database, slot=0) as one:
        await one.speak("A", 1)
        await one.look(30)
        assert await board.open() == [("intake_away", "")]
        await board.execute("delete from ingest_slot where slot = 1")  # as a drain does
        await one.look(31)
        assert await board.open() == [("silent_detector", "A")]


async def wall_watch(database: DatabaseSettings, heard_s: float, listened_s: float) -> list[tuple[str, str]]:
    """The alarms in wall time, of a detector heard so long ago, if we have listened for so long."""
    board = Board(database)
    await board.register("A")
    await board.execute(
        "insert into detector_health (detector_id, last_received_at) values ('A', $1)",
        datetime.now(UTC) - timedelta(seconds=heard_s),
    )
    metrics = Metrics(CollectorRegistry())
    async with await create_pool(database, "test-watch") as pool:
        watch = Watch(
            pool=pool,
            judge=Judge(LIMITS, lambda _: None),
            is_listening=lambda: True,
            settings=IngestSettings(watch_every_s=20),
            data_clock=None,
            metrics=metrics,
        )
        await watch.look()
        await watch.look()
        await board.execute("update ingest_slot set since = now() - make_interval(secs => $1)", listened_s)
        await watch.look()
    return await board.open()


async def test_a_fresh_start_blames_nobody(database: DatabaseSettings) -> None:
    assert await wall_watch(database, heard_s=3_600, listened_s=170) == []


async def test_a_silence_counts_while_we_listened(database: DatabaseSettings) -> None:
    assert await wall_watch(database, heard_s=3_600, listened_s=185) == [("silent_detector", "A")]


async def test_two_watches_at_once_raise_one_alarm(database: DatabaseSettings) -> None:
    board = Board(database)
    await board.register(*FLEET)
    async with watched(database, slot=0) as one, watched(database, slot=1) as other:
        await one.speak(FLEET[:250], 1)
        await other.speak(FLEET[250:], 1)
        await asyncio.gather(one.look(2), other.look(2))
        for minute in (3, 4, 5, 6):
            await asyncio.gather(one.look(minute), other.look(minute))
        await one.look(7)
        assert await board.open() == [("silent_fleet", "")]
        assert await board.raised() == 1


async def test_from_the_wire_to_the_alarm_and_back(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    board = Board(each_database)
    await board.register("A", "B")

    def reading(detector_id: str, minute: int) -> tuple[str, bytes]:
        body = make_body(detector_id=detector_id, measured_at=(NOON + minute * MINUTE).isoformat())
        return topics.reading_topic(detector_id), as_json(body)

    def watermark(minute: int) -> tuple[str, bytes]:
        return topics.WATERMARK, as_json({"covers_until": (NOON + minute * MINUTE).isoformat()})

    async def are_open(*expected: tuple[str, str]) -> bool:
        return await board.open() == list(expected)

    async with running_ingest(each_database, each_broker, is_data_time=True, watch_every_s=0.05) as running:
        with publishing(each_broker) as publisher:
            publisher.publish_all([watermark(0), reading("A", 1), reading("B", 1), watermark(1)])
            for minute in (2, 3, 4):
                publisher.publish_all([reading("B", minute), watermark(minute)])
            await eventually(lambda: are_open(("silent_detector", "A")))
            publisher.publish_all([reading("A", 5), reading("B", 5), watermark(5)])
            await eventually(are_open)
        assert running.metric("lotse_ingest_alarms_total", kind="silent_detector") == 1


async def test_a_clock_that_is_ahead_is_known_from_quarantined_readings(
    database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    await tables.register("ahead", "right")

    async def is_known() -> bool:
        return len(await tables.rows("select from detector_health")) == 2

    async with running_ingest(database, each_broker, watch_every_s=0.05) as running:
        with publishing(each_broker) as publisher:
            publisher.reading(detector_id="ahead", measured_at=(datetime.now(UTC) + timedelta(hours=2)).isoformat())
            publisher.reading(detector_id="right")
        await eventually(is_known)
        assert running.metric("lotse_ingest_detector_clocks_off") == 1
    ahead, right = await tables.rows("select * from detector_health order by detector_id")
    assert 7_190 < ahead["skew_s"] <= 7_200
    assert (ahead["is_clock_off"], ahead["last_measured_at"]) == (True, None)
    assert -10 < right["skew_s"] <= 0
    assert (right["is_clock_off"], right["last_measured_at"] is None) == (False, False)


async def test_a_database_that_was_away_for_longer_than_a_silence_raises_no_alarm(
    own_postgres: EmbeddedPostgres, embedded_broker: BrokerSettings
) -> None:
    database = DatabaseSettings(dsn=SecretStr(own_postgres.dsn()))
    board = Board(database)
    await board.register("A")
    await board.execute("update detector set interval_s = 1")

    async def is_heard_since(moment: datetime) -> bool:
        return bool(await board.rows("select from detector_health where last_received_at > $1", moment))

    async with running_ingest(database, embedded_broker, watch_every_s=0.1) as running:
        with publishing(embedded_broker) as publisher:
            speaking = asyncio.create_task(speak_on(publisher))
            await eventually(lambda: is_heard_since(NOON))
            await asyncio.to_thread(own_postgres.stop)
            await asyncio.sleep(3.5)  # silent after three intervals, if we had listened
            await asyncio.to_thread(own_postgres.start)
            back_at = datetime.now(UTC)
            await eventually(lambda: is_heard_since(back_at))
            await asyncio.sleep(0.5)
            assert await board.raised() == 0
            speaking.cancel()
            await eventually(lambda: running.metric("lotse_ingest_alarms_total", kind="silent_detector") == 1)


async def speak_on(publisher: Publisher) -> None:
    """A detector that goes on speaking, whatever happens here."""
    while True:
        body = make_body(detector_id="A", interval_s=1)
        publisher.publish(topics.reading_topic("A"), as_json(body))
        await asyncio.sleep(0.1)
