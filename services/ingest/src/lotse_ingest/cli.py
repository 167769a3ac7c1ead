"""The command line: serve, which is what it does when told nothing else."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer
from pydantic import ValidationError

from lotse_ingest.dead_letters import Kind
from lotse_ingest.replay_command import describe
from lotse_ingest.replay_command import replay as replay_letters
from lotse_ingest.serve import SlotError, serve
from lotse_ingest.serve import drain as drain_slot
from lotse_shared.database import AWAY
from lotse_shared.log import configure_logging
from lotse_shared.wire import DeadLetterFilter

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


@commands.command()
def replay(  # noqa: PLR0913 - an option each
    *,
    kind: Annotated[Kind | None, typer.Option(help="rejected, or quarantined for its time")] = None,
    reason_code: Annotated[str | None, typer.Option(help="such as json, value, R9")] = None,
    detector: Annotated[str | None, typer.Option(help="of this detector")] = None,
    topic: Annotated[str | None, typer.Option(help="published here; + and # as in MQTT")] = None,
    after: Annotated[datetime | None, typer.Option(help="received after this moment (UTC)")] = None,
    until: Annotated[datetime | None, typer.Option(help="and up to this one (UTC)")] = None,
    letter: Annotated[list[str] | None, typer.Option(help="this one, by its id; may be repeated")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="find out what would become of them")] = False,
) -> None:
    """Decode dead letters again, and store what can be used now: after a decoder was mended.

    Reads LOTSE_DATABASE_*, LOTSE_CLOCK and LOTSE_INGEST_*. Runs beside the line; may be stopped and run again.
    """
    configure_logging("ingest")
    try:
        wanted = DeadLetterFilter(
            kind=kind,
            reason_code=reason_code,
            detector_id=detector,
            topic=topic,
            after=after and after.replace(tzinfo=UTC),
            until=until and until.replace(tzinfo=UTC),
            ids=letter,
        )
        tally = asyncio.run(replay_letters(wanted, is_dry=dry_run))
    except ValidationError as error:
        typer.echo("; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors()), err=True)
        raise typer.Exit(2) from None
    except AWAY as error:
        typer.echo(f"the database is away ({error}); what was replayed is done: run it again to go on", err=True)
        raise typer.Exit(1) from None
    typer.echo(describe(tally) + ("\ndry run: nothing was changed" if dry_run else ""))
