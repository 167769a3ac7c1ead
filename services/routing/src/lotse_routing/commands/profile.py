"""Commands on typical speeds."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import asyncpg
import typer

from lotse_routing.commands.learn_profile import Learned, NoNetworkError, NothingMeasuredError
from lotse_routing.commands.learn_profile import learn_profile as learn
from lotse_routing.commands.line import database_settings, fail, run_on_database, told_in_one_line
from lotse_routing.commands.progress import watched
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.profile import quarter_begin


def learn_profile(
    since: Annotated[datetime, typer.Option("--from", help="Where to begin: local time of LOTSE_ROUTING_TIME_ZONE.")],
    until: Annotated[datetime | None, typer.Option(help="Where to end. Default: now.")] = None,
) -> None:
    """Learn the typical speeds of each quarter of the week from stored history, in place of those learned so far."""
    database, settings = database_settings(), EstimateSettings()
    zone = settings.zone
    now = datetime.now(UTC)
    begins_at = quarter_begin(since.replace(tzinfo=zone).astimezone(UTC))
    ends_at = quarter_begin(min(until.replace(tzinfo=zone).astimezone(UTC), now) if until else now)
    if ends_at <= begins_at:
        fail("no quarter of an hour lies between --from and --until that is over by now")

    async def work(connection: asyncpg.Connection) -> Learned:
        return await learn(connection, begins_at, ends_at, settings, _watch)

    with told_in_one_line(NoNetworkError, NothingMeasuredError):
        learned = run_on_database(database, work)
    for line in learned.lines():
        typer.echo(line)


def _watch(days: Iterable[datetime], total: int) -> Iterable[datetime]:
    with watched() as watch:
        yield from watch(days, total, description="learning, day by day")
