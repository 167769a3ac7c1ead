"""The command line: serve, and make keys."""

import asyncio
import json
from typing import Annotated, NoReturn

import asyncpg
import typer

from lotse_gateway.guards.keys import Scope, UselessKeyError
from lotse_gateway.serve import describe_api, serve
from lotse_gateway.writes.create_key import create_key
from lotse_shared.database import AWAY
from lotse_shared.log import configure_logging
from lotse_shared.settings import DatabaseSettings

commands = typer.Typer(
    help="Lotse's gateway: the only public HTTP.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its traceback prints local variables, and so secrets
)


@commands.command("serve")
def serve_command() -> None:
    """Serve the public API (reads LOTSE_DATABASE_*, LOTSE_HTTP_*, LOTSE_CLOCK, LOTSE_GATEWAY_*)."""
    configure_logging("gateway")
    asyncio.run(serve())


@commands.command("openapi")
def openapi_command() -> None:
    """Print the description of the API, as it is served at /openapi.json: to make clients from. Needs no database."""
    typer.echo(json.dumps(asyncio.run(describe_api()), ensure_ascii=False))


@commands.command("create-key")
def create_key_command(
    name: Annotated[str, typer.Option(help="who holds it, for the audit log")],
    scope: Annotated[list[Scope], typer.Option(help="what it may do; may be repeated")],
    sign: Annotated[str | None, typer.Option(help="the sign that a key with the scope sign belongs to")] = None,
) -> None:
    """Make a key and print it: once, it is not kept anywhere (reads LOTSE_DATABASE_*)."""
    try:
        text = asyncio.run(create_key(DatabaseSettings(), name, scope, sign))
    except UselessKeyError as error:
        _fail(f"--sign, --scope: {error}")
    except asyncpg.UndefinedTableError:
        _fail("the database is not prepared: run lotse-migrate first")
    except AWAY as error:
        form = DatabaseSettings.model_fields["dsn"].description
        _fail(f"the database cannot be reached ({error}): check LOTSE_DATABASE_DSN, {form}")
    else:
        typer.echo(text)


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
