"""One sign's period as a picture (SVG): what could have been gained, the thresholds, and what was shown.

Drawn by hand: three lines and a few boxes need no library.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from lotse_routing.decide.advice import SignState
from lotse_routing.decide.decision import Decision
from lotse_routing.decide.record import Json
from lotse_routing.replay.scale import LEFT, PLOT_HEIGHT, PLOT_TOP, RIGHT, WIDTH, Scale
from lotse_routing.settings import PolicySettings

BAR_HEIGHT, BAR_EVERY = 22, 44
BOTTOM = PLOT_TOP + PLOT_HEIGHT
BARS_TOP = BOTTOM + 56
LETTER_WIDTH, TIME_WIDTH = 6.8, 34
"""A letter of what is shown, and a moment written above the plot, take this much room."""
LEGEND = (
    ("gain", 0, "what the best detour gains"),
    ("show", 190, "shown from here on"),
    ("drop", 350, "dropped below"),
    ("closed", 475, "the usual way is closed"),
    ("detour", 650, "a detour is shown"),
    ("fallback", 795, "fallback"),
)
STYLE = (
    "text{font:12px sans-serif;fill:#222}.title{font-size:14px;font-weight:bold}.axis{fill:none;stroke:#888}"
    ".grid{fill:none;stroke:#e4e4e4}.change{fill:none;stroke:#999;stroke-dasharray:1 3}"
    ".gain{fill:none;stroke:#1f5fa8;stroke-width:2}.show{fill:none;stroke:#b03a2e;stroke-dasharray:6 3}"
    ".drop{fill:none;stroke:#b03a2e;stroke-dasharray:2 3}.bar{fill:#eee}.closed{fill:#ddd}.detour{fill:#f0b429}"
    ".fallback{fill:#999}"
)


@dataclass(frozen=True, slots=True)
class Point:
    """A moment of the sign that is drawn: what it shows, and what it could show where the least gain is enough."""

    at: datetime
    shown: Decision
    offered: Decision


@dataclass(frozen=True, slots=True)
class Bar:
    """What was shown under one set of settings."""

    name: str
    points: Sequence[Point]


def draw(  # noqa: PLR0913 - all that the picture shows
    sign_id: str,
    destination_id: str | None,
    bars: Sequence[Bar],
    policy: PolicySettings,
    *,
    ends_at: datetime,
    zone: ZoneInfo,
) -> str:
    """Draw one sign, as text of an SVG file.

    Parameters
    ----------
    destination_id
        Whose drivers it is drawn for; None for a sign that speaks to relations: of these, at each moment, the one
        that gains most.
    bars
        The first one's points give the gain; its settings are the `policy` whose thresholds are drawn.
    ends_at
        End of the period, until which what was shown last lasts.
    zone
        Whose hours are written on the axis.
    """
    points = bars[0].points
    offers = [_record(point.offered, destination_id) for point in points]
    shown_from_s = [_threshold_s(offer, policy) for offer in offers]
    dropped_below_s = [policy.drop_gain_s if destination_id is None else policy.drop_ratio * s for s in shown_from_s]
    gains_s = [counted_s(offer) for offer in offers]
    scale = Scale(points[0].at, ends_at, 1.1 * max(*gains_s, *shown_from_s, 1.0))
    moments = [point.at for point in points]
    whom = f"drivers to {destination_id}" if destination_id else "drivers who usually pass what is disturbed"
    height = BARS_TOP + len(bars) * BAR_EVERY - 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="{LEFT}" y="18">{escape(f"Sign {sign_id}, {whom}")}</text>',
        *_legend(),
        *_closures(scale, moments, offers),
        *_axes(scale, zone),
        *_changes(bars[0], destination_id, scale, zone),
        _line("show", scale, moments, shown_from_s),
        _line("drop", scale, moments, dropped_below_s),
        _line("gain", scale, moments, gains_s),
    ]
    for number, bar in enumerate(bars):
        parts += _bar(bar, destination_id, scale, BARS_TOP + number * BAR_EVERY)
    return "\n".join([*parts, "</svg>", ""])


def counted_s(offer: Json | None) -> float:
    """Give what counts of the best detour's gain, in seconds; 0 where there is none, or the usual way is closed.

    To a destination that is the least of three: the gain, what detectors see of it, and what the usual way loses.
    """
    if offer is None or offer["state"] != SignState.DETOUR or offer["gain_s"] is None:
        return 0.0
    figures: list[float] = [offer["gain_s"]]
    if offer["relation"] is None:
        figures += [offer["why"]["seen_gain_s"], offer["why"]["delay_s"]]
    return max(0.0, min(figures))


def _threshold_s(offer: Json | None, policy: PolicySettings) -> float:
    """Give the gain from which a detour would be shown, of the two thresholds the one that is higher now."""
    normal_s = (offer["normal"] or {}).get("travel_time_s") if offer else None
    return max(policy.min_gain_s, policy.min_gain_pct / 100 * (normal_s or 0.0))


def _record(decision: Decision, destination_id: str | None) -> Json | None:
    if destination_id is None:
        return max(decision.detours, key=lambda record: record["gain_s"] or 0.0, default=None)
    return next((detour for detour in decision.detours if detour["destination"] == destination_id), None)


def _line(kind: str, scale: Scale, moments: Sequence[datetime], seconds: Sequence[float]) -> str:
    """Draw a line through its bends: where three values in a row are alike, the one in the middle says nothing."""
    ends = {0, len(seconds) - 1}
    bends = [n for n in range(len(seconds)) if n in ends or not seconds[n - 1] == seconds[n] == seconds[n + 1]]
    places = " ".join(f"{scale.x(moments[n])},{scale.y(seconds[n])}" for n in bends)
    return f'<polyline class="{kind}" points="{places}"/>'


def _legend() -> Iterator[str]:
    for kind, left, words in LEGEND:
        x = LEFT + left
        is_line = kind in {"gain", "show", "drop"}
        sample = f'<path class="{kind}" d="M{x} 36 h20"/>' if is_line else _box(kind, (x, x + 20), 30, 12)
        yield f'{sample}<text x="{x + 26}" y="40">{words}</text>'


def _axes(scale: Scale, zone: ZoneInfo) -> Iterator[str]:
    """Write hours below and gains at the left."""
    for seconds in scale.gains_s():
        y = scale.y(seconds)
        yield f'<path class="grid" d="M{LEFT} {y} H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{seconds} s</text>'
    for at in scale.hours(zone):
        x = scale.x(at)
        yield f'<path class="axis" d="M{x} {BOTTOM} v4"/>'
        yield f'<text x="{x}" y="{BOTTOM + 18}" text-anchor="middle">{at.astimezone(zone):%H:%M}</text>'
    yield f'<path class="axis" d="M{LEFT} {PLOT_TOP} V{BOTTOM} H{WIDTH - RIGHT}"/>'
    yield f'<text x="{WIDTH - RIGHT}" y="{BOTTOM + 34}" text-anchor="end">{escape(f"local time, {zone.key}")}</text>'


def _closures(scale: Scale, moments: Iterable[datetime], offers: Iterable[Json | None]) -> Iterator[str]:
    """Shade the time in which the usual way is closed."""
    normals = [offer["normal"] if offer else None for offer in offers]
    are_closed = [normal is not None and normal["travel_time_s"] is None for normal in normals]
    stretches = [list(each) for _, each in groupby(zip(moments, are_closed, strict=True), lambda pair: pair[1])]
    ends = [stretch[0][0] for stretch in stretches[1:]] + [scale.ends_at]
    for stretch, end in zip(stretches, ends, strict=True):
        at, is_closed = stretch[0]
        if is_closed:
            yield _box("closed", (scale.x(at), scale.x(end)), PLOT_TOP, PLOT_HEIGHT)


def _changes(bar: Bar, destination_id: str | None, scale: Scale, zone: ZoneInfo) -> Iterator[str]:
    """Mark the moments at which the sign changed, and write them above where there is room."""
    free_from = float(LEFT)
    for before, point in pairwise(bar.points):
        if _face(before, destination_id) == _face(point, destination_id):
            continue
        x = scale.x(point.at)
        yield f'<path class="change" d="M{x} {PLOT_TOP} V{BARS_TOP + BAR_HEIGHT}"/>'
        if x >= free_from:
            yield f'<text x="{x}" y="{PLOT_TOP - 6}" text-anchor="middle">{point.at.astimezone(zone):%H:%M}</text>'
            free_from = x + TIME_WIDTH


def _bar(bar: Bar, destination_id: str | None, scale: Scale, top: float) -> Iterator[str]:
    """Draw what was shown, one box a stretch of time.

    What it said stands in its tooltip, and in it as far as there is room: the last line says what to follow.
    """
    yield f'<text x="{LEFT}" y="{top - 6}">{escape(bar.name)}</text>'
    yield _box("bar", (LEFT, WIDTH - RIGHT), top, BAR_HEIGHT)
    stretches = [list(points) for _, points in groupby(bar.points, lambda point: _face(point, destination_id))]
    ends = [points[0].at for points in stretches[1:]] + [scale.ends_at]
    for points, end in zip(stretches, ends, strict=True):
        state, lines = _face(points[0], destination_id)
        if state != SignState.BLANK:
            left, right, told = scale.x(points[0].at), scale.x(end), " / ".join(lines)
            yield _box(state, (left, right), top, BAR_HEIGHT, told)
            fitting = [text for text in (told, *lines[-1:]) if 0 < len(text) * LETTER_WIDTH < right - left]
            yield from (f'<text x="{left + 4}" y="{top + 15}">{escape(text)}</text>' for text in fitting[:1])


def _box(kind: str, span: tuple[float, float], top: float, height: float, told: str = "") -> str:
    title = f"<title>{escape(told)}</title>" if told else ""
    left, right = span
    place = f'x="{left}" y="{top}" width="{round(right - left, 1)}" height="{height}"'
    return f'<rect class="{kind}" {place}>{title}</rect>'


def _face(point: Point, destination_id: str | None) -> tuple[str, tuple[str, ...]]:
    record = _record(point.shown, destination_id) if destination_id else None
    return (record["state"] if record else point.shown.state.value), point.shown.lines
