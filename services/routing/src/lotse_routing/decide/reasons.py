"""Why a sign is to show what it shows, put into accounts and words when somebody asks: most decisions are no news."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property

from lotse_routing.core.topology import Topology
from lotse_routing.decide.account import Account
from lotse_routing.decide.accounting import give_account
from lotse_routing.decide.advice import Advice, SignState
from lotse_routing.decide.explanation import ByLanguage, Explanation, explain, explain_unaffected, with_reasons
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.record import Json
from lotse_routing.decide.street import street_via


@dataclass(frozen=True)  # without slots: what is composed once is kept
class Reasons:
    """The advices of a sign, and what it takes to tell their reasons.

    `before` are the records of the decision in force, by destination; moments are told in the local time of `zone`. A
    sign that `is_unaffected` speaks to relations, and has nothing to say to any.
    """

    moment: Moment
    zone: tzinfo
    advices: tuple[Advice, ...]
    before: Mapping[str, Json]
    is_unaffected: bool

    @property
    def of_sign(self) -> ByLanguage:
        """Explain the sign's decision in words."""
        if not self.is_unaffected:
            return self._explanation.of_sign
        moment = self.moment
        return explain_unaffected(moment.settings.witnesses, is_measured=bool(moment.snapshot.measured))

    def of_each(self, records: Sequence[Json]) -> tuple[Json, ...]:
        """Add the reasons to the records of the advices."""
        return with_reasons(records, self._accounts, self._explanation)

    def known_of_each(self, records: Sequence[Json]) -> tuple[Json, ...]:
        """Add to the records the reasons that are in force, where there are any."""
        why = {name: {"why": record["why"]} for name, record in self.before.items() if "why" in record}
        return tuple(record | why.get(record["destination"], {}) for record in records)

    @cached_property
    def _explanation(self) -> Explanation:
        return explain(self._accounts, self.zone)

    @cached_property
    def _accounts(self) -> list[Account]:
        topology, before = self.moment.snapshot.topology, self.before
        return [
            give_account(self.moment, advice, via(topology, advice), before.get(advice.destination_id))
            for advice in self.advices
        ]


def via(topology: Topology, advice: Advice) -> str:
    """Name the street that tells the detour of an advice, shown or weighed, from the normal route; else empty."""
    detour = advice.shown if advice.state is SignState.DETOUR else advice.candidate
    return street_via(topology, detour.links, advice.normal.links) if detour and advice.normal else ""
