"""What a sign reads."""

from evaluation.nouns import Effect
from evaluation.policies.disturbances import Disturbance
from evaluation.streets import Streets, Way

WORDS: dict[Effect, str] = {"closed": "gesperrt", "slow": "Stau"}
UNNAMED = "Straße"


def word(disturbance: Disturbance, corridor: Way, streets: Streets) -> str:
    """Say what is wrong, whom it concerns, and where they shall go: `Ringstr. gesperrt, Ri. Bergstr.: über Talstr.`."""
    rejoined = streets.edges[corridor[-1]].name or UNNAMED
    via = _via(corridor, {disturbance.street, streets.edges[corridor[0]].name}, streets)
    return f"{disturbance.street or UNNAMED} {WORDS[disturbance.effect]}, Ri. {rejoined}: über {via}"


def _via(corridor: Way, usual: set[str], streets: Streets) -> str:
    """Name the street on which a corridor leads furthest, other than those that drivers know anyway."""
    metres: dict[str, float] = {}
    for edge in corridor[1:]:
        name = streets.edges[edge].name
        metres[name] = metres.get(name, 0.0) + streets.edges[edge].length_m
    new = {name: length_m for name, length_m in metres.items() if name and name not in usual}
    return max(new or metres, key=lambda name: (metres[name], name)) or UNNAMED
