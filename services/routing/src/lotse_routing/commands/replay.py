"""The command that lives a recorded period again, under the settings in force and under others beside them."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from lotse_routing.commands.line import database_settings, fail, run_on_database, told_in_one_line
from lotse_routing.commands.progress import counted
from lotse_routing.commands.replay_period import NothingToReplayError, Task, replay_period
from lotse_routing.replay.drawing import Bar, draw
from lotse_routing.replay.report import Period, as_json, tell
from lotse_routing.replay.trial import Trial
from lotse_routing.settings import (
    DisplaySettings,
    EstimateSettings,
    PolicySettings,
    RoutingSettings,
    WeightSettings,
)
from lotse_shared.log import configure_logging

IN_FORCE = "in force"
ROOMS = (EstimateSettings, WeightSettings, PolicySettings, DisplaySettings)
"""Settings that decisions rest on; those of the loop only tell how often things happen."""


def replay(  # noqa: PLR0913, PLR0917 - the options of the command
    since: Annotated[datetime, typer.Option("--from", help="Begin: local time of LOTSE_ROUTING_TIME_ZONE.")],
    until: Annotated[datetime | None, typer.Option(help="End. Default: now.")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Try this setting beside those in force.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write figures and decisions to this file.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the sign named by --sign into this file (SVG).")] = None,
    sign: Annotated[str | None, typer.Option(help="The sign to draw.")] = None,
) -> None:
    """Decide a recorded period again and tell what signs would have done. Writes nothing into the database."""
    if (plot is None) != (sign is None):
        fail("--plot FILE and --sign ID go together")
    configure_logging("routing", level="WARNING")
    database, settings = database_settings(), _settings_by_name(_read_changes(changes or []))
    zone = settings[IN_FORCE].estimate.zone
    begins_at = since.replace(tzinfo=zone).astimezone(UTC)
    ends_at = (
        until.replace(tzinfo=zone).astimezone(UTC) if until else datetime.now(UTC).replace(second=0, microsecond=0)
    )
    if ends_at <= begins_at:
        fail("--until lies before --from, or at it")
    task = Task(begins_at, ends_at, settings, sign)

    async def work(connection: asyncpg.Connection) -> tuple[Period, tuple[Trial, ...]]:
        return await replay_period(connection, task, lambda steps: counted(steps, "deciding again, step by step"))

    with told_in_one_line(NothingToReplayError):
        period, trials = run_on_database(database, work)
    for line in tell(period, trials):
        typer.echo(line)
    if json_file is not None:
        _write(json_file, json.dumps(as_json(period, trials), indent=2, ensure_ascii=False) + "\n")
    if plot is not None and sign is not None:
        _write(plot, _drawing(sign, period, trials))


def _read_changes(changes: Sequence[str]) -> Mapping[str, str]:
    known = {f"LOTSE_ROUTING_{name}".upper() for room in ROOMS for name in room.model_fields}
    read: dict[str, str] = {}
    for change in changes:
        name, is_there, value = change.partition("=")
        if not is_there:
            fail(f"--set {change}: give NAME=VALUE, as LOTSE_ROUTING_MIN_GAIN_S=90")
        if name not in known:
            fail(f"--set {name}: not a setting that decisions rest on; docs/decisions-of-signs.md lists them")
        read[name] = value
    return read


def _settings_by_name(changes: Mapping[str, str]) -> Mapping[str, RoutingSettings]:
    """Give the settings in force, and beside them those with the changes, read as the service would read them."""
    settings = {IN_FORCE: RoutingSettings()}
    if changes:
        name = ", ".join(f"{name.removeprefix('LOTSE_ROUTING_')}={value}" for name, value in changes.items())
        with _environment(changes):
            settings[name] = RoutingSettings()
    return settings


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _drawing(sign_id: str, period: Period, trials: Sequence[Trial]) -> str:
    """Draw the sign's first destination: a page has room for one. A sign that speaks to relations has none."""
    settings, points = trials[0].settings, trials[0].points
    if not points:
        fail(f"sign {sign_id} has nothing to draw: it was not decided on")
    records = [record for point in points for record in (*point.shown.detours, *point.offered.detours)]
    destinations = [record["destination"] for record in records if record["relation"] is None]
    destination_id = destinations[0] if destinations else None
    bars = [Bar(trial.name, trial.points) for trial in trials]
    zone = settings.estimate.zone
    return draw(sign_id, destination_id, bars, settings.policy, ends_at=period.ends_at, zone=zone)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")
