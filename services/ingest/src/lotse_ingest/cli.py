"""The command line: serve, which is what it does when told nothing else."""

import asyncio

import typer

from lotse_ingest.serve import serve
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
