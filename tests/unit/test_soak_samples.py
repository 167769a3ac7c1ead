"""What counts as growth in `make soak`."""

from collections.abc import Callable

import pytest
from soak.samples import Sample, growth_pct

MEMORY = ("memory_mb", "ingest")


def samples(held: Callable[[int], float]) -> list[Sample]:
    return [Sample(float(second), {MEMORY: held(second)}) for second in range(0, 1001, 5)]


def test_what_stays_has_not_grown() -> None:
    assert growth_pct(samples(lambda _: 80.0)) == {MEMORY: 0.0}


def test_warm_up_does_not_count() -> None:
    assert growth_pct(samples(lambda second: min(second, 240.0))) == {MEMORY: 0.0}


def test_a_leak_is_told() -> None:
    grown = growth_pct(samples(lambda second: 100 + 0.1 * second))[MEMORY]
    assert grown == pytest.approx(100 * (190.6 - 134.5) / 134.5, abs=2)


def test_a_peak_in_the_middle_is_none() -> None:
    assert growth_pct(samples(lambda second: 500 if 400 < second < 600 else 80)) == {MEMORY: 0.0}


def test_what_shrinks_is_told_with_its_sign() -> None:
    assert growth_pct(samples(lambda second: 200 - 0.1 * second))[MEMORY] < -20


def test_what_is_counted_is_counted_of_all_together_and_may_breathe() -> None:
    def pools(second: int) -> dict[tuple[str, str], float]:
        return {("connections", "gateway"): 4 + second // 5 % 2, ("connections", "ingest"): 1 + second // 5 % 3}

    breathing = [Sample(float(second), pools(second)) for second in range(0, 1001, 5)]
    assert growth_pct(breathing)["connections", "all together"] == pytest.approx(0, abs=1)
    busy_once = [Sample(float(s), {("connections", "ingest"): 18 if s == 900 else 17}) for s in range(0, 1001, 5)]
    assert growth_pct(busy_once)["connections", "all together"] == pytest.approx(0, abs=0.5)


def test_one_connection_of_seventeen_that_is_never_given_back_is_a_leak() -> None:
    leaking = [Sample(float(s), {("connections", "ingest"): 17 + (s > 500)}) for s in range(0, 1001, 5)]
    assert growth_pct(leaking)["connections", "all together"] > 5
