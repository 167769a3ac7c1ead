"""Plain lines on a terminal."""

from rich.console import Console


def say(console: Console, line: str) -> None:
    """Print a line as it is: never wrapped, so that what is to be pasted can be."""
    console.print(line, soft_wrap=True, markup=False, highlight=False)
