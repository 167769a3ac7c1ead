"""The command line of the routing service."""

import asyncio

import typer

app = typer.Typer(
    help="Lotse routing: street graph, link state, sign decisions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None:
    """Without it a single command would lose its name."""


@app.command()
def serve() -> None:
    """Run the routing service until it is told to stop."""
    from lotse_routing.serve import serve as run  # noqa: PLC0415 - the imports need neither server nor database

    asyncio.run(run())
