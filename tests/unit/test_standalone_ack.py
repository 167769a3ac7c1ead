"""What the reference sign tells the centre, and when."""

import pytest
from factories_standalone import SIGN, an_answer, display_body

from lotse_standalone.signs.ack import Ack, Told, after_answer, compose_ack, is_due
from lotse_standalone.signs.sign import Answer, Memory, hear


def heard(answer: Answer) -> Memory:
    return hear(Memory(), SIGN, answer, 100.0)


def test_a_sign_that_holds_nothing_has_nothing_to_acknowledge() -> None:
    assert compose_ack(Memory(), 0.0) is None
    assert compose_ack(hear(heard(an_answer()), SIGN, an_answer(410), 101.0), 101.0) is None


@pytest.mark.parametrize("state", ["detour", "blank", "fallback"])
def test_it_says_what_it_was_told_to_show(state: str) -> None:
    memory = heard(an_answer(body=display_body(state=state, epoch=2, seq=7)))
    ack = compose_ack(memory, 101.0, ["lamp-3"])
    assert ack == Ack(2, 7, "sha256:00", state, "centre", ("lamp-3",))  # type: ignore[arg-type]


def test_it_says_that_it_fell_back_and_why() -> None:
    stale = compose_ack(heard(an_answer(fresh_for_s=20)), 120.0)
    assert stale is not None
    assert (stale.shown, stale.source) == ("fallback", "stale")
    ended = compose_ack(heard(an_answer(body=display_body(valid_until="2026-11-23T07:10:05Z"))), 105.0)
    assert ended is not None
    assert (ended.shown, ended.source) == ("fallback", "expired")


def test_it_says_so_at_once_and_again_before_half_of_the_ttl_is_over() -> None:
    ack = compose_ack(heard(an_answer()), 101.0)
    assert ack is not None
    assert is_due(Told(), ack, ttl_s=30, now_s=101.0)
    told = after_answer(Told(), ack, 204, 101.0)
    assert not is_due(told, ack, ttl_s=30, now_s=115.0)
    assert is_due(told, ack, ttl_s=30, now_s=116.0)
    other = compose_ack(heard(an_answer()), 102.0, ["lamp-3"])
    assert other is not None
    assert is_due(told, other, ttl_s=30, now_s=102.0)


@pytest.mark.parametrize("status", [None, 401, 403, 429, 500, 503])
def test_what_was_not_taken_is_told_again(status: int | None) -> None:
    ack = compose_ack(heard(an_answer()), 101.0)
    assert ack is not None
    assert is_due(after_answer(Told(), ack, status, 101.0), ack, ttl_s=30, now_s=101.0)


@pytest.mark.parametrize("status", [404, 409, 410, 422])
def test_what_was_refused_for_what_it_is_waits_for_its_repetition(status: int) -> None:
    ack = compose_ack(heard(an_answer()), 101.0)
    assert ack is not None
    assert not is_due(after_answer(Told(), ack, status, 101.0), ack, ttl_s=30, now_s=101.0)
