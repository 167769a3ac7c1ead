"""Where events come from: tables, re-read at every hint and compared with what was known of them.

One watch a gateway, however many listen. All gateways see the same tables, so they tell the same.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from lotse_gateway.guards.keys import ApiKey
from lotse_gateway.live.events import Event, Position, States, changes, link_states
from lotse_gateway.live.hub import Hub, reset
from lotse_gateway.models.health import Alarm
from lotse_gateway.models.roadworks import RoadworkView
from lotse_gateway.resources import Resources
from lotse_gateway.writes.roadwork_life import list_roadworks
from lotse_shared.clock import WallClock
from lotse_shared.hints import Hints
from lotse_shared.log import OnChange, get_logger
from lotse_shared.problems import Unavailable
from lotse_shared.settings import DatabaseSettings

APPLICATION = "lotse-gateway-live"
TABLES = frozenset({"decision", "roadwork", "alarm", "sign_ack"})
LINK_TABLES = frozenset({"link_state"})
PAUSE_S, LINKS_PAUSE_S = 0.05, 1.0
"""Changes of links come in crowds: they are told once a second at most."""
MOST_DECISIONS = 1_000
"""One who missed more than these reads everything anew."""
MOST_ROADWORKS, MOST_ALARMS = 1_000, 200
ANY = (None,) * 6
"""Roadworks anywhere, of any time."""
NOBODY = Position(0, 0)
_WALL = WallClock()

log = get_logger(__name__)


class Watch:
    """Watches the tables and tells the hub what changed."""

    def __init__(self, resources: Resources, hub: Hub, database: DatabaseSettings) -> None:
        self._resources = resources
        self._hub = hub
        self._database = database
        self._state = OnChange(log)
        self._position: Position | None = None
        self._roadworks: States | None = None
        self._alarms: States | None = None
        self._signs: States | None = None
        self._links: States | None = None
        self._reading = asyncio.Lock()
        self._all_links: tuple[States, Event] | None = None

    @property
    def position(self) -> Position:
        """How far this gateway has told."""
        return self._position or NOBODY

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set; then send all listeners away, to other gateways."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._follow(stop, TABLES, PAUSE_S, self.read))
            loops.create_task(self._follow(stop, LINK_TABLES, LINKS_PAUSE_S, lambda _: self.read_links()))
            loops.create_task(self._every(stop, self._resources.settings.events_heartbeat_s, self._beat))
            loops.create_task(self._every(stop, self._resources.settings.events_ingest_s, self._tell_ingest))
            loops.create_task(self._say_goodbye(stop))

    async def _say_goodbye(self, stop: asyncio.Event) -> None:
        """Send all away at once: what the other loops read just now may take long."""
        await stop.wait()
        reason = "this gateway stops: come back, another one answers"
        self._hub.end(Event("bye", {"reason": reason}, self.position))

    async def _follow(
        self,
        stop: asyncio.Event,
        tables: frozenset[str],
        pause_s: float,
        read: Callable[[frozenset[str]], Awaitable[None]],
    ) -> None:
        async for hinted in Hints(self._database, APPLICATION, tables, stop, pause_s=pause_s):
            await self._try(read(hinted))

    async def _every(self, stop: asyncio.Event, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        while not stop.is_set():
            await act()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), seconds)

    async def _try(self, reading: Awaitable[None]) -> None:
        try:
            await reading
        except (Unavailable, asyncpg.PostgresError) as error:
            self._state.now("away", "events come later: the database is away", error=str(error))
        else:
            self._state.now("there", "events come")

    async def read(self, tables: frozenset[str] = TABLES) -> None:
        """Tell what changed of decisions, roadworks, alarms and what signs confirm. The first time, only know it.

        Parameters
        ----------
        tables
            Those that may have changed: others are not read. What changes by the clock alone is found at each tick.

        Raises
        ------
        Unavailable
            The database is away.
        """
        if "decision" in tables:
            await self._read_decisions()
        if "roadwork" in tables:
            self._roadworks = self._tell(self._roadworks, await self._list_roadworks(), self._roadwork)
        if "alarm" in tables:
            self._alarms = self._tell(self._alarms, await self._list_alarms(), self._alarm)
        if "sign_ack" in tables:
            self._signs = self._tell(self._signs, await self._list_confirmations(), self._sign)

    def _tell(self, before: States | None, now: States, make: Callable[[Mapping[str, Any]], Event]) -> States:
        """Tell what changed, nothing if nothing was known before; give what is known now."""
        for _, item in changes(now if before is None else before, now):
            self._hub.publish(make(item))
        return now

    async def _read_decisions(self) -> None:
        row = await self._resources.watching.row("get_event_position")
        newest = NOBODY if row is None else Position(row["epoch"], row["decision_id"])
        before, self._position = self._position, newest
        if before is None or before == newest:
            return
        events = await self._decisions_between(before, newest)
        for event in events or [reset("the decisions were restored, or are too many", newest)]:
            self._hub.publish(event)

    async def _decisions_between(self, heard: Position, until: Position) -> list[Event] | None:
        """Give the decisions after a position up to another; None if nobody can tell."""
        if heard.epoch != until.epoch or not 0 <= until.decision_id - heard.decision_id <= MOST_DECISIONS:
            return None
        rows = await self._resources.watching.rows("list_decided", heard.decision_id, until.decision_id)
        return [
            Event("decision", _json(row), Position(until.epoch, row["decision_id"]), sign_id=row["sign_id"])
            for row in rows
        ]

    async def read_links(self) -> None:
        """Tell which links changed; while nobody listens, know nothing of them. Raises as `read` does."""
        if not self._hub.is_anybody_there:
            self._links = None
            return
        rows = await self._resources.watching.rows("list_link_states")
        now = {row["link_id"]: dict(row) for row in rows}
        if self._links is not None and (changed := [state for _, state in changes(self._links, now)]):
            self._hub.publish(link_states(changed, self._covers_until, self.position))
        self._links = now

    async def read_ingest(self) -> None:
        """Tell how readings come in. Raises as `read` does."""
        if not self._hub.is_anybody_there:
            return
        hour = _WALL.now().replace(minute=0, second=0, microsecond=0)
        counts = await self._resources.watching.row("sum_ledger", hour, hour + timedelta(hours=1), None)
        newest = await self._resources.watching.row("get_newest_reading")
        assert counts is not None  # noqa: S101 - sums are one row
        assert newest is not None  # noqa: S101 - so is a maximum
        data = {"since": _told(hour), **dict(counts), "newest_measured_at": _told(newest["measured_at"])}
        self._hub.publish(Event("ingest", data, self.position))

    async def _tell_ingest(self) -> None:
        await self._try(self.read_ingest())

    async def _beat(self) -> None:
        """Tell all that we are there; send those away whose keys are valid no more."""
        keys, now = self._resources.keys, _WALL.now()

        def is_over(key: ApiKey) -> bool:
            return not keys.holds(key, now)

        self._hub.close(Event("bye", {"reason": "the key has expired or was revoked"}, self.position), is_over)
        self._hub.publish(Event("heartbeat", self._moment(), self.position))

    def hello(self) -> Event:
        """Make the first event that a listener gets."""
        return Event("hello", self._moment(), self.position)

    async def since(self, heard: Position | None) -> Sequence[Event]:
        """Give what somebody missed who heard all up to a position and comes back; nothing for one who comes first.

        Decisions one by one; of all else, how it is now. Raises as `read` does.
        """
        async with self._reading:  # thousands who come at once wait for one reading
            if self._position is None:
                await self.read()
            if self._links is None:
                await self.read_links()
        if heard is None:
            return ()
        decisions = await self._decisions_between(heard, self.position)
        if decisions is None:
            return (reset("too much has happened since", self.position),)
        return (
            *decisions,
            *(self._roadwork(item) for item in (self._roadworks or {}).values()),
            *(self._alarm(item) for item in (self._alarms or {}).values()),
            *(self._sign(item) for item in (self._signs or {}).values()),
            *self._links_as_they_are(),
        )

    def _links_as_they_are(self) -> Sequence[Event]:
        """Give the states of all links as one event, composed once for all who come back to the same states."""
        if not self._links:
            return ()
        if self._all_links is None or self._all_links[0] is not self._links:
            states = list(self._links.values())
            self._all_links = self._links, link_states(states, self._covers_until, self.position)
        return (self._all_links[1],)

    async def _list_roadworks(self) -> States:
        items = await list_roadworks(self._resources, None, None, MOST_ROADWORKS, ANY, self._resources.watching)
        return {item["roadwork_id"]: RoadworkView.model_validate(item).model_dump(mode="json") for item in items}

    async def _list_alarms(self) -> States:
        rows = await self._resources.watching.rows("list_alarms", None, None, None, MOST_ALARMS)
        return {str(row["alarm_id"]): Alarm.model_validate(dict(row)).model_dump(mode="json") for row in rows}

    async def _list_confirmations(self) -> States:
        """Give what signs confirm; when they were heard last is left out, for it is another at every poll."""
        moment = self._resources.clock.now(), self._resources.settings.confirm_within_polls
        rows = await self._resources.watching.rows("list_confirmations", *moment)
        return {row["sign_id"]: _confirmation(row) for row in rows}

    def _sign(self, item: Mapping[str, Any]) -> Event:
        return Event("sign", item, self.position, sign_id=item["sign_id"])

    def _roadwork(self, item: Mapping[str, Any]) -> Event:
        return Event("roadwork", item, self.position, links=frozenset(item["links"]))

    def _alarm(self, item: Mapping[str, Any]) -> Event:
        return Event("alarm", item, self.position)

    @property
    def _covers_until(self) -> str | None:
        return _told(self._resources.memory.covers_until)

    def _moment(self) -> dict[str, Any]:
        memory = self._resources.memory
        return {
            "covers_until": _told(memory.covers_until),
            "heartbeat_at": _told(memory.heartbeat_at),
            "now": _told(_WALL.now()),
            "degraded": memory.database_away_since is not None,
        }


def _confirmation(row: asyncpg.Record) -> dict[str, Any]:
    told = {"state": row["state"], "since": _told(row["since"]), "shown": row["shown"], "faults": row["faults"] or []}
    return {"sign_id": row["sign_id"], "confirmation": told}


def _json(row: asyncpg.Record) -> dict[str, Any]:
    return {name: _told(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
