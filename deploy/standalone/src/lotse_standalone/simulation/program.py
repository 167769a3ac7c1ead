"""`lotse-simulate`: the demo town's sensors and its control room, beside a Lotse that runs already."""

import logging
import signal
import threading
from pathlib import Path
from typing import Annotated

import httpx
import typer

from lotse_shared.log import configure_logging
from lotse_shared.settings import BrokerSettings
from lotse_standalone import town
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.simulation.publisher import Account
from lotse_standalone.simulation.simulate import Simulation
from lotse_standalone.stack.registry import register

TIMEOUT_S = 30.0


def main() -> None:
    """Run the command `lotse-simulate`."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(
        help="Register the demo town at a gateway, then be its sensors and its control room until told to stop "
        "(reads LOTSE_BROKER_*). Its streets have to be imported before: lotse-routing import-links FOLDER."
    )(_command)
    app()


def _command(
    *,
    url: Annotated[str, typer.Option(help="Of the gateway: http://127.0.0.1:8080")] = "",
    key_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Holds a key with the scope admin, nothing else.")
    ] = None,
    folder: Annotated[bool, typer.Option("--folder", help="Print where the town's files lie, and end.")] = False,
) -> None:
    if folder:
        typer.echo(town.FOLDER)
        return
    if not url or key_file is None:
        message = "give --url and --key-file"
        raise typer.BadParameter(message)
    configure_logging("simulate")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # not a line for each request
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    key = key_file.read_text(encoding="utf-8").strip()
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=TIMEOUT_S) as client:
        try:
            _live(client, BrokerSettings(), stop)
        except (StandaloneError, httpx.TransportError) as error:
            typer.echo(f"lotse-simulate: {error}", err=True)
            raise typer.Exit(1) from error


def _live(client: httpx.Client, broker: BrokerSettings, stop: threading.Event) -> None:
    register(client, town.FOLDER)
    station = None
    if broker.username is not None and broker.password is not None:
        station = Account(broker.username, broker.password.get_secret_value())
    Simulation(broker.host, broker.port, client, town.FOLDER, station).run(stop)
