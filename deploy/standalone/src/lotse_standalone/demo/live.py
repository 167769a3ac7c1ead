"""The live status: what a person in front of the terminal sees of the line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lotse_standalone.demo.report import OUTCOMES
from lotse_standalone.machine.terminal import say

FACE_CHARS = 16
FACE_LINES = 3
FACTS_LINES = 5
LEVELS = {"free": "green", "dense": "yellow", "slow": "dark_orange", "jam": "red", "unknown": "dim"}


@dataclass(frozen=True, slots=True)
class SignRow:
    """A sign as it stands on the road, and why it shows that."""

    sign: str
    name: str = ""
    lines: tuple[str, ...] = ()
    explanation: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """What is known of the line at one moment."""

    phase: str = ""
    readings: Mapping[str, int] = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)
    signs: tuple[SignRow, ...] = ()
    trouble: str = ""


def render_board(board: Board, height: int) -> RenderableType:
    """Draw the board for a terminal of this many lines; if they are few, a blank sign takes one of them only."""
    readings = Text("  ".join(f"{name} {board.readings.get(name, 0):,}" for name in OUTCOMES))
    links = Text("  ").join(Text(f"{level} {board.levels.get(level, 0)}", color) for level, color in LEVELS.items())
    facts = Table.grid(padding=(0, 2))
    facts.add_row("phase", Text(board.phase, "bold"))
    facts.add_row("readings", readings)
    facts.add_row("links", links)
    if board.trouble:
        facts.add_row("trouble", Text(board.trouble, "bold red"))
    is_short = height < FACTS_LINES + len(board.signs) * (FACE_LINES + 2)
    signs = Table.grid(padding=(0, 2))
    for row in board.signs:
        if is_short and not row.lines:
            reason = f"blank. {row.explanation}" if not row.fault else f"blank: {row.fault}"
            signs.add_row(Text(row.sign, justify="center"), Text(reason, no_wrap=True, overflow="ellipsis"))
        else:
            signs.add_row(_face(row), _reason(row))
    return Group(facts, signs)


def tell_changes(before: Board, now: Board) -> Iterator[str]:
    """Give the lines that tell, where there is no terminal to draw on, what is new since the last board."""
    if now.trouble != before.trouble:
        yield f"trouble: {now.trouble or 'over'}"
    if now.phase != before.phase:
        yield f"phase: {now.phase}"
        yield f"readings: {_counts(OUTCOMES, now.readings)}; links: {_counts(LEVELS, now.levels)}"
    shown = {row.sign: row for row in before.signs}
    for row in now.signs:
        old = shown.get(row.sign, SignRow(row.sign))
        if row.lines != old.lines:
            yield f"{row.sign} shows {' / '.join(row.lines) or 'nothing'}: {row.explanation}"
        if row.fault != old.fault:
            yield f"{row.sign} {row.fault or 'is answered again'}"


class Screen:
    """Shows the boards: as a picture that changes on a terminal, as lines of news elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._picture = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._last = Board()

    def __enter__(self) -> Self:
        if self._picture is not None:
            self._picture.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._picture is not None:
            self._picture.stop()

    def show(self, board: Board) -> None:
        """Show this board from now on."""
        if self._picture is not None:
            self._picture.update(render_board(board, self._console.height), refresh=True)
        else:
            for news in tell_changes(self._last, board):
                say(self._console, f"{datetime.now().astimezone():%H:%M:%S}  {news}")
        self._last = board


def _face(row: SignRow) -> Panel:
    """Draw a sign as on the road: amber on black, its lines centred."""
    width = max([FACE_CHARS, *map(len, row.lines)])
    padded = [*row.lines, *[""] * (FACE_LINES - len(row.lines))]
    face = Text("\n".join(line.center(width) for line in padded), "bold orange1 on black")
    return Panel(face, title=Text(row.sign), width=width + 4, border_style="bright_black")


def _counts(names: Iterable[str], counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {counts.get(name, 0)}" for name in names)


def _reason(row: SignRow) -> Text:
    text = Text()
    text.append(f"{row.name}\n" if row.name else "", "bold")
    text.append(row.explanation)
    text.append(f"\n{row.fault}" if row.fault else "", "red")
    return text
