"""The reference sign's state machine."""

import pytest
from factories_standalone import SIGN, an_answer, display_body

from lotse_standalone.signs.sign import (
    DATE_RESOLUTION,
    LONGEST_PAUSE_S,
    SLOWEST_POLLS,
    Answer,
    Memory,
    hear,
    is_fallback,
    show,
)

LINES = ("BRUECKENSTR.", "STAU", "FOLGE U1")
SLACK_S = DATE_RESOLUTION.total_seconds()


def heard(*answers: Answer | None, at_s: float = 100.0) -> Memory:
    memory = Memory()
    for answer in answers:
        memory = hear(memory, SIGN, answer, at_s)
    return memory


def test_a_sign_that_heard_nothing_is_blank() -> None:
    assert show(Memory(), 0.0) == ()


def test_a_detour_is_shown_until_it_is_no_longer_fresh() -> None:
    memory = heard(an_answer(fresh_for_s=20))
    assert show(memory, 100.0) == LINES
    assert show(memory, 120.0 - SLACK_S - 0.001) == LINES
    assert show(memory, 120.0 - SLACK_S) == ()


def test_a_blank_display_shows_nothing() -> None:
    assert show(heard(an_answer(body=display_body(state="blank", lines=[]))), 100.0) == ()


def test_a_sign_falls_back_when_it_is_told_to_or_what_it_holds_is_stale() -> None:
    assert is_fallback(heard(an_answer(body=display_body(state="fallback", lines=[]))), 100.0)
    blank = heard(an_answer(body=display_body(state="blank", lines=[]), fresh_for_s=20))
    assert not is_fallback(blank, 100.0)
    assert is_fallback(blank, 120.0)
    assert not is_fallback(Memory(), 100.0)


def test_not_modified_prolongs_what_is_held() -> None:
    memory = hear(heard(an_answer(fresh_for_s=20)), SIGN, an_answer(304, fresh_for_s=20), 110.0)
    assert show(memory, 125.0) == LINES
    assert show(memory, 130.0) == ()


def test_not_modified_without_a_body_held_shows_nothing() -> None:
    memory = heard(an_answer(304))
    assert show(memory, 100.0) == ()
    assert memory.fault


def test_not_modified_for_another_body_prolongs_nothing() -> None:
    other = an_answer(304, headers={"etag": '"two"'})
    memory = hear(heard(an_answer(fresh_for_s=20)), SIGN, other, 110.0)
    assert show(memory, 120.0) == ()


@pytest.mark.parametrize("lower", [{"epoch": 1, "seq": 9}, {"epoch": 0, "seq": 99}, {"epoch": 1, "seq": 4}])
def test_a_lower_rank_is_ignored(lower: dict[str, int]) -> None:
    memory = heard(an_answer(body=display_body(epoch=1, seq=10)), an_answer(body=display_body(lines=["OLD"], **lower)))
    assert show(memory, 100.0) == LINES
    assert "went back" in memory.fault


def test_a_lower_rank_does_not_prolong_what_is_held() -> None:
    held = heard(an_answer(body=display_body(seq=10), fresh_for_s=20))
    memory = hear(held, SIGN, an_answer(body=display_body(seq=9), fresh_for_s=20), 110.0)
    assert show(memory, 120.0) == ()


@pytest.mark.parametrize("higher", [{"epoch": 1, "seq": 11}, {"epoch": 2, "seq": 1}])
def test_a_higher_rank_replaces(higher: dict[str, int]) -> None:
    memory = heard(an_answer(body=display_body(epoch=1, seq=10)), an_answer(body=display_body(lines=["NEW"], **higher)))
    assert show(memory, 100.0) == ("NEW",)


def test_another_body_of_the_same_rank_is_a_contradiction_and_ignored() -> None:
    memory = heard(an_answer(), an_answer(body=display_body(lines=["OTHER"])))
    assert show(memory, 100.0) == LINES
    assert "same rank" in memory.fault


def test_the_end_of_a_closure_blanks_the_sign_even_if_the_answer_is_fresh() -> None:
    body = display_body(valid_until="2026-11-23T07:10:05Z", ttl_s=300)
    memory = heard(an_answer(body=body, fresh_for_s=200))
    assert show(memory, 103.0) == LINES
    assert show(memory, 105.0) == ()


def test_freshness_beyond_the_ttl_is_not_believed() -> None:
    memory = heard(an_answer(body=display_body(ttl_s=30), fresh_for_s=1e6))
    assert show(memory, 130.0) == ()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        an_answer(500),
        an_answer(401),
        an_answer(404),
        an_answer(503, headers={"retry-after": "7"}),
        an_answer(body=b"<html>captive portal</html>"),
        an_answer(body=b"\xff\xfe"),
        an_answer(body=display_body(sign="S2", seq=99)),
        an_answer(body=display_body(schema=2, seq=99)),
        an_answer(body=display_body(seq=99), headers={"lotse-fresh-until": "soon"}),
        an_answer(body=display_body(seq=99), headers={"date": ""}),
        an_answer(body=display_body(seq=99, valid_until="2026-11-23T07:10:05")),
    ],
)
def test_whatever_is_not_a_display_changes_nothing_and_prolongs_nothing(answer: Answer | None) -> None:
    memory = heard(an_answer(fresh_for_s=20), answer)
    assert show(memory, 118.0) == LINES
    assert show(memory, 120.0) == ()
    assert memory.fault


def test_a_retired_sign_goes_blank_at_once() -> None:
    assert show(heard(an_answer(), an_answer(410)), 100.0) == ()


def test_failures_slow_the_polls_down_to_a_bound_and_success_restores_them() -> None:
    memory = heard(an_answer(body=display_body(poll_s=2)))
    pauses = []
    for _ in range(8):
        memory = hear(memory, SIGN, None, 100.0)
        pauses.append(memory.pause_s)
    assert pauses[:4] == [2, 4, 8, 16]
    assert pauses[-1] == 2 * SLOWEST_POLLS
    assert hear(memory, SIGN, an_answer(304), 100.0).pause_s == 2


@pytest.mark.parametrize(
    ("retry_after", "pause_s"),
    [
        ("7", 7.0),
        ("Mon, 23 Nov 2026 07:10:40 GMT", 40.0),
        ("99999999999", LONGEST_PAUSE_S),
        ("later", 1.0),
        ("-5", 1.0),
    ],
)
def test_retry_after_is_kept_to_within_reason(retry_after: str, pause_s: float) -> None:
    assert heard(an_answer(503, headers={"retry-after": retry_after})).pause_s == pause_s


def test_a_wrong_clock_of_the_sign_does_not_matter() -> None:
    """Only differences on the server's clock and on the sign's monotonic one are used."""
    memory = heard(an_answer(fresh_for_s=20), at_s=-5e6)
    assert show(memory, -5e6 + 18) == LINES
    assert show(memory, -5e6 + 20) == ()
