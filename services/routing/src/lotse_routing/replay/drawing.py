"""One sign's period as a picture (SVG): what could have been gained, the thresholds, and what was shown.

Drawn by hand: two lines, two thresholds and a few bars need no library.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from lotse_routing.decide.advice import SignState
from lotse_routing.decide.decision import Decision
from lotse_routing.decide.record import Json
from lotse_routing.settings import PolicySettings

WIDTH, LEFT, RIGHT, PLOT_TOP, PLOT_HEIGHT, BAR_HEIGHT, GAP = 960, 60, 16, 44, 220, 26, 8
TICKS = 8
LEGEND = "blue: seconds that the best detour gains; red: shown from here on (- -), dropped below (· ·); yellow: shown"
STYLE = (
    "text{font:12px sans-serif;fill:#222}.title{font-size:14px;font-weight:bold}.axis{stroke:#888}"
    ".gain{fill:none;stroke:#1f5fa8;stroke-width:1.5}.show{fill:none;stroke:#b03a2e;stroke-dasharray:6 3}"
    ".drop{fill:none;stroke:#b03a2e;stroke-dasharray:2 3}.bar{fill:#eee}.detour{fill:#e0a100}.fallback{fill:#777}"
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


@dataclass(frozen=True, slots=True)
class Scale:
    """Where moments and seconds lie on the page."""

    begins_at: datetime
    ends_at: datetime
    most_s: float

    def x(self, at: datetime) -> float:
        """Give the place of a moment."""
        share = (at - self.begins_at) / (self.ends_at - self.begins_at)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, seconds: float) -> float:
        """Give the height of a gain."""
        return round(PLOT_TOP + PLOT_HEIGHT * (1 - seconds / self.most_s), 1)


def draw(  # noqa: PLR0913 - all that the picture shows
    sign_id: str, destination_id: str, bars: Sequence[Bar], policy: PolicySettings, *, ends_at: datetime, zone: ZoneInfo
) -> str:
    """Draw one sign and destination, as text of an SVG file.

    Parameters
    ----------
    bars
        The first one's points give the gain; its settings are the `policy` whose thresholds are drawn.
    ends_at
        End of the period, until which what was shown last lasts.
    zone
        Whose hours are written on the axis.
    """
    points = bars[0].points
    thresholds_s = [_threshold_s(point, destination_id, policy) for point in points]
    gains_s = [offered_s(point, destination_id) for point in points]
    most_s = 1.1 * max(*gains_s, *thresholds_s, 1.0)
    scale = Scale(points[0].at, ends_at, most_s)
    moments = [point.at for point in points]
    height = PLOT_TOP + PLOT_HEIGHT + 30 + len(bars) * (BAR_HEIGHT + GAP) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="{LEFT}" y="18">{escape(f"Sign {sign_id}, drivers to {destination_id}")}</text>',
        f'<text x="{LEFT}" y="36">{LEGEND}</text>',
        *_axes(scale, zone),
        _line("show", scale, moments, thresholds_s),
        _line("drop", scale, moments, [policy.drop_ratio * threshold_s for threshold_s in thresholds_s]),
        _line("gain", scale, moments, gains_s),
    ]
    for number, bar in enumerate(bars):
        parts += _bar(bar, destination_id, scale, PLOT_TOP + PLOT_HEIGHT + 30 + number * (BAR_HEIGHT + GAP))
    return "\n".join([*parts, "</svg>", ""])


def offered_s(point: Point, destination_id: str) -> float:
    """Give the gain of the best detour, in seconds; 0 where there is none, or the usual way is closed."""
    record = _detour(point.offered, destination_id)
    return max(0.0, record["gain_s"] or 0.0) if record and record["state"] == SignState.DETOUR else 0.0


def _threshold_s(point: Point, destination_id: str, policy: PolicySettings) -> float:
    """Give the gain from which a detour would be shown, of the two thresholds the one that is higher now."""
    record = _detour(point.offered, destination_id)
    normal_s = (record["normal"] or {}).get("travel_time_s") if record else None
    return max(policy.min_gain_s, policy.min_gain_pct / 100 * (normal_s or 0.0))


def _detour(decision: Decision, destination_id: str) -> Json | None:
    return next((detour for detour in decision.detours if detour["destination"] == destination_id), None)


def _line(kind: str, scale: Scale, moments: Iterable[datetime], seconds: Iterable[float]) -> str:
    places = " ".join(f"{scale.x(at)},{scale.y(each_s)}" for at, each_s in zip(moments, seconds, strict=True))
    return f'<polyline class="{kind}" points="{places}"/>'


def _axes(scale: Scale, zone: ZoneInfo) -> Iterator[str]:
    """Draw the hours below and three gains at the left."""
    bottom = PLOT_TOP + PLOT_HEIGHT
    yield f'<path class="axis" fill="none" d="M{LEFT} {PLOT_TOP} V{bottom} H{WIDTH - RIGHT}"/>'
    for number in range(TICKS + 1):
        at = scale.begins_at + number / TICKS * (scale.ends_at - scale.begins_at)
        text = at.astimezone(zone).strftime("%H:%M")
        yield f'<text x="{scale.x(at)}" y="{bottom + 16}" text-anchor="middle">{text}</text>'
    for share in (0.0, 0.5, 1.0):
        seconds = share * scale.most_s
        yield f'<text x="{LEFT - 6}" y="{scale.y(seconds) + 4}" text-anchor="end">{seconds:.0f} s</text>'


def _bar(bar: Bar, destination_id: str, scale: Scale, top: float) -> Iterator[str]:
    """Draw what was shown, one box a stretch of time; what it said stands in its tooltip."""
    width = WIDTH - LEFT - RIGHT
    yield f'<rect class="bar" x="{LEFT}" y="{top}" width="{width}" height="{BAR_HEIGHT}"/>'
    stretches = [list(points) for _, points in groupby(bar.points, lambda point: _face(point, destination_id))]
    ends = [points[0].at for points in stretches[1:]] + [scale.ends_at]
    for points, end in zip(stretches, ends, strict=True):
        state, lines = _face(points[0], destination_id)
        if state != SignState.BLANK:
            left, right = scale.x(points[0].at), scale.x(end)
            box = f'x="{left}" y="{top}" width="{round(right - left, 1)}" height="{BAR_HEIGHT}"'
            yield f'<rect class="{state}" {box}><title>{escape(" / ".join(lines))}</title></rect>'
    yield f'<text x="{LEFT + 4}" y="{top + 17}">{escape(bar.name)}</text>'


def _face(point: Point, destination_id: str) -> tuple[str, tuple[str, ...]]:
    record = _detour(point.shown, destination_id)
    return (record["state"] if record else point.shown.state.value), point.shown.lines
