"""`make morning`: lives the morning, and keeps its database for `lotse-replay --data FOLDER --from T`."""

from pathlib import Path
from typing import Annotated

import typer

from lotse_shared.log import configure_logging
from morning.live import BEGINS_AT, live_morning


def main(
    data: Annotated[Path, typer.Option(help="Folder that keeps data and logs.")] = Path(".lotse/morning"),
) -> None:
    """Live the morning of the demo town, minute by minute, as fast as the line takes it."""
    configure_logging("morning", level="WARNING")
    ends_at = live_morning(data, lambda moment: typer.echo(f"{moment:%H:%M}", err=True))
    typer.echo(f"lived from {BEGINS_AT:%H:%M} to {ends_at:%H:%M} UTC; kept in {data}")


if __name__ == "__main__":
    typer.run(main)
