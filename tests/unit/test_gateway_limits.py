"""Token buckets: how often one client may ask."""

import pytest

from lotse_gateway.guards.limits import Buckets, Quota, address_of

TEN_IN_5_S = Quota("key", 10, 5)


def _taken(buckets: Buckets, client: str, now_s: float, times: int) -> int:
    return sum(not buckets.is_refused(buckets.take(client, now_s)) for _ in range(times))


def test_so_many_at_once_and_then_they_come_back_evenly() -> None:
    buckets = Buckets(TEN_IN_5_S)
    assert _taken(buckets, "a", 100.0, 20) == 10
    assert _taken(buckets, "a", 100.4, 5) == 0
    assert _taken(buckets, "a", 100.6, 5) == 1
    assert _taken(buckets, "a", 102.5, 9) == 4
    assert _taken(buckets, "a", 1_000.0, 20) == 10


def test_one_client_takes_nothing_from_another() -> None:
    buckets = Buckets(TEN_IN_5_S)
    assert _taken(buckets, "a", 0.0, 20) == 10
    assert _taken(buckets, "b", 0.0, 20) == 10


def test_headers_tell_what_is_left_and_when_to_come_back() -> None:
    buckets = Buckets(TEN_IN_5_S)
    first = buckets.headers(buckets.take("a", 0.0))
    assert first == {"RateLimit-Policy": '"key";q=10;w=5', "RateLimit": '"key";r=9;t=1'}
    assert _taken(buckets, "a", 0.0, 9) == 9
    refused = buckets.headers(buckets.take("a", 0.0))
    assert refused == {"RateLimit-Policy": '"key";q=10;w=5', "RateLimit": '"key";r=0;t=5', "Retry-After": "1"}


def test_who_is_refused_loses_nothing_by_asking() -> None:
    buckets = Buckets(TEN_IN_5_S)
    _taken(buckets, "a", 0.0, 1_000)
    assert _taken(buckets, "a", 0.5, 1) == 1


def test_buckets_are_bounded_and_full_ones_go_first() -> None:
    buckets = Buckets(TEN_IN_5_S, most=100)
    _taken(buckets, "greedy", 0.0, 10)
    for number in range(1_000):
        buckets.take(f"c{number}", number / 100)
        assert len(buckets) <= 100
    assert buckets.forgotten == 0
    for number in range(1_000):
        buckets.take(f"d{number}", 10.0)
    assert len(buckets) <= 100
    assert buckets.forgotten > 0


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_ipv6_client_is_its_network(host: str, client: str) -> None:
    assert address_of(host) == client
