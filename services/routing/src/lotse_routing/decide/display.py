"""The display body that a sign polls, composed once: canonical JSON bytes and their strong ETag (field.md 6).

No server time stands in it, so equal decisions are equal bytes. `seq` rises only when the rest of the body changes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor
from typing import Any, Literal

import numpy as np

from lotse_routing.core.topology import Topology
from lotse_routing.decide.advice import Advice, SignState
from lotse_routing.decide.orders import Source
from lotse_routing.decide.registry import Sign
from lotse_routing.network.geometry import bearing_deg
from lotse_routing.settings import DisplaySettings

SCHEMA = 1
STRAIGHT_WITHIN_DEG = 30.0

Arrow = Literal["left", "straight", "right"]


@dataclass(frozen=True, slots=True)
class Face:
    """What a sign shows, without its number: equal faces need no new one."""

    state: SignState
    lines: tuple[str, ...]
    destinations: tuple[Mapping[str, Any], ...]
    hold_until: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Display:
    """A display body as published. The body's bytes are what a sign gets, verbatim; the ETag is quoted."""

    epoch: int
    seq: int
    body: bytes

    @property
    def etag(self) -> str:
        """Strong ETag: a hash of the body."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


def compose_display(  # noqa: PLR0913 - the parts of a body
    sign: Sign, face: Face, settings: DisplaySettings, *, source: Source, epoch: int, previous: Display | None
) -> Display:
    """Compose the body; the previous display is given back if nothing but the number would change."""
    if previous is not None:
        same = _body(sign, face, settings, source, epoch, previous.seq)
        if same == previous.body and previous.epoch == epoch:
            return previous
    seq = previous.seq + 1 if previous else 1
    return Display(epoch, seq, _body(sign, face, settings, source, epoch, seq))


def read_face(display: Display) -> Face | None:
    """Read back what a sign shows; None where the body of an earlier version does not say."""
    try:
        body = json.loads(display.body)
        return Face(
            SignState(body["state"]),
            tuple(body["lines"]),
            tuple(body["destinations"]),
            _read_moment(body["hold_until"]),
            _read_moment(body["valid_until"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _read_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _body(  # noqa: PLR0913, PLR0917 - as above
    sign: Sign, face: Face, settings: DisplaySettings, source: Source, epoch: int, seq: int
) -> bytes:
    poll_s = settings.poll_s
    return _canonical(
        {
            "schema": SCHEMA,
            "sign": sign.sign_id,
            "epoch": epoch,
            "seq": seq,
            "plan": plan_of(sign, face),
            "state": face.state.value,
            "ttl_s": settings.ttl_s,
            "poll_s": int(poll_s) if poll_s.is_integer() else poll_s,
            "hold_until": _rfc3339(face.hold_until),
            "valid_until": _rfc3339(face.valid_until),
            "priority": sign.priority,
            "source": source,
            "lines": face.lines,
            "destinations": face.destinations,
            "fallback": sign.fallback,
        }
    )


def plan_of(sign: Sign, face: Face, *of: str) -> str:
    """Name what the driver sees, whenever it was decided: a hash of state, lines and ways, and of what else counts."""
    ways = [[way["id"], way["arrow"], way["via"]] for way in face.destinations]
    seen = [sign.sign_id, face.state.value, face.lines, ways, *of]
    return f"sha256:{hashlib.sha256(_canonical(seen)).hexdigest()}"


def _canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _rfc3339(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def compose_face(
    state: SignState,
    lines: tuple[str, ...],
    advices: Sequence[Advice],
    ways: Sequence[Mapping[str, Any]],
    min_hold_s: float,
) -> Face:
    """Sum up what a sign shows: held until the first of its messages may go, and valid until its first closure ends."""
    since = [advice.since for advice in advices if advice.since and advice.state is SignState.DETOUR]
    ends = [advice.told.until for advice in advices if advice.told and advice.told.until]
    hold_until = min(since) + timedelta(seconds=min_hold_s) if since else None
    return Face(state, lines, tuple(ways), hold_until, min(ends, default=None))


def arrow(topology: Topology, route: Sequence[int]) -> Arrow:
    """Tell the turn off the sign's link, from the geometry at the junction after it."""
    if len(route) == 1:
        return "straight"
    into, out_of = (topology.links[index].coordinates for index in route[:2])
    angle_deg = (bearing_deg(*out_of[:2]) - bearing_deg(*into[-2:]) + 180) % 360 - 180
    if abs(angle_deg) <= STRAIGHT_WITHIN_DEG:
        return "straight"
    return "right" if angle_deg > 0 else "left"


def delay_min(advice: Advice, previous_min: int | None, settings: DisplaySettings) -> int:
    """Tell what the shown route takes longer than the usual way without traffic, in whole steps of minutes.

    A value once told stays until the delay lies beyond the border of its step by a margin.
    """
    raw_min: float = raw_delay_min(advice.shown.travel_time_s if advice.shown else advice.usual_s, advice.usual_s)
    step = settings.delay_step_min
    if previous_min is not None and tells_still(raw_min, previous_min, settings):
        return previous_min
    return step * floor(raw_min / step + 0.5)


def raw_delay_min(shown_s: Any, usual_s: Any) -> Any:  # noqa: ANN401 - numbers, or arrays of them
    """Give the minutes that a route takes longer than the usual way without traffic; of arrays, an array."""
    return np.maximum(0.0, shown_s - usual_s) / 60


def tells_still(raw_min: Any, told_min: Any, settings: DisplaySettings) -> Any:  # noqa: ANN401 - as above
    """Tell whether minutes once told are still near enough; of arrays, an array."""
    return np.abs(raw_min - told_min) <= settings.delay_step_min / 2 + settings.delay_margin_min
