"""`lotse-ingest replay`: dead letters are replayed by this process, beside a running ingest or without one."""

from contextlib import aclosing
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lotse_ingest.availability import Availability
from lotse_ingest.detectors import Detectors
from lotse_ingest.metrics import Metrics
from lotse_ingest.replay import Replay, Tally
from lotse_ingest.settings import IngestSettings
from lotse_shared.clock import DataClock
from lotse_shared.database import open_pool
from lotse_shared.settings import ClockSettings, DatabaseSettings
from lotse_shared.wire import DeadLetterFilter

APPLICATION = "lotse-ingest-replay"


async def replay(wanted: DeadLetterFilter, *, is_dry: bool) -> Tally:
    """Replay all dead letters received so far that a filter wants, and show how far it is on a terminal.

    Raises
    ------
    lotse_shared.database.AWAY
        The database is away. What was shown as done is done.
    """
    settings, tally = IngestSettings(), Tally()
    metrics = Metrics(CollectorRegistry())
    now = datetime.now(UTC)
    wanted = wanted.model_copy(update={"until": min(wanted.until or now, now)})
    async with open_pool(DatabaseSettings(), APPLICATION) as pool:
        detectors = Detectors(pool, Availability(pool, metrics, settings.shutdown_grace_s), settings.limits, metrics)
        data_clock = DataClock() if ClockSettings().clock == "data" else None
        replays = Replay(pool, settings, detectors, data_clock, metrics)
        await replays.restore_clock()
        with _progress() as progress:
            bar = progress.add_task("dead letters", total=await replays.count(wanted))
            async with aclosing(replays.pages(wanted, None, 2**62, is_dry=is_dry)) as pages:
                async for page in pages:
                    tally += page.tally
                    progress.advance(bar, page.tally["examined"])
    return tally


def describe(tally: Tally) -> str:
    """Tell in two lines what became of dead letters and readings."""
    letters = ("settled", "refused_again", "not_replayable")
    readings = ("stored", "duplicate", "quarantined", "rejected")
    told = ", ".join(f"{tally[name]} {name.replace('_', ' ')}" for name in letters)
    return f"{tally['examined']} dead letters: {told}\nreadings: " + ", ".join(
        f"{tally[name]} {name}" for name in readings
    )


def _progress() -> Progress:
    """Show progress on a terminal; be silent elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)
