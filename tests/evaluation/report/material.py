"""What a report is made of, beside the results themselves."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evaluation.nouns import City, RunKey, Scenario
from evaluation.report.runs import Runs


@dataclass(frozen=True, slots=True)
class Material:
    """What was to be driven, and where.

    Parameters
    ----------
    cities
        The cities of the runs, by name; the first is the one whose figures are compared with the targets.
    scenarios
        Their mornings, by city and name, in the order of the report.
    planned
        The runs that were to be driven.
    held_out
        Tells whether a run is set aside: nobody may tune to it.
    estimation
        What `evaluation.estimation --report` wrote; None, or a file that is not there, is said loudly.
    settings
        What else a reader has to know, by name.
    """

    cities: Mapping[str, City]
    scenarios: Mapping[str, Mapping[str, Scenario]]
    planned: Collection[RunKey]
    held_out: Callable[[RunKey], bool]
    estimation: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Study:
    """The mornings of one city, and what came of them."""

    city: City
    scenarios: Mapping[str, Scenario]
    runs: Runs
    held_out: Callable[[RunKey], bool]

    @property
    def name(self) -> str:
        """Give the city's name as a text has it."""
        return self.city.name.replace("-", " ").title()

    @property
    def disturbed(self) -> list[str]:
        """List the scenarios in which something happens to traffic; a faulty detector alone is nothing."""
        return [name for name, scenario in self.scenarios.items() if not is_calm(scenario)]

    @property
    def calm(self) -> list[str]:
        """List the scenarios in which signs have nothing to say."""
        return [name for name, scenario in self.scenarios.items() if is_calm(scenario)]


def is_calm(scenario: Scenario) -> bool:
    """Tell whether traffic is that of a usual morning."""
    return not scenario.incidents and not scenario.surge and scenario.demand == 1.0


def study_of(material: Material, runs: Runs, city: str) -> Study:
    """Take what concerns one city."""
    own = runs.where(lambda key: key.city == city)
    planned = {key.scenario for key in own.planned}
    scenarios = {name: each for name, each in material.scenarios[city].items() if name in planned}
    return Study(material.cities[city], scenarios, own, material.held_out)
