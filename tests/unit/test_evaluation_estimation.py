"""Hidden detectors: what is heard of them, what is guessed, and how the errors and figures come about."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from evaluation import estimation
from evaluation.aarhus.choice import candidates, choose, without
from evaluation.aarhus.errors import Errors, errors
from evaluation.aarhus.guesses import FREE_FLOW, LAST, MEDIAN, OURS, PROFILE, USUAL, guesses
from evaluation.aarhus.recording import read_recording
from evaluation.aarhus.rounds import rounds
from evaluation.aarhus.telling import BELIEVED, telling
from evaluation.aarhus.telling import OURS as OUR_LEVEL
from factories_recording import BEGIN, INTERVAL, LINKS, a_recording
from factories_state import FREE_FLOW as FREE_FLOW_KMH
from factories_state import of

from lotse_routing.state.kriging import COMMON

SILENT_FROM = BEGIN + 5 * INTERVAL


def half_speed(link: str, _: int) -> tuple[float, float]:
    return 10, FREE_FLOW_KMH[link] / 2


def falling(link: str, step: int) -> tuple[float, float]:
    return 10, FREE_FLOW_KMH[link] * (1 - 0.05 * step)


def test_each_detector_is_hidden_once() -> None:
    hidden = Counter(name for each in rounds(a_recording(half_speed)) for name in each.hidden)
    assert hidden == Counter(LINKS)


def test_a_hidden_detector_is_never_heard_or_until_it_falls_silent() -> None:
    recording = a_recording(half_speed)
    never, silent = next(rounds(recording)), next(rounds(recording, SILENT_FROM))
    hidden = min(never.hidden)
    assert hidden not in {place.detector_id for place in never.places}
    assert len(silent.places) == len(LINKS)
    readings = [r for _, readings in recording.steps for r in readings if r.detector_id == hidden]
    assert not any(map(never.hears, readings))
    assert [r.measured_at <= SILENT_FROM for r in readings] == [silent.hears(r) for r in readings]
    assert [silent.judges(now) for now, _ in recording.steps] == [now > SILENT_FROM for now, _ in recording.steps]


def test_what_is_told_of_a_link_that_was_never_measured_does_not_depend_on_what_its_detector_says() -> None:
    """Nothing that is hidden leaks: only the median, known afterwards, is its own."""
    tried = next(rounds(a_recording(half_speed)))
    lying = a_recording(lambda link, step: (10, 3.0) if link in tried.hidden else half_speed(link, step))
    honest, other = ([found for _, found in guesses(next(rounds(recording)))] for recording in (tried.recording, lying))
    for name in (OURS, USUAL, LAST, PROFILE, FREE_FLOW):
        assert all(np.array_equal(a[name], b[name]) for a, b in zip(honest, other, strict=True)), name
    assert not np.array_equal(honest[-1][MEDIAN], other[-1][MEDIAN])


def test_after_it_fell_silent_nothing_leaks_either_and_what_it_said_before_counts() -> None:
    hidden = next(rounds(a_recording(falling))).hidden
    silent = BEGIN + 6 * INTERVAL
    lying = a_recording(lambda link, step: (10, 3.0) if link in hidden and step >= 6 else falling(link, step))
    now, honest = list(guesses(next(rounds(a_recording(falling), SILENT_FROM))))[-1]
    _, other = list(guesses(next(rounds(lying, SILENT_FROM))))[-1]
    link = min(hidden)
    assert now > silent
    for name in (OURS, LAST, PROFILE):
        assert of(link, honest[name]) == of(link, other[name])
    assert of(link, honest[LAST]) == pytest.approx(0.75 * FREE_FLOW_KMH[link])
    assert of(link, honest[PROFILE]) == pytest.approx(0.875 * FREE_FLOW_KMH[link])


def test_errors_are_those_of_hidden_links_and_gains_those_of_errors() -> None:
    found = errors(rounds(a_recording(half_speed)))
    assert found.compared == len(LINKS) * 12
    halves = [FREE_FLOW_KMH[link] / 2 for link in LINKS]
    assert found.mae_kmh[FREE_FLOW] == pytest.approx(np.mean(halves))
    assert found.mae_kmh[MEDIAN] == pytest.approx(0)
    assert found.mae_kmh[OURS] < found.mae_kmh[USUAL] < found.mae_kmh[FREE_FLOW]
    assert Errors({"a": 6.0, "b": 8.0}, 1).gain_pct("a", "b") == 25


def test_rows_without_a_vehicle_tell_nothing() -> None:
    """All stand still, by rows that no vehicle is behind."""
    told = telling(a_recording(lambda link, step: (10, FREE_FLOW_KMH[link]) if step < 4 else (0, 5.0)))
    assert told.scores[BELIEVED].told == told.without_vehicle[BELIEVED] == len(LINKS)
    assert told.scores[OUR_LEVEL].told == told.scores[OUR_LEVEL].onsets == 0
    assert (told.rows, told.rows_without_vehicle) == (len(LINKS) * 12, len(LINKS) * 8)


def test_a_jam_that_is_measured_is_told() -> None:
    told = telling(a_recording(lambda link, step: (10, FREE_FLOW_KMH[link] if step < 4 else 5.0)))
    assert told.scores[OUR_LEVEL].recall == told.scores[OUR_LEVEL].precision == 1
    assert told.scores[OUR_LEVEL].median_delay == 1
    assert told.without_vehicle[OUR_LEVEL] == told.without_news[OUR_LEVEL] == 0


def test_constants_are_chosen_without_the_links_that_judge_them() -> None:
    assert COMMON in candidates()
    assert all(not set(standing) & set(hidden) for standing, hidden in without(range(22)))
    assert sorted(link for _, hidden in without(range(22)) for link in hidden) == list(range(22))
    lies = next(rounds(a_recording(half_speed))).hidden
    lying = a_recording(lambda link, step: (10, 3.0) if link in lies else half_speed(link, step), steps=3)
    honest = a_recording(half_speed, steps=3)
    assert next(choose(lying))[0] == next(choose(honest))[0]
    assert next(choose(lying))[1].mean() > next(choose(honest))[1].mean()


@pytest.mark.data
@pytest.mark.timeout(300)
def test_on_the_morning_of_aarhus_hidden_links_are_known_better_than_by_what_stands_beside(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bounds with a margin, so that a change that makes it clearly worse is noticed."""
    report = tmp_path / "build" / "estimation.json"
    monkeypatch.setattr("sys.argv", ["estimation", str(shared_data / "aarhus-5min"), "--report", str(report)])
    estimation.main()
    found: dict[str, Any] = json.loads(report.read_text())
    figures = found["figures"]
    assert figures["mae_never_kmh"] < 8.6
    assert figures["mae_silent_kmh"] < 6.1
    assert figures["B5_never_vs_last_pct"] > 25
    assert 0 < figures["B5_mae_gain_pct"] <= min(figures["B5_never_vs_profile_pct"], figures["B5_silent_vs_last_pct"])
    assert figures["onsets_told_without_vehicle"] == figures["onsets_told_without_news"] == 0
    assert figures["onset_precision"] > 0.6
    assert read_recording(shared_data / "aarhus-5min").steps[0][0] == BEGIN
    assert set(found["table"]) == {estimation.NEVER, estimation.SILENT}
