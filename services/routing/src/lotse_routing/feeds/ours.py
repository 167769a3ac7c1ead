"""Our roadworks as others are told of them: one line for each stretch in one direction of travel."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise, takewhile

from lotse_routing.feeds.found import Effect, FoundRoadwork, Line
from lotse_routing.state.roadwork import Roadwork
from lotse_shared.vehicle import VehicleClass

IMPACTS: dict[str, str] = {"closed": "all-lanes-closed", "speed": "all-lanes-open", "lanes": "some-lanes-closed"}


@dataclass(frozen=True, slots=True)
class Street:
    """What is told of a link: its name ('' if it has none) and its line in the direction of travel."""

    name: str
    line: Line


def each_time(roadwork: Roadwork, now: datetime, days: int) -> Iterator[Roadwork]:
    """Yield a roadwork once for each time it holds from now on, of a recurring one those of so many days.

    No format of feeds knows hours of the week: each occurrence has an id of its own.
    """
    if roadwork.recurrence is None:
        yield roadwork
        return
    present = roadwork.recurrence.occurrence_at(now)
    to_come = takewhile(
        lambda each: each.starts_at <= now + timedelta(days=days), roadwork.recurrence.starting_after(now)
    )
    for occurrence in (*([present] if present else []), *to_come):
        time = roadwork.as_of(occurrence.starts_at)
        if time.over_at is None or time.starts_at < time.over_at:
            yield replace(time, roadwork_id=f"{roadwork.roadwork_id}-{occurrence.starts_at:%Y%m%dT%H%MZ}")


def as_told(roadwork: Roadwork, streets: Mapping[str, Street]) -> tuple[FoundRoadwork, ...]:
    """Join the links of a roadwork, in their order, to stretches; each has an id of its own: 'the roadwork's-1', ...

    Raises
    ------
    KeyError
        A link is not among the streets.
    """
    effect: Effect = roadwork.effect
    return tuple(
        FoundRoadwork(
            source_id=f"{roadwork.roadwork_id}-{number}",
            name=roadwork.name,
            description="",
            road_names=tuple(dict.fromkeys(street.name for street in stretch if street.name)) or (roadwork.name,),
            lines=(_joined(stretch),),
            both_directions=False,
            heading_deg=None,
            effect=effect,
            speed_kmh=roadwork.speed_kmh,
            vehicle_impact=IMPACTS[roadwork.effect if roadwork.binds(VehicleClass.CAR) else "speed"],
            starts_at=roadwork.starts_at,
            ends_at=roadwork.over_at,
            vehicles=tuple(sorted(roadwork.vehicles)),
        )
        for number, stretch in enumerate(_stretches([streets[link] for link in roadwork.links]), start=1)
    )


def _stretches(streets: Iterable[Street]) -> list[list[Street]]:
    """Group streets, head to tail; one that turns back where it came from begins another stretch."""
    stretches: list[list[Street]] = []
    for street in streets:
        last = stretches[-1][-1].line if stretches else None
        if last is not None and last[-1] == street.line[0] and last[::-1] != street.line:
            stretches[-1].append(street)
        else:
            stretches.append([street])
    return stretches


def _joined(stretch: list[Street]) -> Line:
    points = [point for street in stretch for point in street.line]
    return (points[0], *(then for before, then in pairwise(points) if then != before))
