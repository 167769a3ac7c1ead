"""`lotse-replay FOLDER`: recorded readings through the whole line, message by message, in data time."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lotse_shared.log import configure_logging
from lotse_standalone.machine.interruption import Interruption
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.machine.terminal import say
from lotse_standalone.replay.feed import Feed
from lotse_standalone.replay.odaa import AARHUS_SIGNS, Segment, read_segments, write_network, write_registry
from lotse_standalone.replay.period import SETTINGS
from lotse_standalone.replay.recording import LINKS_FILE, count_rows, list_files, read_slots
from lotse_standalone.replay.report import Replayed, Tally, compose_report, count_stored, tell
from lotse_standalone.stack.gateway import ask, list_all, sum_ledger
from lotse_standalone.stack.registry import register
from lotse_standalone.stack.stack import Stack, StackOptions

HELP = (
    "Replay recorded readings through the whole line, in data time, as fast as it takes them. With --from and no folder"
    " a period that is in a database already is decided again: lotse-routing replay --help."
)
WALKABLE = 0o711
"""The database runs as another user when we are root; that user must get through to its folder."""


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What was asked on the command line; `data` None: a temporary folder, removed in the end."""

    folder: Path
    zone: tzinfo
    signs: Path = AARHUS_SIGNS
    data: Path | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """What lies in the folder; `zone` is that of timestamps without one."""

    name: str
    segments: tuple[Segment, ...]
    files: tuple[Path, ...]
    rows: int
    zone: tzinfo


def main() -> None:
    """Run the command `lotse-replay`."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=HELP)(_command)
    app()


def _parse_zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC  # known without the machine's time zone database
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        message = f"{name} is not a time zone: give one like UTC or Europe/Copenhagen"
        raise typer.BadParameter(message) from error


def _command(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="links.csv and measurements (.csv, .csv.gz) in the form of Open Data Aarhus.",
            metavar="FOLDER",
            show_default=False,
        ),
    ] = None,
    *,
    report: Annotated[Path | None, typer.Option(help="Write what happened to this file, as JSON.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Keep data and logs in this folder; else they are removed in the end.")
    ] = None,
    signs: Annotated[Path, typer.Option(help="Destinations and signs, as JSON.", show_default="Aarhus")] = AARHUS_SIGNS,
    zone: Annotated[str, typer.Option(help="Time zone of timestamps that carry none.", metavar="ZONE")] = "UTC",
) -> None:
    if folder is None:
        message = "name the folder of a recording: lotse-replay FOLDER, or make replay ARGS=FOLDER"
        raise typer.BadParameter(message)
    configure_logging("replay", level="WARNING")
    try:
        console = Console(stderr=True)
        composed = run_replay(ReplayOptions(folder, _parse_zone(zone), signs, data), console)
        for line in tell(composed):
            say(console, line)
        text = json.dumps(composed, indent=2, ensure_ascii=False) + "\n"
        if report is None:
            sys.stdout.write(text)
        else:
            report.write_text(text, encoding="utf-8")
    except (StandaloneError, OSError) as error:
        sys.stderr.write(f"lotse-replay: {error}\n")
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        sys.stderr.write("lotse-replay: stopped before the end\n")
        raise typer.Exit(130) from error
    if not all(composed["checks"].values()):
        failed = [check for check, holds in composed["checks"].items() if not holds]
        sys.stderr.write(f"lotse-replay: does not hold: {'; '.join(failed)}\n")
        raise typer.Exit(1)


def run_replay(options: ReplayOptions, console: Console) -> dict[str, Any]:
    """Start the stack in data time, replay a folder, and give the report.

    Raises
    ------
    StandaloneError
        The folder is no recording, the stack does not start, or the line stands still.
    """
    recording = open_recording(options)
    say(
        console, f"{recording.rows} rows on {len(recording.segments)} links; starting database, broker and services ..."
    )
    with _data_folder(options.data) as data, Interruption():
        stack_options = StackOptions(data, clock="data", settings=SETTINGS)
        with Stack(stack_options) as stack, stack.client() as client:
            _refuse_second_replay(client, data)
            _prepare(stack, client, recording, options.signs)
            replayed = _replay(stack, client, recording, console)
    return compose_report(replayed)


def open_recording(options: ReplayOptions) -> Recording:
    """Look into a folder before anything is started.

    Raises
    ------
    StandaloneError
        It is no recording.
    """
    files = tuple(list_files(options.folder))
    segments = tuple(read_segments(options.folder / LINKS_FILE))
    return Recording(options.folder.resolve().name, segments, files, count_rows(files), options.zone)


@contextmanager
def _data_folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="lotse-replay-") as name:
        Path(name).chmod(WALKABLE)
        yield Path(name)


def _refuse_second_replay(client: httpx.Client, data: Path) -> None:
    if (covers_until := ask(client, "/v1/system")["covers_until"]) is not None:
        message = (
            f"{data} holds a replay up to {covers_until} already: data time never goes back, choose another --data"
        )
        raise StandaloneError(message)


def _prepare(stack: Stack, client: httpx.Client, recording: Recording, signs: Path) -> None:
    town = stack.folder / "recording"
    write_network(recording.segments, town)
    write_registry(recording.segments, signs, town)
    stack.import_links(town, recording.name)
    register(client, town)


def _replay(stack: Stack, client: httpx.Client, recording: Recording, console: Console) -> Replayed:
    tally = Tally({segment.report_id: segment.normal_kmh for segment in recording.segments})
    began_s, began_at = time.monotonic(), datetime.now(UTC)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console) as progress, Feed(stack, client) as feed:
        bar = progress.add_task("readings", total=recording.rows)
        for slot in read_slots(recording.files, recording.zone):
            feed.play(slot)
            tally.add(slot)
            progress.advance(bar, len(slot.rows))
        feed.finish()
    seconds = time.monotonic() - began_s
    signs = tuple(list_all(client, "/v1/signs"))
    return Replayed(
        tally=tally,
        published=feed.published,
        ledger=sum_ledger(client, began_at),
        stored=asyncio.run(count_stored(stack.dsn)),
        seconds=seconds,
        signs=signs,
        decisions={sign["sign_id"]: tuple(list_all(client, _decisions_of(sign["sign_id"]))) for sign in signs},
        names={segment.link_id: segment.name for segment in recording.segments},
    )


def _decisions_of(sign_id: str) -> str:
    return f"/v1/signs/{sign_id}/decisions"
