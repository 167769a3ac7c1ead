"""Where moments and seconds lie on the page of a drawing, and what is written on its axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

WIDTH, LEFT, RIGHT, PLOT_TOP, PLOT_HEIGHT = 960, 60, 16, 78, 220
"""In pixels; the plot has room above it for a title, a legend and the moments of change."""
STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
STEPS_S = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
MOST_HOURS, MOST_GAINS = 12, 6


@dataclass(frozen=True, slots=True)
class Scale:
    """The period from left to right, and gains in seconds from 0 to `most_s` upwards."""

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

    def hours(self, zone: ZoneInfo) -> list[datetime]:
        """List the moments to be written on the axis: round ones of local time, a dozen at the most."""
        minutes = (self.ends_at - self.begins_at) / timedelta(minutes=1)
        step = timedelta(minutes=_step(STEPS_MIN, minutes / MOST_HOURS))
        midnight = self.begins_at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        first = -(-(self.begins_at - midnight) // step)
        last = (self.ends_at - midnight) // step
        return [midnight + number * step for number in range(first, last + 1)]

    def gains_s(self) -> list[int]:
        """List the gains to be written on the axis, in seconds."""
        step_s = _step(STEPS_S, self.most_s / MOST_GAINS)
        return list(range(0, int(self.most_s) + 1, step_s))


def _step(steps: Sequence[int], least: float) -> int:
    """Give the first round step that is not too small, or the greatest there is."""
    return next((step for step in steps if step >= least), steps[-1])
