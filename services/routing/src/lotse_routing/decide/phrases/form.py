"""The phrases that an explanation is composed of: format strings, whose figures come formatted. Data, not rules."""

from collections.abc import Mapping
from dataclasses import dataclass

from lotse_routing.decide.events import Code


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of one language.

    Attributes
    ----------
    rules
        A sentence for each rule code. They may use {cause}, {detour} (with its figures), {takes} (the detour and its
        time alone), {normal}, {usual}, {min_gain}, {min_gain_pct}, {together}, {held_until} and {without_hold}.
    no_gain, not_past_closure, dropped, dropped_by_seconds
        Of the rule `too_little_gain`: no detour is quicker at all; none gains enough past a closure; a detour that was
        shown gains too little to stay, also where no share is asked for.
    unmeasured, recovered
        Of the rule `no_delay`: nobody sees whether anything is lost; what a message told of is over.
    causes
        A phrase for each kind of cause, and for a street that is a little slower: {street}, {details}.
    events
        A clause for each code of an event, without a full stop: figures by their names, other events as clauses. What
        follows a reason (`corridor_closed`) stands after 'for'.
    zones
        Names of time zones that this language has words of its own for.
    """

    rules: Mapping[str, str]
    no_gain: str
    not_past_closure: str
    dropped: str
    dropped_by_seconds: str
    unmeasured: str
    recovered: str
    causes: Mapping[str, str]
    nameless: str
    free_again: str
    nobody_measures: str
    speeds: str
    roadwork: str
    detectors: str
    detector: str
    and_more: str
    since: str
    until: str
    by_way: str
    by_another_way: str
    takes_shown: str
    takes_candidate: str
    normal: str
    estimated: str
    gain: str
    mean_gain: str
    seen_gain: str
    lost: str
    together: str
    when_open: str
    without_hold_nothing: str
    without_hold_another: str
    quiet: str
    quiet_way: str
    blind: str
    blind_way: str
    and_: str
    no_destination: str
    unaffected: str
    nothing_measured: str
    finds: str
    misplaced: str
    fault: str
    events: Mapping[Code, str]
    moment: str
    decimal_point: str
    zones: Mapping[str, str]
