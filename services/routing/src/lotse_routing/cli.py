"""The command line of the routing service."""

import asyncio

import typer

from lotse_routing import network_commands

app = typer.Typer(
    help="Lotse routing: street graph, link state, sign decisions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def serve() -> None:
    """Run the routing service until it is told to stop."""
    from lotse_routing.serve import serve as run  # noqa: PLC0415 - an import of streets needs no server

    asyncio.run(run())


for command in (
    network_commands.import_osm,
    network_commands.import_links,
    network_commands.import_graphml,
    network_commands.export_graphml,
    network_commands.compare,
):
    app.command()(command)
