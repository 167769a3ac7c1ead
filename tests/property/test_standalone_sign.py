"""What holds for a sign whatever it hears."""

import math
from datetime import timedelta

from factories_standalone import SERVER_NOW, SIGN, an_answer, display_body
from hypothesis import given
from hypothesis import strategies as st

from lotse_standalone.signs.sign import LONGEST_PAUSE_S, Answer, Memory, hear, show

STATUSES = st.sampled_from([200, 200, 200, 304, 304, 404, 410, 429, 500, 503])
STEPS_S = st.floats(0, 50)


@st.composite
def polls(draw: st.DrawFn) -> list[tuple[float, float, Answer | None]]:
    """Polls in order: when each was asked, until when (same clock) its answer is fresh, and the answer."""
    at_s, taken = 0.0, []
    for _ in range(draw(st.integers(1, 12))):
        at_s += draw(STEPS_S)
        fresh_for_s = draw(st.floats(-20, 100))
        rank = {"epoch": draw(st.integers(1, 2)), "seq": draw(st.integers(1, 4))}
        body = display_body(**rank, lines=[f"{rank['epoch']}/{rank['seq']}"], ttl_s=60)
        status = draw(STATUSES)
        answer = an_answer(
            status,
            body if status == 200 else b"",
            fresh_for_s=fresh_for_s,
            server_now=SERVER_NOW + timedelta(seconds=at_s),
            headers={"etag": f'"{rank}"'},
        )
        taken.append((at_s, at_s + fresh_for_s, draw(st.sampled_from([answer, answer, answer, None]))))
    return taken


@given(polls(), STEPS_S)
def test_a_sign_never_shows_past_the_latest_freshness_it_was_told(
    taken: list[tuple[float, float, Answer | None]], later_s: float
) -> None:
    memory, latest_s, now_s = Memory(), -math.inf, 0.0
    for asked_at_s, fresh_until_s, answer in taken:
        memory = hear(memory, SIGN, answer, asked_at_s)
        if answer is not None and answer.status in {200, 304}:
            latest_s = max(latest_s, fresh_until_s)
        now_s = asked_at_s + later_s
        assert not show(memory, now_s) or now_s < latest_s


@given(polls())
def test_a_sign_never_goes_back(taken: list[tuple[float, float, Answer | None]]) -> None:
    memory, highest = Memory(), (0, 0)
    for asked_at_s, _, answer in taken:
        memory = hear(memory, SIGN, answer, asked_at_s)
        if answer is not None and answer.status == 410:
            highest = (0, 0)
        if memory.display is not None:
            assert memory.display.rank >= highest
            highest = memory.display.rank


HEADER_TEXT = st.text('0123456789:-+.,TZ Wednov\xb2"', max_size=40) | st.integers().map(str)
HEADERS = st.dictionaries(
    st.sampled_from(["date", "lotse-fresh-until", "etag", "retry-after"]),
    HEADER_TEXT | st.datetimes().map(str) | st.datetimes().map(lambda moment: f"{moment}Z"),
)
GARBAGE = st.builds(
    Answer,
    st.integers(100, 599) | st.sampled_from([200, 304]),
    HEADERS,
    st.binary(max_size=200) | st.just(display_body()) | st.just(display_body(valid_until="0001-01-01T00:00:00+14:00")),
)


@given(st.lists(GARBAGE | st.none(), max_size=6))
def test_no_answer_breaks_a_sign(answers: list[Answer | None]) -> None:
    memory = hear(Memory(), SIGN, an_answer(), 0.0)
    for answer in answers:
        memory = hear(memory, SIGN, answer, 0.0)
        assert 0 < memory.pause_s <= LONGEST_PAUSE_S
