"""What policies are called, in which order they stand, and how numbers are written."""

from collections.abc import Iterable, Sequence

OURS = "lotse"
NOTHING = "none"
BOUND = "equilibrium"
POLICIES = {
    NOTHING: "no guidance",
    "static": "a fixed detour, signed by hand",
    "naive": "everybody told the quickest way, anew each minute",
    "individual": "advice to each driver, smoothed, with hysteresis (no real sign can give it)",
    "corridor": "local corridors, also over minor streets",
    "corridor-main": "local corridors on main streets",
    "device": "navigation in the car (SUMO's rerouting device)",
    BOUND: "perfect information (the bound)",
    OURS: "Lotse, through its real services",
}
"""In the order of tables and pictures."""
COMPLIANCE = 0.7
"""What is told without saying otherwise."""
MINUS = "\N{MINUS SIGN}"


def number(value: float | None, digits: int = 0) -> str:
    """Write a figure; a dash for what is not known."""
    if value is None:
        return "-"
    text = f"{value:,.{digits}f}".replace("-", MINUS)
    return text.removeprefix(MINUS) if not text.strip(f"{MINUS}0.") else text


def signed(value: float | None, digits: int = 0) -> str:
    """Write a difference with its sign; one that rounds to 0 has none."""
    text = number(value, digits)
    is_positive = value is not None and value > 0 and text.strip("0.")
    return f"+{text}" if is_positive else text


def percent(share: float | None) -> str:
    """Write a share."""
    return "-" if share is None else f"{number(100 * share)} %"


def listed(words: Iterable[str]) -> str:
    """Join words as a sentence does."""
    *first, last = list(words)
    return f"{', '.join(first)} and {last}" if first else last


def counted(count: int, one: str, many: str = "") -> str:
    """Write how many there are of a thing."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
