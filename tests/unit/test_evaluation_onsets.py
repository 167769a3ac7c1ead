"""Congestion onsets as one knows them later, and what was told of them."""

from math import isnan, nan

import numpy as np
import pytest
from evaluation.aarhus.onsets import Event, begins, known_later, onsets, score, without_news


def a_morning(*ratios: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """One link, step by step."""
    return np.array(ratios)[:, None]


def test_a_speed_is_known_later_by_those_around_it() -> None:
    assert known_later(a_morning(0.9, 0.2, 0.9, nan, 0.4, nan))[1, 0] == 0.9
    assert known_later(a_morning(0.9, 0.2))[:, 0].tolist() == pytest.approx([0.55, 0.55])
    assert np.isnan(known_later(a_morning(0.9, nan, nan))[1:]).all()


@pytest.mark.parametrize(
    ("ratios", "steps", "what"),
    [
        ((0.9, 0.9, 0.4, 0.4, 0.4, 0.4), [2], "free, then slow"),
        ((0.9, 0.9, 0.4, 0.9, 0.9, 0.9), [], "one slow value is none"),
        ((0.4, 0.4, 0.4, 0.4), [], "slow from the beginning is none"),
        ((0.9, 0.9, 0.6, 0.6, 0.4, 0.4, 0.4), [4], "by way of dense"),
        ((0.9, 0.9, 0.4, 0.4, 0.4, 0.6, 0.6, 0.4, 0.4, 0.4), [2], "dense is not free again"),
        ((0.9, 0.9, 0.4, 0.4, 0.4, 0.8, 0.8, 0.4, 0.4, 0.4), [2, 7], "free again"),
    ],
)
def test_an_onset_is_slow_for_two_intervals_after_free(ratios: tuple[float, ...], steps: list[int], what: str) -> None:
    assert onsets(a_morning(*ratios)) == [Event(0, step) for step in steps], what


def test_what_is_told_begins_at_once() -> None:
    slow, free = a_morning(0, 1, 0, 0, 1) == 1, a_morning(1, 0, 0, 1, 0) == 1
    assert begins(slow, free) == [Event(0, 1), Event(0, 4)]


def test_each_onset_is_told_once_and_in_time_on_its_own_link() -> None:
    began = [Event(0, 10), Event(0, 40), Event(1, 10)]
    told = [Event(0, 9), Event(0, 11), Event(0, 44), Event(2, 10), Event(1, 13)]
    found = score(began, told)
    assert found.delays == (-1, 3)
    assert (found.precision, found.recall, found.median_delay) == (2 / 5, 2 / 3, 1)


def test_nothing_told_has_no_precision_and_no_delay() -> None:
    found = score([Event(0, 1)], [])
    assert found.recall == 0
    assert isnan(found.precision)
    assert isnan(found.median_delay)


def test_what_is_told_without_news_is_found() -> None:
    is_news = a_morning(1, 0, 0, 0, 1) == 1
    told = [Event(0, step) for step in range(5)]
    assert without_news(told, is_news, 1) == [Event(0, 1), Event(0, 2), Event(0, 3)]
    assert without_news(told, is_news, 3) == [Event(0, 3)]
