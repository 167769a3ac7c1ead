"""How far an import got, for people who wait."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from lotse_routing.network.osm.file import Watch

T = TypeVar("T")


@contextmanager
def watched() -> Iterator[Watch]:
    """Show progress on a terminal; be silent elsewhere."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:

        def watch(items: Iterable[T], total: float | None, *, description: str) -> Iterable[T]:
            return progress.track(items, total, description=description)

        yield watch
