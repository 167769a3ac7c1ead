"""Listeners and their queues; what events look like."""

import pytest

from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.live.events import Event, Position, Wish, changes, link_states, read_position
from lotse_gateway.live.hub import Hub

KEY = ApiKey("k", "wall", b"", frozenset({Scope.VIEWER}))
HERE = Position(1, 7)
ALARM = Event("alarm", {"alarm_id": 1}, HERE)


def state(link: str) -> dict[str, object]:
    return {"link_id": link, "level_of_service": "jam", "speed_kmh": 5.0, "confidence": 1.0, "source": "measured"}


def test_an_event_is_composed_as_the_standard_has_it() -> None:
    assert ALARM.wire == b'event: alarm\nid: 1-7\ndata: {"alarm_id":1}\n\n'
    assert read_position("1-7") == HERE


@pytest.mark.parametrize("text", [None, "", "7", "-", "1-", "a-b", "1-7-8", "¹-7"])
def test_what_is_no_position_is_none(text: str | None) -> None:
    assert read_position(text) is None


def test_a_listener_that_is_too_slow_is_told_to_read_anew_and_others_hear_all() -> None:
    hub = Hub(most_listeners=2, most_waiting=8)
    with hub.listen(KEY, Wish()) as slow, hub.listen(KEY, Wish()) as quick:
        heard = []
        for _ in range(9):
            hub.publish(ALARM)
            heard.append(quick.queue.get_nowait())
        assert heard == [ALARM.wire] * 9
        assert slow.queue.qsize() == 1
        assert b"event: reset" in (slow.queue.get_nowait() or b"")
        full = hub.has_room
    assert (full, hub.has_room) == (False, True)
    assert not hub.is_anybody_there


def test_states_are_cut_to_the_links_that_are_wanted() -> None:
    event = link_states([state("a"), state("b")], None, HERE)
    assert Wish(links=frozenset({"a", "b", "c"})).pick(event) is event.wire
    assert Wish(links=frozenset({"c"})).pick(event) is None
    assert b'"link_id":"b"' not in (Wish(links=frozenset({"a"})).pick(event) or b"b")
    assert Wish(frozenset({"alarm"})).pick(event) is None


def test_notices_reach_everybody() -> None:
    notice = Event("heartbeat", {}, HERE)
    assert Wish(frozenset(), frozenset(), frozenset()).pick(notice) == notice.wire


def test_changes_are_what_is_new_or_different() -> None:
    before, now = {"a": {"x": 1}, "b": {"x": 1}, "gone": {}}, {"a": {"x": 1}, "b": {"x": 2}, "c": {"x": 3}}
    assert dict(changes(before, now)) == {"b": {"x": 2}, "c": {"x": 3}}


def test_all_hear_the_end_and_so_does_who_comes_while_it_ends() -> None:
    hub, bye = Hub(most_listeners=9, most_waiting=8), Event("bye", {}, HERE)
    with hub.listen(KEY, Wish()) as there:
        hub.publish(ALARM)
        hub.end(bye)
        with hub.listen(KEY, Wish()) as late:
            for each in (there, late):
                assert [each.queue.get_nowait(), each.queue.get_nowait()] == [bye.wire, None]
    assert not hub.has_room
