"""The live status: what a person in front of the terminal sees of the line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lotse_standalone.machine.terminal import say
from lotse_standalone.stack.gateway import OUTCOMES

FACE_CHARS = 16
FACE_LINES = 3
FACTS_LINES = 5
FALLBACK = "FALLBACK"
MINUTE_S = 60
JUST_NOW = timedelta(seconds=5)
TROUBLED = ("quarantined", "rejected")
FIGURES_EVERY = timedelta(seconds=10)
LEVELS = {"free": "green", "dense": "yellow", "slow": "dark_orange", "jam": "red", "unknown": "dim"}


@dataclass(frozen=True, slots=True)
class SignRow:
    """A sign as it stands on the road, and why it shows that."""

    sign: str
    name: str = ""
    lines: tuple[str, ...] = ()
    explanation: str = ""
    fault: str = ""
    fallback: str = ""
    """Why it is blank for want of anything better: for those who watch, an alarm. Nothing: it is not."""
    decided_at: datetime | None = None
    """Moment of the explanation: it tells the roads of then."""


@dataclass(frozen=True, slots=True)
class Board:
    """What is known of the line at one moment."""

    phase: str = ""
    readings: Mapping[str, int] = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)
    signs: tuple[SignRow, ...] = ()
    trouble: str = ""


def render_board(board: Board, height: int, now: datetime) -> RenderableType:
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
            signs.add_row(Text(row.sign, justify="center"), _in_one_line(row, now))
        else:
            signs.add_row(_face(row), _reason(row, now))
    return Group(facts, signs)


def tell_changes(before: Board, now: Board, at: datetime) -> Iterator[str]:
    """Give the lines that tell, where there is no terminal to draw on, what is new since the last board."""
    if now.trouble != before.trouble:
        yield f"trouble: {now.trouble or 'over'}"
    if now.phase != before.phase:
        yield f"phase: {now.phase}"
        yield tell_figures(now)
    shown = {row.sign: row for row in before.signs}
    if new := [f"{row.sign} {row.name}".strip() for row in now.signs if row.sign not in shown]:
        yield f"in service: {'; '.join(new)}"
    for row in now.signs:
        old = shown.get(row.sign, SignRow(row.sign))
        if row.fallback and not old.fallback:
            yield f"{row.sign} falls back to blank: {row.fallback}"
        elif (row.lines, bool(row.fallback)) != (old.lines, bool(old.fallback)):
            yield f"{row.sign} shows {' / '.join(row.lines) or 'nothing'}: {row.explanation}{_when_decided(row, at)}"
        if row.fault != old.fault:
            yield f"{row.sign} {row.fault or 'is answered again'}"
    for sign in sorted(shown.keys() - {row.sign for row in now.signs}):
        yield f"{sign} is no longer in service"


def tell_figures(board: Board) -> str:
    """Tell what became of readings and how links are, in a line."""
    return f"readings: {_counts(OUTCOMES, board.readings)}; links: {_counts(LEVELS, board.levels)}"


class Screen:
    """Shows the boards: as a picture that changes on a terminal, as lines of news elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._picture = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._last = Board()
        self._figures: object = None
        self._figures_at = datetime.min.replace(tzinfo=UTC)

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
        now = datetime.now(UTC)
        if self._picture is not None:
            self._picture.update(render_board(board, self._console.height, now), refresh=True)
        else:
            for news in [*tell_changes(self._last, board, now), *self._new_figures(board, now)]:
                say(self._console, f"{now:%H:%M:%SZ}  {news}")
        self._last = board

    def _new_figures(self, board: Board, now: datetime) -> Iterator[str]:
        """Tell the figures also between phases, if there is news in them; not at each turn."""
        figures = board.levels, {name: board.readings.get(name) for name in TROUBLED}
        is_told = board.phase != self._last.phase
        is_new = figures != self._figures and now - self._figures_at >= FIGURES_EVERY
        if is_new and not is_told:
            yield tell_figures(board)
        if is_new or is_told:
            self._figures, self._figures_at = figures, now


def _face(row: SignRow) -> Panel:
    """Draw a sign as on the road: amber on black, its lines centred; one that fell back says so, though it is blank."""
    lines, style, border = row.lines, "bold orange1 on black", "bright_black"
    if row.fallback:
        lines, style, border = ("", FALLBACK), "bold red on black", "red"
    width = max([FACE_CHARS, *map(len, lines)])
    padded = [*lines, *[""] * (FACE_LINES - len(lines))]
    face = Text("\n".join(line.center(width) for line in padded), style)
    return Panel(face, title=Text(row.sign), width=width + 4, border_style=border)


def _counts(names: Iterable[str], counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {counts.get(name, 0)}" for name in names)


def _in_one_line(row: SignRow, now: datetime) -> Text:
    """Tell of a blank sign why it is."""
    text = Text(no_wrap=True, overflow="ellipsis")
    if row.fallback:
        return text.append(f"{FALLBACK}: {row.fallback}", "bold red")
    if row.fault:
        return text.append(f"blank: {row.fault}", "red")
    return text.append(f"blank{_since(row, now)}. {row.explanation}")


def _reason(row: SignRow, now: datetime) -> Text:
    text = Text()
    text.append(f"{row.name}\n" if row.name else "", "bold")
    if row.fallback:
        return text.append(row.fallback, "red")
    text.append(row.explanation)
    text.append(_since(row, now), "dim")
    text.append(f"\n{row.fault}" if row.fault else "", "red")
    return text


def _since(row: SignRow, now: datetime) -> str:
    """Tell how old the explanation is: the figures above it are of now."""
    return "" if row.decided_at is None else f" (decided {_age(now - row.decided_at)} ago)"


def _age(age: timedelta) -> str:
    seconds = max(int(age.total_seconds()), 0)
    return f"{seconds} s" if seconds < 2 * MINUTE_S else f"{seconds // MINUTE_S} min"


def _when_decided(row: SignRow, at: datetime) -> str:
    """Tell when that was, if not just now: a sign may show what was decided long ago, even by an earlier run."""
    if row.decided_at is None or at - row.decided_at < JUST_NOW:
        return ""
    moment = row.decided_at.astimezone(UTC)
    return f" (decided {moment:%H:%M:%SZ})" if moment.date() == at.date() else f" (decided {moment:%F %H:%M:%SZ})"
