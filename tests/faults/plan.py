"""Who is killed when, and for how long. Pure: the same seed gives the same plan."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST_LOAD_S = 1.5
LONGEST_AWAY_S = 3.0


@dataclass(frozen=True, slots=True)
class Blow:
    """One or two victims die at the same moment, `load_s` after the one before, and come back after `away_s`.

    Where `is_awaited`, the next blow falls only once the backlog of this one is stored, so that recovery can be timed;
    otherwise the next may hit a line that has not recovered.
    """

    load_s: float
    victims: tuple[str, ...]
    away_s: float
    is_awaited: bool


def plan(seed: int, kills: int, groups: Sequence[Sequence[str]]) -> Iterator[Blow]:
    """Give blows that kill `kills` times in all: each a member of one group, or of two at once."""
    rng = random.Random(f"plan {seed}")
    left = kills
    while left > 0:
        pair = rng.sample(groups, 2 if left > 1 and rng.random() < 0.3 else 1)
        victims = tuple(rng.choice(group) for group in pair)
        left -= len(victims)
        load_s, away_s = rng.uniform(0.1, LONGEST_LOAD_S), rng.uniform(0, LONGEST_AWAY_S)
        yield Blow(load_s, victims, away_s, is_awaited=rng.random() < 0.7)
