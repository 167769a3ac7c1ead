"""The command line of the routing service."""

import asyncio
import time

import typer

from lotse_routing.commands import epoch, networks, profile, replay, roadworks, trips

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
    from lotse_routing.warm import warm_up  # noqa: PLC0415

    started = time.perf_counter()
    warm_up()
    kept = "kept" if are_kept() else "not kept: no folder can be written to (set NUMBA_CACHE_DIR)"
    typer.echo(f"routing core compiled in {time.perf_counter() - started:.1f} s, {kept}")


for command in (
    networks.import_osm,
    networks.import_links,
    networks.import_graphml,
    networks.export_graphml,
    networks.compare,
    profile.learn_profile,
    trips.import_trips,
    replay.replay,
    epoch.raise_epoch,
):
    app.command()(command)

app.add_typer(roadworks.app, name="roadworks")
