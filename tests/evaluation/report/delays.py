"""The picture of delay by policy: a dot a run, a bar at the mean, a panel a scenario."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from evaluation.report.draw import BLUE, FAINT, GREY, INK, new_figure, save
from evaluation.report.material import Study
from evaluation.report.words import BOUND, COMPLIANCE, NOTHING, OURS, number

COLUMNS = 2
ROW_IN, FRAME_IN, WIDTH_IN = 0.23, 0.75, 10.0


@dataclass(frozen=True, slots=True)
class Line:
    """The delays of a policy, vehicle hours: runs that may be tuned to, and runs that are set aside."""

    policy: str
    open_h: tuple[float, ...]
    aside_h: tuple[float, ...]

    @property
    def all_h(self) -> tuple[float, ...]:
        """Give all of them."""
        return self.open_h + self.aside_h

    @property
    def mean_h(self) -> float:
        """Give their mean."""
        return sum(self.all_h) / len(self.all_h)


@dataclass(frozen=True, slots=True)
class Panel:
    """A scenario, with the policies that have a run in it."""

    title: str
    lines: tuple[Line, ...]


def panels_of(study: Study) -> list[Panel]:
    """Take the delays of each scenario at the compliance that is told without saying."""
    panels = [Panel(name, tuple(_lines(study, name))) for name in study.scenarios]
    return [panel for panel in panels if panel.lines]


def _lines(study: Study, scenario: str) -> list[Line]:
    lines = [_line(study, scenario, policy) for policy in study.runs.policies]
    return [line for line in lines if line.all_h]


def _line(study: Study, scenario: str, policy: str) -> Line:
    runs = study.runs.by_seed(scenario, policy, COMPLIANCE).values()
    aside = tuple(r.delay_vehicle_h for r in runs if study.held_out(r.key))
    return Line(policy, tuple(r.delay_vehicle_h for r in runs if not study.held_out(r.key)), aside)


def draw_delays(panels: Sequence[Panel], path: Path) -> None:
    """Draw the panels, two side by side."""
    rows, most = ceil(len(panels) / COLUMNS), max(len(panel.lines) for panel in panels)
    figure = new_figure(WIDTH_IN, rows * (most * ROW_IN + FRAME_IN))
    grid = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axes, panel in zip(grid, panels, strict=False):
        _draw_panel(axes, panel)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    save(figure, path)


def _draw_panel(axes: Any, panel: Panel) -> None:
    lines = list(reversed(panel.lines))
    for place, line in enumerate(lines):
        _draw_line(axes, place, line)
    for line in panel.lines:
        if line.policy in {NOTHING, BOUND}:
            axes.axvline(
                line.mean_h, color=GREY, linewidth=1, linestyle=":" if line.policy == NOTHING else "--", zorder=0
            )
    axes.set_title(panel.title, loc="left", fontweight="bold")
    axes.set_yticks(range(len(lines)), [line.policy for line in lines])
    for label in axes.get_yticklabels():
        label.set_fontweight("bold" if label.get_text() == OURS else "normal")
    axes.set(xlim=(0, 1.14 * max(max(line.all_h) for line in lines)), ylim=(-0.6, len(lines) - 0.4))
    axes.set_xlabel("delay, vehicle hours")
    axes.grid(visible=True, axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(left=False)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _draw_line(axes: Any, place: int, line: Line) -> None:
    colour, marker = (BLUE, "D") if line.policy == OURS else (GREY, "o")
    axes.plot(line.open_h, [place] * len(line.open_h), marker, color=colour, markersize=4.5)
    axes.plot(line.aside_h, [place] * len(line.aside_h), marker, color=colour, markersize=4.5, markerfacecolor="white")
    axes.plot([line.mean_h] * 2, [place - 0.32, place + 0.32], color=INK, linewidth=2)
    axes.annotate(
        number(line.mean_h), (max(line.all_h), place), (8, 0), textcoords="offset points", va="center", fontsize=8
    )
