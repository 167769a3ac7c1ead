"""What Lotse is compared with: policies that tell drivers at signs which way to take.

`python -c "from evaluation.policies import POLICIES"` needs scipy (`make evaluate` installs it).
"""

from collections.abc import Callable, Mapping, Sequence

from evaluation.nouns import Guidance, Knowledge, Minute, Route, Scenario
from evaluation.policies.corridor import Corridor
from evaluation.policies.individual import Individual
from evaluation.policies.naive import Naive
from evaluation.policies.static import Static
from evaluation.streets import Streets, build_streets


class NoGuidance:
    """Says nothing."""

    def update(self, minute: Minute) -> None:
        """Take no notice."""

    def way(self, sign_id: str, ahead: Route) -> Route | None:  # noqa: ARG002 - the protocol's
        """Give nobody another way."""
        return None

    def shown(self) -> Mapping[str, Sequence[str]]:
        """Show nothing."""
        return {}


Make = Callable[[Knowledge, Streets, Scenario], Guidance]
_MAKERS: Mapping[str, Make] = {
    "none": lambda _knowledge, _streets, _scenario: NoGuidance(),
    "static": Static,
    "naive": lambda knowledge, streets, _: Naive(knowledge, streets),
    "individual": lambda knowledge, streets, _: Individual(knowledge, streets),
    "corridor": lambda knowledge, streets, _: Corridor(knowledge, streets, over_minor=True),
    "corridor-main": lambda knowledge, streets, _: Corridor(knowledge, streets, over_minor=False),
}
POLICIES = tuple(_MAKERS)
"""The names that `make_guidance` knows, in the order of a report."""


def make_guidance(
    policy: str,
    knowledge: Knowledge,
    scenario: Scenario,
    compliance: float,  # noqa: ARG001 - the run's; no policy may know it
) -> Guidance:
    """Make a policy for one run. How many drivers comply is told to none of them, as to no control centre.

    Raises
    ------
    ValueError
        There is no such policy.
    """
    if policy not in _MAKERS:
        message = f"no policy {policy!r}; there are {', '.join(POLICIES)}"
        raise ValueError(message)
    return _MAKERS[policy](knowledge, build_streets(knowledge.city.edges), scenario)
