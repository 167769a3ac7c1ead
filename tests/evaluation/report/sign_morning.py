"""One sign's morning: what it said under some policies, beside the incident."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from evaluation.nouns import MORNING, Incident, RunResult
from evaluation.report.draw import CYCLE, FAINT, HATCHES, INK, new_figure, save
from evaluation.report.words import counted, table

AFTER_S = 600
"""The picture ends so long after the last thing that happens in it."""
LABEL_FROM_S = 150
"""A bar shorter than this has no room for its number."""
LISTED_AT_MOST = 12
ROW_IN, FRAME_IN, WIDTH_IN = 0.5, 1.0, 10.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a sign said from one second to another."""

    from_s: int
    until_s: int
    text: str


@dataclass(frozen=True, slots=True)
class SignMorning:
    """A sign, what it said by policy, its texts in the order of their numbers, and the incidents."""

    sign_id: str
    said: Mapping[str, tuple[Said, ...]]
    texts: tuple[str, ...]
    incidents: tuple[Incident, ...]
    end_s: int


def busiest_sign(result: RunResult) -> str | None:
    """Find the sign that said something new most often; None if all were silent."""
    changes = Counter(sign_id for _, sign_id, lines in result.displays if lines)
    return min(changes, key=lambda sign_id: (-changes[sign_id], sign_id)) if changes else None


def morning_of(sign_id: str, results: Mapping[str, RunResult], incidents: Sequence[Incident]) -> SignMorning:
    """Take what one sign said under each policy."""
    events = [at_s for result in results.values() for at_s, sign, _ in result.displays if sign == sign_id]
    end_s = max([*events, *(incident.end_s for incident in incidents)], default=0) + AFTER_S
    said = {policy: tuple(_said(result, sign_id, end_s)) for policy, result in results.items()}
    texts = dict.fromkeys(each.text for of_policy in said.values() for each in of_policy)
    return SignMorning(sign_id, said, tuple(texts), tuple(incidents), end_s)


def _said(result: RunResult, sign_id: str, end_s: int) -> list[Said]:
    own = [(at_s, " / ".join(lines)) for at_s, sign, lines in result.displays if sign == sign_id]
    ends = [at_s for at_s, _ in own[1:]] + [end_s]
    return [Said(at_s, until_s, text) for (at_s, text), until_s in zip(own, ends, strict=False) if text]


def write_texts(morning: SignMorning) -> str:
    """Write what the numbers in the picture stand for."""
    rows = [[str(place), text, _told_by(morning, text)] for place, text in enumerate(morning.texts, 1)]
    more = len(rows) - LISTED_AT_MOST
    left_out = f"\n\n{counted(more, 'more text')} left out here." if more > 0 else ""
    return table(["", f"sign {morning.sign_id}", "told by"], rows[:LISTED_AT_MOST]) + left_out


def _told_by(morning: SignMorning, text: str) -> str:
    return ", ".join(policy for policy, said in morning.said.items() if any(each.text == text for each in said))


def clock(second: float) -> str:
    """Write the time of day of a run's second."""
    return f"{MORNING + timedelta(seconds=second):%H:%M}"


def draw_morning(morning: SignMorning, path: Path) -> None:
    """Draw a row a policy."""
    figure = new_figure(WIDTH_IN, len(morning.said) * ROW_IN + FRAME_IN)
    axes = figure.subplots()
    for incident in morning.incidents:
        _draw_incident(axes, incident, len(morning.said))
    policies = list(morning.said)[::-1]
    for row, policy in enumerate(policies):
        for each in morning.said[policy]:
            _draw_said(axes, row, each, morning.texts.index(each.text))
    ticks = range(0, morning.end_s + 1, 900)
    axes.set_xticks(list(ticks), [clock(second) for second in ticks])
    axes.set_yticks(range(len(policies)), [f"{p}\n{counted(len(morning.said[p]), 'message')}" for p in policies])
    axes.set(xlim=(0, morning.end_s), ylim=(-0.5, len(policies) - 0.1))
    axes.set_title(f"What sign {morning.sign_id} said", loc="left", fontweight="bold")
    axes.tick_params(left=False)
    axes.spines[["top", "right", "left"]].set_visible(False)
    save(figure, path)


def _draw_incident(axes: Any, incident: Incident, rows: int) -> None:
    axes.axvspan(incident.begin_s, incident.end_s, color=FAINT, alpha=0.5, linewidth=0)
    axes.annotate(
        f"{incident.effect} {clock(incident.begin_s)} to {clock(incident.end_s)}",
        (incident.begin_s, rows - 0.2),
        (3, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
    )


def _draw_said(axes: Any, row: int, said: Said, number: int) -> None:
    colour, hatch = CYCLE[number % len(CYCLE)], HATCHES[number % len(HATCHES)]
    long_s = said.until_s - said.from_s
    axes.barh(row, long_s, 0.5, said.from_s, color=colour, hatch=hatch, edgecolor=INK, linewidth=0.5)
    if long_s >= LABEL_FROM_S:
        badge = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": "none"}
        axes.text(said.from_s + long_s / 2, row, str(number + 1), ha="center", va="center", fontsize=8, bbox=badge)
