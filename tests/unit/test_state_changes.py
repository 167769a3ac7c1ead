"""Which link states are written: measured ones and estimates."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from factories_decide import NOON
from factories_state import FREE_FLOW, SETTINGS, STREET, at_links, estimates, of, saying

from lotse_routing.settings import LoopSettings
from lotse_routing.state import changes
from lotse_routing.state.background import Estimates
from lotse_routing.state.changes import News, Written, link_news, written_before
from lotse_routing.state.estimate import LinkState, estimate_links
from lotse_shared.level_of_service import LevelOfService

AROUND = ("N2-N3-0", "N3-N4-0", "N5-N6-0")
SLOW = dict.fromkeys(AROUND, 25.0)
MIDDLE = "N4-N5-0"
LINKS = len(STREET.links)


def measured(age_s: float = 0, **speeds_kmh: float) -> dict[str, LinkState]:
    speeds = speeds_kmh or SLOW
    return estimate_links(saying(speeds, age_s=age_s), at_links(*speeds), FREE_FLOW, {}, NOON, SETTINGS)


def news(
    written: Written, found: Estimates | None = None, at_s: float = 0, links: dict[str, LinkState] | None = None
) -> News:
    states = measured() if links is None else links
    return link_news(written, states, found or estimates(SLOW), NOON + timedelta(seconds=at_s), LoopSettings())


def nothing_written(*links: str) -> Written:
    return written_before(links, STREET)


def names(states: Iterable[LinkState]) -> set[str]:
    return {state.link_id for state in states}


def test_at_first_every_link_of_which_anything_is_known_is_written() -> None:
    first = news(nothing_written())
    assert names(first.measured) == set(AROUND)
    assert len(first.estimated) == LINKS - len(AROUND)
    assert first.written.links == {link.link_id for link in STREET.links}


def test_an_estimate_says_that_nobody_measures_it() -> None:
    [middle] = [state for state in news(nothing_written()).estimated if state.link_id == MIDDLE]
    assert (middle.level_of_service, middle.source) == (LevelOfService.UNKNOWN, "neighbourhood")
    assert (middle.detectors, middle.observed_at) == ((), NOON)
    assert 0 < middle.confidence < 0.3
    assert middle.speed_kmh == of(MIDDLE, estimates(SLOW).speed_kmh)


def test_estimates_that_hardly_moved_are_not_written_again_however_old() -> None:
    written = news(nothing_written()).written
    assert news(written, at_s=600).estimated == ()
    assert news(written, estimates(dict.fromkeys(AROUND, 26.0)), at_s=600).estimated == ()


def test_estimates_are_looked_at_once_a_minute() -> None:
    written = news(nothing_written()).written
    free = estimates(dict.fromkeys(AROUND, 50.0))
    assert news(written, free, at_s=59).estimated == ()
    assert MIDDLE in names(news(written, free, at_s=60).estimated)


def test_a_step_writes_a_bounded_number_and_the_next_ones_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST_ESTIMATES", 10)
    written, seen = nothing_written(), []
    for second in range(3):
        step = news(written, at_s=second)
        written = step.written
        seen.append(names(step.estimated))
    assert [len(links) for links in seen] == [10, LINKS - len(AROUND) - 10, 0]
    assert seen[0].isdisjoint(seen[1])


def test_a_link_whose_detector_says_nothing_any_more_is_estimated_at_once() -> None:
    known = measured(**SLOW, **{MIDDLE: 5.0})
    written = news(nothing_written(), links=known).written
    gone = news(written, at_s=1, links=measured())
    assert names(gone.estimated) == {MIDDLE}
    silent = {MIDDLE: replace(known[MIDDLE], freshness=0.0, confidence=0.0, source="decayed")}
    decayed = news(written, at_s=1, links=measured() | silent)
    assert names(decayed.estimated) == {MIDDLE}
    back = news(decayed.written, at_s=2, links=known)
    assert MIDDLE in names(back.measured)
    assert MIDDLE in names(news(back.written, at_s=3).estimated)


def test_where_nothing_else_is_known_what_was_measured_last_stays() -> None:
    silent = replace(measured()["N2-N3-0"], freshness=0.0, confidence=0.0, source="decayed")
    nothing = estimates({})
    step = news(nothing_written(), nothing, links={"N2-N3-0": silent})
    assert (step.measured, step.estimated) == ((silent,), ())


def test_a_silent_detectors_speed_moves_on_to_the_estimate() -> None:
    found = estimates(SLOW)
    state = replace(measured(**{MIDDLE: 5.0})[MIDDLE], source="decayed")
    speeds = []
    for freshness in (1.0, 0.5, 0.1):
        step = news(nothing_written(), found, links={MIDDLE: replace(state, freshness=freshness)})
        speeds += [told.speed_kmh for told in step.measured]
    assert speeds[0] == pytest.approx(5)
    assert speeds == sorted(speeds)
    assert speeds[-1] < of(MIDDLE, found.speed_kmh)


def test_rows_of_links_of_which_nothing_is_known_any_more_go() -> None:
    step = news(nothing_written("X-Y-0", MIDDLE, "N0-N1-0"), estimates({}), links={})
    assert step.forgotten == ("X-Y-0", "N0-N1-0", MIDDLE)
    assert step.written.links == frozenset()
    assert news(step.written, estimates({}), at_s=1, links={}).forgotten == ()


def test_after_a_restart_rows_are_written_over_and_not_taken_away() -> None:
    step = news(nothing_written(MIDDLE, *AROUND))
    assert step.forgotten == ()
    assert MIDDLE in names(step.estimated)
