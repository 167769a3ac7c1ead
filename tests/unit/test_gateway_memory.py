"""What signs are served from: freshness, absence, ETags."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lotse_gateway.answers.etags import matches
from lotse_gateway.loops.feed import read_ttl_s
from lotse_gateway.recall.memory import Absence, Away, Display, Reasons, Shown, SignMemory

NOW = datetime(2026, 11, 23, 7, 10, tzinfo=UTC)
TO_TWO = [{"destination": "STADION", "gain_s": 1}, {"destination": "CENTRUM", "gain_s": 2}]
REASONS = Reasons(NOW, "automatic", True, "closed", {"de": "zu"}, ("STADION", "CENTRUM"), json.dumps(TO_TWO))
DISPLAY = Display("S1", 7, b"{}", '"abc"', 300, REASONS)


def _memory() -> SignMemory:
    memory = SignMemory(heartbeat_at=NOW, is_loaded=True)
    memory.replace_signs({"S1": False})
    memory.keep([DISPLAY])
    return memory


def test_a_display_is_fresh_for_its_ttl_after_the_heartbeat_and_not_a_moment_longer() -> None:
    memory, end = _memory(), NOW + timedelta(seconds=300)
    assert memory.find("S1", end - timedelta(microseconds=1)) == Shown(DISPLAY, fresh_until=end)
    assert memory.find("S1", end) is Absence.STALE


def test_a_later_heartbeat_makes_it_fresh_again() -> None:
    memory = _memory()
    memory.heartbeat_at = NOW + timedelta(hours=1)
    assert memory.find("S1", NOW + timedelta(hours=1)) == Shown(DISPLAY, NOW + timedelta(hours=1, seconds=300))


def test_a_decision_that_names_no_ttl_is_never_served() -> None:
    memory = _memory()
    memory.keep([replace(DISPLAY, ttl_s=0.0)])
    assert memory.find("S1", NOW) is Absence.STALE


def test_each_absence_has_its_reason() -> None:
    memory = _memory()
    assert memory.find("S2", NOW) is Absence.UNKNOWN
    memory.replace_signs({"S1": True, "S2": False})
    assert memory.find("S1", NOW) is Absence.RETIRED
    assert memory.find("S2", NOW) is Absence.UNDECIDED
    assert SignMemory().find("S1", NOW) is Absence.NOT_LOADED


def test_without_any_heartbeat_nothing_is_shown() -> None:
    memory = _memory()
    memory.heartbeat_at = None
    assert memory.find("S1", NOW) is Absence.UNDECIDED


def test_a_sign_has_gone_to_its_fallback_when_its_display_is_no_longer_fresh() -> None:
    memory, end = _memory(), NOW + timedelta(seconds=300)
    assert not memory.is_over(DISPLAY, end - timedelta(microseconds=1))
    assert memory.is_over(DISPLAY, end)


def test_a_newer_decision_takes_the_place_of_the_older() -> None:
    memory = _memory()
    newer = replace(DISPLAY, decision_id=8, body=b"[]")
    memory.keep([newer])
    assert memory.held == (["S1"], [8], [DISPLAY.etag])
    found = memory.find("S1", NOW)
    assert isinstance(found, Shown)
    assert found.display is newer


def _places(memory: SignMemory, *asked: str | None, after: tuple[str, str] | None = None) -> list[tuple[str, str]]:
    sign, destination = asked or (None, None)
    return [(display.sign_id, each["destination"]) for display, each in memory.list_detours(sign, destination, after)]


def test_detours_are_listed_by_sign_and_destination() -> None:
    memory = _memory()
    memory.replace_signs({"S2": False, "S1": False, "RETIRED": True, "UNDECIDED": False})
    memory.keep([replace(DISPLAY, sign_id="S2"), replace(DISPLAY, sign_id="RETIRED")])
    all_of_them = [(sign, place) for sign in ("S1", "S2") for place in ("CENTRUM", "STADION")]
    assert _places(memory) == all_of_them
    assert _places(memory, "S2", None) == all_of_them[2:]
    assert _places(memory, None, "CENTRUM") == [("S1", "CENTRUM"), ("S2", "CENTRUM")]
    for number, place in enumerate(all_of_them):
        assert _places(memory, after=place) == all_of_them[number + 1 :]
    for asked in (("RETIRED", None), ("UNDECIDED", None), ("UNKNOWN", None), (None, "UNKNOWN"), ("S1", "UNKNOWN")):
        assert _places(memory, *asked) == []


def test_routing_is_away_when_its_heartbeat_is_late_and_of_that_nothing_is_known_while_the_database_is() -> None:
    memory = _memory()
    assert memory.away(NOW + timedelta(seconds=10)) is None
    late = NOW + timedelta(seconds=10.1)
    assert memory.away(late) == Away("routing", NOW)
    memory.database_away_since = NOW + timedelta(seconds=5)
    assert memory.away(late) == Away("database", NOW + timedelta(seconds=5))
    assert SignMemory().away(NOW) is None


def test_what_is_held_may_be_told_for_a_ttl_after_the_heartbeat() -> None:
    memory = _memory()
    assert memory.is_fresh(300, NOW + timedelta(seconds=299.9))
    assert not memory.is_fresh(300, NOW + timedelta(seconds=300))
    assert not SignMemory().is_fresh(300, NOW)


@pytest.mark.parametrize("header", ['"abc"', 'W/"abc"', '"x", "abc"', '"x",W/"abc"', "*"])
def test_if_none_match_names_the_etag(header: str) -> None:
    assert matches(header, '"abc"')


@pytest.mark.parametrize("header", ["", "abc", '"ABC"', '"abcd"', '"x", "y"', "W/"])
def test_if_none_match_names_another(header: str) -> None:
    assert not matches(header, '"abc"')


@pytest.mark.parametrize(
    ("body", "ttl_s"),
    [
        (b'{"ttl_s":300}', 300.0),
        (b'{"ttl_s":0.5}', 0.5),
        (b"{}", None),
        (b"[]", None),
        (b"\xff", None),
        (b'{"ttl_s":"x"}', None),
    ],
)
def test_how_long_a_display_may_live_stands_in_its_body(body: bytes, ttl_s: float | None) -> None:
    assert read_ttl_s(body) == ttl_s
