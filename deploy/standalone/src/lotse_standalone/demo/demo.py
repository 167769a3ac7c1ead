"""`lotse-demo`: the whole line on this machine, with a town of our own, simulated sensors and reference signs."""

import json
import logging
import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from lotse_shared.log import configure_logging
from lotse_standalone import town
from lotse_standalone.demo.duration import parse_duration
from lotse_standalone.demo.live import Screen
from lotse_standalone.demo.report import Face, Run, compose_report
from lotse_standalone.demo.road import Road
from lotse_standalone.demo.watch import Watch, list_decisions
from lotse_standalone.demo.welcome import welcome
from lotse_standalone.demo.world import prepare_world
from lotse_standalone.machine.crew import Crew
from lotse_standalone.machine.interruption import Interruption
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.machine.terminal import say
from lotse_standalone.stack.gateway import ask, sum_ledger
from lotse_standalone.stack.stack import Stack, StackOptions

LOOK_EVERY_S = 1.0
CITY_SETTINGS = {"LOTSE_ROUTING_POLL_S": "2", "LOTSE_GATEWAY_POLL_S": "2"}
"""In an imported city all is as it comes, but signs ask so often that whoever watches sees what was decided."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What was asked on the command line; `for_s` None: until Ctrl-C; `osm` None: the demo town."""

    stack: StackOptions
    for_s: float | None
    report: Path | None
    osm: Path | None


def main() -> None:
    """Run the command `lotse-demo`."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help="Lotse on this machine: database, broker, services, simulated sensors and signs.")(_command)
    app()


def _parse_duration(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _command(  # noqa: PLR0913 - the options of the command line
    *,
    data: Annotated[
        Path | None, typer.Option(help="Folder for data, logs and key.", show_default=".lotse/demo")
    ] = None,
    for_s: Annotated[
        float | None,
        typer.Option("--for", parser=_parse_duration, metavar="TIME", help="End after this time: 45, 60s, 2m."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write what happened to this file, as JSON.")] = None,
    osm: Annotated[
        Path | None, typer.Option(help="Serve this city (.osm, .osm.gz, .osm.pbf) instead of the demo town.")
    ] = None,
    gateway_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Default: a free one.")] = None,
    broker_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Default: a free one.")] = None,
    database_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Default: a free one.")] = None,
) -> None:
    folder = data or Path(".lotse", "demo" if osm is None else "city")
    settings = json.loads((town.FOLDER / "settings.json").read_text(encoding="utf-8")) if osm is None else CITY_SETTINGS
    options = StackOptions(
        folder,
        database_port=database_port,
        broker_port=broker_port,
        gateway_port=gateway_port,
        settings=settings,
    )
    try:
        run_demo(DemoOptions(options, for_s, report, osm), Console())
    except StandaloneError as error:
        sys.stderr.write(f"lotse-demo: {error}\n")
        raise typer.Exit(1) from error


def run_demo(options: DemoOptions, console: Console) -> None:
    """Start everything, show it, stop everything: after `for_s`, or at Ctrl-C.

    Raises
    ------
    StandaloneError
        It cannot start, or a part of it died.
    """
    _require_files(options)
    with Interruption() as interruption, suppress(KeyboardInterrupt):
        say(console, "starting database, broker and services ...")
        started_at = datetime.now(UTC)
        with Stack(options.stack) as stack, stack.client() as client:
            _log_to(stack.folder / "logs" / "demo.log")
            world = prepare_world(stack, client, options.osm)
            welcome(console, stack, world, options.stack.folder)
            before = sum_ledger(client, started_at)
            crew = Crew(world.lives)
            road = Road(client, crew)
            watch = Watch(client, road)
            with crew, interruption.last_chance(), Screen(console) as screen:
                for _ in _seconds(options.for_s):
                    stack.check()
                    crew.check()
                    screen.show(watch.look(world.phase))
            faces = [sign.face() for sign in road.signs]
            say(console, "stopping ...")
            if options.report is not None:
                _write_report(options.report, _look_back(client, road, faces, started_at, before))
    say(console, f"stopped; data, logs and key are kept in {options.stack.folder}")


def _require_files(options: DemoOptions) -> None:
    """Find out now, not after the run, that a file cannot be read or written."""
    if options.osm is not None and not options.osm.is_file():
        message = f"there is no file {options.osm}: give --osm an OpenStreetMap extract"
        raise StandaloneError(message)
    if options.report is not None:
        try:
            options.report.parent.mkdir(parents=True, exist_ok=True)
            options.report.open("a").close()
        except OSError as error:
            message = f"{options.report} cannot be written ({error.strerror}): choose another file with --report"
            raise StandaloneError(message) from error


def _log_to(path: Path) -> None:
    """Keep our own log out of the picture, and each request out of the log."""
    configure_logging("demo", stream=path.open("a", encoding="utf-8"))
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _seconds(for_s: float | None) -> Iterator[None]:
    """Give a turn about once a second until the time is over, the last one at its very end."""
    deadline = time.monotonic() + (math.inf if for_s is None else for_s)
    while (left_s := deadline - time.monotonic()) > 0:
        yield
        time.sleep(min(LOOK_EVERY_S, left_s))
    yield


def _look_back(
    client: httpx.Client, road: Road, faces: Sequence[Face], started_at: datetime, before: Mapping[str, int]
) -> Run:
    """Collect what happened since the start; `faces` are those of the signs in the end."""
    system = ask(client, "/v1/system")
    signs = road.clients
    return Run(
        started_at=started_at,
        ended_at=datetime.now(UTC),
        ledger_before=before,
        ledger_after=sum_ledger(client, started_at),
        links_with_state=system["links_with_state"],
        signs=system["signs"],
        decisions=[each for sign in signs for each in list_decisions(client, sign.sign_id, started_at)],
        held_at={(sign.sign_id, *rank): moment for sign in signs for rank, moment in sign.first_held.items()},
        storage=system["storage"],
        signs_now=faces,
    )


def _write_report(path: Path, run: Run) -> None:
    path.write_text(json.dumps(compose_report(run), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
