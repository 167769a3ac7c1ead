"""How pictures look, and how they are kept small.

Each has a light background of its own, so it reads on dark pages too. Colours are those of Okabe and Ito, which
colour-blind people tell apart; nothing is told by colour alone.
"""

import re
from pathlib import Path
from typing import Any

INK = "#222222"
FAINT = "#d8d8d8"
GREY = "#6e6e6e"
BLUE = "#0072b2"
ORANGE = "#e69f00"
RED = "#d55e00"
CYCLE = ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#0072b2")
HATCHES = ("", "//", "..", "\\\\", "x", "--")
STYLE = {
    "svg.hashsalt": "lotse",  # equal figures, equal file
    "svg.fonttype": "none",  # text stays text: smaller, and it can be searched
    "font.size": 9,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "hatch.linewidth": 0.6,
}


def new_figure(width_in: float, height_in: float) -> Any:
    """Begin a picture."""
    import matplotlib as mpl  # noqa: PLC0415 - of the group evaluate: what is not drawn is tested without it
    from matplotlib.figure import Figure  # noqa: PLC0415

    mpl.rcParams.update(STYLE)
    return Figure(figsize=(width_in, height_in), layout="constrained", facecolor="white")


def save(figure: Any, path: Path) -> None:
    """Write a picture as SVG, to a hundredth of a point, without its date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    text = re.sub(r"(\d\.\d\d)\d+", r"\1", path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
