"""The command line of the routing service."""

import asyncio
import time

import typer

from lotse_routing import network_commands, profile_commands

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


@app.command()
def warm() -> None:
    """Compile the routing core once, so that no start has to wait for it."""
    from lotse_routing.core.jit import are_kept  # noqa: PLC0415 - other commands need no compiler
    from lotse_routing.core.warm import warm_up  # noqa: PLC0415

    started = time.perf_counter()
    warm_up()
    kept = "kept" if are_kept() else "not kept: no folder can be written to (set NUMBA_CACHE_DIR)"
    typer.echo(f"routing core compiled in {time.perf_counter() - started:.1f} s, {kept}")


for command in (
    network_commands.import_osm,
    network_commands.import_links,
    network_commands.import_graphml,
    network_commands.export_graphml,
    network_commands.compare,
    profile_commands.learn_profile,
):
    app.command()(command)
