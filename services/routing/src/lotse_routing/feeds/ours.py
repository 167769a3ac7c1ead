"""Our roadworks as others are told of them: one line for each stretch in one direction of travel."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from lotse_routing.feeds.found import Effect, FoundRoadwork, Line
from lotse_routing.state.roadwork import Roadwork

IMPACTS: dict[str, str] = {"closed": "all-lanes-closed", "speed": "all-lanes-open"}


@dataclass(frozen=True, slots=True)
class Street:
    """What is told of a link: its name ('' if it has none) and its line in the direction of travel."""

    name: str
    line: Line


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
            vehicle_impact=IMPACTS[roadwork.effect],
            starts_at=roadwork.starts_at,
            ends_at=roadwork.over_at,
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
