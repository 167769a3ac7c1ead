"""The command line: serve, which is what it does when told nothing else."""

import asyncio
from typing import Annotated

import typer

from lotse_ingest.serve import SlotError, serve
from lotse_ingest.serve import drain as drain_slot
from lotse_shared.log import configure_logging

commands = typer.Typer(
    help="Lotse's ingest: receives, judges and stores readings.",
    add_completion=False,
    pretty_exceptions_enable=False,  # its traceback prints local variables, and so secrets
)


@commands.callback(invoke_without_command=True)
def serve_command(context: typer.Context) -> None:
    """Without a command: serve until told to stop (reads LOTSE_DATABASE_*, LOTSE_BROKER_*, LOTSE_INGEST_*)."""
    if context.invoked_subcommand is None:
        configure_logging("ingest")
        asyncio.run(serve())


@commands.command()
def drain(slot: Annotated[int, typer.Option(min=0, help="number of the slot that will not come back")]) -> None:
    """Take a slot out of service: store what the broker still holds for it, and end its session.

    Run it with the environment of the slot, after its process has been stopped for good, while other slots run.
    """
    configure_logging("ingest")
    try:
        stored = asyncio.run(drain_slot(slot))
    except SlotError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"slot {slot} is drained: its session held {stored} messages, all are stored; the session has ended")
