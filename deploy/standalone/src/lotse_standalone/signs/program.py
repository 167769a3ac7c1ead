"""`lotse-sign`: one reference sign on a terminal, beside any Lotse."""

import signal
import ssl
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer

from lotse_shared.tls import trust
from lotse_standalone.signs.sign_client import Shown, SignClient

KEPT_S = 70.0
"""How long a connection is kept between two polls: a bit shorter than the gateway keeps it."""


def main() -> None:
    """Run the command `lotse-sign`."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help="Be a sign: poll its display, print what it shows when that changes, and acknowledge it.")(
        _command
    )
    app()


def _command(
    *,
    url: Annotated[str, typer.Option(help="Of the gateway: http://127.0.0.1:8080")],
    key_file: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, readable=True, help="Holds the sign's key, and nothing else.")
    ],
    sign: Annotated[str, typer.Option(help="Its id.")],
    ca_file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="PEM file of CAs to trust; left out: those of the system."),
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="Tell the centre that this is wrong with it, to try it; may be repeated.")
    ] = None,
) -> None:
    key = key_file.read_text(encoding="utf-8").strip()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    headers, limits = {"Authorization": f"Bearer {key}"}, httpx.Limits(keepalive_expiry=KEPT_S)
    with httpx.Client(base_url=url, headers=headers, limits=limits, verify=_trust(ca_file)) as client:
        SignClient(client, sign, _print, lambda: tuple(fault or ())).run(stop)


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return trust(ca_file)
    except ssl.SSLError as error:
        message = f"no certificates can be read from {ca_file}: {error}"
        raise typer.BadParameter(message, param_hint="--ca-file") from error


def _print(shown: Shown) -> None:
    trouble = f"  ({shown.fault})" if shown.fault else ""
    face = "fallback: blank" if shown.is_fallback else " | ".join(shown.lines) or "blank"
    sys.stdout.write(f"{datetime.now(UTC):%H:%M:%SZ}  {face}{trouble}\n")
    sys.stdout.flush()
