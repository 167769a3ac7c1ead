"""How far an import got, for people who wait."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

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


@contextmanager
def counted(total: int, description: str) -> Iterator[Callable[[], None]]:
    """Show on a terminal how many of so many steps are done; be silent elsewhere. Gives what to call after each."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(description, total=total)
        yield lambda: progress.advance(bar)
