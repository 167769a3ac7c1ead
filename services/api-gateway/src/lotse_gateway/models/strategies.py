"""Strategies: what signs show in planned phases, by time or begun by hand."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, TypeAdapter, model_validator

from lotse_gateway.models.base import Body, Name, Page, View
from lotse_gateway.models.orders import Bounded
from lotse_shared.identifiers import Identifier
from lotse_shared.moment import Moment
from lotse_shared.settings import TimeZoneName
from lotse_shared.wire_texts import MOST_LINES, Line

PHASE = "before"
BY_HAND = "evacuation"
PARK = ["STADION", "PARKEN P3"]
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


class SignMessage(Body):
    """What one sign shows in a phase."""

    sign: Identifier = Field(examples=["S5"])
    lines: Annotated[list[Line], Field(min_length=1, max_length=MOST_LINES)] = Field(examples=[PARK])


Messages = Annotated[list[SignMessage], Field(min_length=1, max_length=1_000)]


class Phase(Body):
    """A phase: planned from when to when, or, without times, begun by hand."""

    name: Identifier = Field(examples=[PHASE])
    starts_at: datetime | None = Field(
        default=None,
        description="with an offset, or in the local time of `time_zone`; null, as `ends_at`: begun by hand",
        examples=["2026-11-28T13:00:00"],
    )
    ends_at: datetime | None = Field(default=None, examples=["2026-11-28T15:30:00"])
    messages: Messages

    @model_validator(mode="after")
    def _is_timed_or_not(self) -> "Phase":
        if (self.starts_at is None) != (self.ends_at is None):
            message = "give both of starts_at, ends_at, or neither"
            raise ValueError(message)
        signs = [message.sign for message in self.messages]
        if twice := sorted({sign for sign in signs if signs.count(sign) > 1}):
            message = f"signs with more than one message: {', '.join(twice)}"
            raise ValueError(message)
        return self


class Strategy(Body):
    """A plan made beforehand: match day, say, with a phase before and one after."""

    name: Name = Field(min_length=1, description="as operators call it", examples=["Match day"])
    time_zone: TimeZoneName | None = Field(
        default=None, description="of times that are given without an offset", examples=["Europe/Berlin"]
    )
    phases: Annotated[list[Phase], Field(min_length=1, max_length=100)] = Field(
        examples=[
            [
                {
                    "name": PHASE,
                    "starts_at": "2026-11-28T13:00:00",
                    "ends_at": "2026-11-28T15:30:00",
                    "messages": [{"sign": "S5", "lines": PARK}],
                },
                {"name": BY_HAND, "messages": [{"sign": "S5", "lines": ["STADION", "GESPERRT"]}]},
            ]
        ]
    )

    @model_validator(mode="after")
    def _phases_are_clear(self) -> "Strategy":
        names = [phase.name for phase in self.phases]
        if len(set(names)) < len(names):
            message = "phases need different names"
            raise ValueError(message)
        for phase in self.phases:
            span = self.span_of(phase)
            if span is not None and span[1] <= span[0]:
                message = f"phase {phase.name}: ends_at must be later than starts_at"
                raise ValueError(message)
        return self

    def span_of(self, phase: Phase) -> tuple[datetime, datetime] | None:
        """Give when a phase begins and ends, in UTC; None: it is begun by hand."""
        if phase.starts_at is None or phase.ends_at is None:
            return None
        return _to_utc(phase.starts_at, self.time_zone), _to_utc(phase.ends_at, self.time_zone)


def _to_utc(time: datetime, zone: str | None) -> datetime:
    """Read a time; raises ValueError where it is not one moment: no zone, or in the night of the clock change."""
    if time.tzinfo is not None:
        return _MOMENT.validate_python(time)
    if zone is None:
        message = f"{time.isoformat()}: give its offset, or time_zone"
        raise ValueError(message)
    first, second = (_MOMENT.validate_python(time.replace(tzinfo=ZoneInfo(zone), fold=fold)) for fold in (0, 1))
    if first != second:
        back = first.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        happens = "happens twice" if back == time else "does not happen"
        message = f"{time.isoformat()} {happens} in {zone}: give an offset"
        raise ValueError(message)
    return first.astimezone(UTC)


class PhaseView(View):
    """A phase as it is kept."""

    name: str = Field(examples=[PHASE])
    starts_at: AwareDatetime | None = Field(description="null: begun by hand", examples=["2026-11-28T12:00:00Z"])
    ends_at: AwareDatetime | None = Field(examples=["2026-11-28T14:30:00Z"])
    messages: list[SignMessage] = Field(description="lines as the signs write them")


class StrategyView(View):
    """A version of a strategy."""

    strategy_id: str = Field(examples=["MATCH-DAY"])
    version: int = Field(description="the newest counts", examples=[1])
    name: str = Field(examples=["Match day"])
    phases: list[PhaseView]
    author: str = Field(description="the key", examples=["4f2a9c01d7be"])
    saved_at: AwareDatetime = Field(examples=["2026-11-20T09:12:00Z"])
    retired_at: AwareDatetime | None = Field(description="out of use since; null: in use")
    active: list[str] = Field(description="its phases in force now, on Lotse's clock", examples=[[PHASE]])


StrategyPage = Page[StrategyView]


class Activation(Bounded):
    """A phase that is begun by hand."""

    phase: Identifier = Field(examples=[BY_HAND])
