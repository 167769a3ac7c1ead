"""Builds the profile from the history that is stored: `lotse-routing learn-profile`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import numpy as np

from lotse_routing.network.store import load_active_network
from lotse_routing.profile_store import save_profile
from lotse_routing.queries import QUERIES
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.profile import QUARTER, Learner, empty_profile, quarter_begin

DAY = timedelta(days=1)

Watch = Callable[[Iterable[datetime], int], Iterable[datetime]]
"""Passes the days through, of which there are so many, and shows how far they got."""


class NoNetworkError(LookupError):
    """No network is active: import one first."""


class NothingMeasuredError(LookupError):
    """No speed was measured in this span on a link of the active network: the profile stays as it is."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of it. `links` have a profile; `strangers` were measured, but the network does not have them."""

    quarters: int
    links: int
    strangers: int
    seen_pct: float

    def lines(self) -> Iterable[str]:
        """Tell it in plain words."""
        yield f"quarters of an hour learned: {self.quarters}"
        yield f"{self.links} links have a profile; {self.seen_pct:.0f} % of their week was seen, the rest is filled"
        if self.strangers:
            yield f"{self.strangers} links with detectors are not in the active network: left out"


async def learn_profile(
    connection: asyncpg.Connection, since: datetime, until: datetime, settings: EstimateSettings, watch: Watch
) -> Learned:
    """Build the profile from the quarters of an hour between two moments, and put it in the place of the one before.

    All or nothing. A planner that runs takes it over with its next heartbeat.

    Raises
    ------
    NoNetworkError, NothingMeasuredError
        No network is active, or there is nothing to learn.
    """
    network = await load_active_network(connection)
    if network is None:
        raise NoNetworkError(NoNetworkError.__doc__)
    free_flow_kmh = {link.link_id: link.free_flow_kmh for link in network.links()}
    history = await learn_history(connection, since, until, free_flow_kmh, settings, watch)
    learner = history.learner
    profile = learner.profile
    if not profile.rows:
        raise NothingMeasuredError(NothingMeasuredError.__doc__)
    await _replace(connection, learner)
    seen = np.count_nonzero(profile.weeks) / profile.weeks.size
    return Learned(history.quarters, len(profile.rows), len(history.strangers), 100 * seen)


@dataclass(frozen=True, slots=True)
class History:
    """What was learned from a span: how many quarters it had, and which measured links the network does not have."""

    learner: Learner
    quarters: int
    strangers: frozenset[str]


async def learn_history(  # noqa: PLR0913, PLR0917 - a span, and what learning depends on
    connection: asyncpg.Connection,
    since: datetime,
    until: datetime,
    free_flow_kmh: Mapping[str, float],
    settings: EstimateSettings,
    watch: Watch,
) -> History:
    """Learn the quarters of an hour between two moments, from nothing; nothing is written."""
    learner, quarters, strangers = Learner(empty_profile(), settings), 0, set[str]()
    days = max(0, -((since - until) // DAY))
    for begin in watch((since + number * DAY for number in range(days)), days):
        for begins_at, means_kmh in (await _quarters(connection, begin, min(begin + DAY, until))).items():
            learner.take(begins_at + QUARTER, means_kmh, free_flow_kmh)
            strangers |= means_kmh.keys() - free_flow_kmh.keys()
            quarters += 1
    return History(learner, quarters, frozenset(strangers))


async def _quarters(
    connection: asyncpg.Connection, since: datetime, until: datetime
) -> Mapping[datetime, Mapping[str, float]]:
    """Give mean speeds by link, by the beginning of the quarter, in order."""
    found: dict[datetime, dict[str, float]] = {}
    for begins_at, link_id, mean_speed_kmh in await connection.fetch(QUERIES["quarters_of_links"], since, until):
        found.setdefault(quarter_begin(begins_at), {})[link_id] = mean_speed_kmh
    return found


async def _replace(connection: asyncpg.Connection, learner: Learner) -> None:
    """Store it. The planner's row is taken first, as a planner does in the transaction of its step: no deadlock."""
    async with connection.transaction():
        await connection.execute(QUERIES["ensure_planner"])
        await connection.execute(QUERIES["replace_profile"])
        await connection.execute(QUERIES["delete_profile"])
        await save_profile(connection, learner.profile, learner.touched)
