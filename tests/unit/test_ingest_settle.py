"""Settling in the ledger, what today's dialects make of a dead letter, and filters of topics. All pure."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories_ingest import LIMITS, NOON, as_json, make_body, make_message
from hypothesis import given
from hypothesis import strategies as st

from lotse_ingest.batch import BatchReading
from lotse_ingest.dead_letters import DeadLetter, Settled, digest_of
from lotse_ingest.decode import Dialects
from lotse_ingest.decode.filters import matches
from lotse_ingest.examine import Examiner
from lotse_ingest.judge import Judge
from lotse_ingest.ledger import Counts, settle
from lotse_ingest.messages import RefusedElement
from lotse_ingest.reexamine import Letter, decode_again, judge_again, refuse_again
from lotse_shared import topics
from lotse_shared.clock import DataClock
from lotse_shared.topics import as_pattern

TOPIC = topics.batch_topic("s")
HOUR = NOON.replace(minute=0)
BODY = make_body(measured_at="2026-11-23T12:00:00Z")


def an_examiner() -> Examiner:
    return Examiner(Dialects((), 10_000), Judge(LIMITS, lambda _: None), lambda _: None, 100)


def a_letter(payload: bytes, **changes: Any) -> Letter:
    topic = changes.get("topic", TOPIC)
    values: dict[str, Any] = {
        "digest": digest_of(topic, payload),
        "kind": "rejected",
        "topic": topic,
        "payload": payload,
        "payload_bytes": len(payload),
        "reason_code": "value",
        "reason": "interval_s: what an old decoder said",
        "detector_id": None,
        "received_at": NOON,
        "times_received": 1,
    }
    return Letter(**(values | changes))


def examined(letter: Letter, data_clock: DataClock | None = None) -> Any:
    examiner = an_examiner()
    return judge_again(examiner, letter, decode_again(examiner, letter), data_clock)


def settled(kind: str = "rejected", detector_id: str | None = "A", **changes: Any) -> Settled:
    values: dict[str, Any] = {"times_received": 1, "is_reading": True} | changes
    return Settled(b"", kind, detector_id, NOON + timedelta(minutes=5), **values)  # type: ignore[arg-type]


def test_a_replayed_dead_letter_leaves_the_account_where_it_was_counted() -> None:
    accounts = settle({(HOUR, "A"): Counts(stored=2)}, [settled(detector_id=None), settled("quarantined")])
    assert accounts == {(HOUR, None): Counts(rejected=-1), (HOUR, "A"): Counts(stored=2, quarantined=-1)}
    assert [counts.received for counts in accounts.values()] == [-1, 1]


def test_what_came_true_becomes_a_duplicate_where_it_was_quarantined() -> None:
    [(account, counts)] = settle({}, [settled("quarantined", becomes="duplicate")]).items()
    assert (account, counts) == ((HOUR, "A"), Counts(quarantined=-1, duplicate=1))
    assert counts.received == 0


def test_a_malformed_watermark_was_never_in_the_ledger() -> None:
    assert settle({}, [settled(is_reading=False)]) == {}


@given(
    st.lists(
        st.builds(
            Settled,
            digest=st.binary(),
            kind=st.sampled_from(["rejected", "quarantined"]),
            detector_id=st.sampled_from([None, "A", "B"]),
            received_at=st.sampled_from([NOON, NOON + timedelta(hours=1), NOON - timedelta(minutes=1)]),
            times_received=st.integers(1, 9),
            is_reading=st.booleans(),
            becomes=st.sampled_from([None, "duplicate"]),
        )
    )
)
def test_every_account_is_balanced_and_they_stand_in_one_order(letters: list[Settled]) -> None:
    accounts = settle({}, letters)
    counted = [letter for letter in letters if letter.is_reading]
    assert sum(c.received for c in accounts.values()) == -sum(letter.becomes is None for letter in counted)
    assert sum(c.duplicate for c in accounts.values()) == sum(letter.becomes is not None for letter in counted)
    assert list(accounts) == sorted(accounts, key=lambda account: (account[0], account[1] or ""))


def test_a_dead_letter_that_can_be_used_now_is_settled() -> None:
    one = examined(a_letter(as_json(BODY)))
    assert (one.outcome, one.is_changed, one.is_settled) == ("settled", True, True)
    [item] = one.items
    assert isinstance(item, BatchReading)
    assert item.received_at == NOON


def test_one_that_is_refused_again_for_another_reason_is_written_anew_and_then_no_more() -> None:
    payload = as_json(BODY | {"interval_s": 0})
    one = examined(a_letter(payload))
    assert (one.outcome, one.is_changed, one.is_settled) == ("refused_again", True, False)
    [again] = one.items
    assert isinstance(again, DeadLetter)
    kept = a_letter(payload, reason=again.reason, detector_id=again.detector_id)
    assert not examined(kept).is_changed


def test_an_array_refused_as_a_whole_falls_apart() -> None:
    one = examined(a_letter(as_json([BODY, BODY | {"interval_s": 0}])))
    assert one.is_settled
    assert [type(item) for item in one.items] == [BatchReading, DeadLetter]


@pytest.mark.parametrize(
    "letter",
    [
        a_letter(as_json(BODY), payload_bytes=10_000),
        a_letter(b"", payload_bytes=100),
        a_letter(as_json(BODY), topic=topics.WATERMARK),
    ],
    ids=["cut", "withheld", "watermark"],
)
def test_what_is_not_there_as_a_whole_cannot_be_replayed(letter: Letter) -> None:
    one = examined(letter)
    assert (one.outcome, one.is_changed, one.items) == ("not_replayable", False, ())


def test_what_is_personal_by_todays_rules_is_withheld_then() -> None:
    letter = a_letter(as_json(BODY | {"kennzeichen": "KL-AB 123"}))
    one = examined(letter)
    [again] = one.items
    assert isinstance(again, DeadLetter)
    assert (one.outcome, one.is_changed) == ("refused_again", True)
    assert (again.digest, again.reason_code, again.payload) == (letter.digest, "privacy", b"")


def test_in_data_time_what_is_replayed_is_late() -> None:
    [item] = examined(a_letter(as_json(BODY)), DataClock(NOON)).items
    assert isinstance(item, BatchReading)
    assert "L1" in item.judged.rule_codes


def test_what_the_database_refuses_stays_whole_for_that_reason() -> None:
    letter = a_letter(as_json([BODY, BODY]), detector_id="A")
    one = refuse_again(an_examiner(), letter, "violates no_poison")
    assert (one.outcome, one.is_changed) == ("refused_again", True)
    [again] = one.items
    assert isinstance(again, DeadLetter)
    assert (again.digest, again.reason_code, again.detector_id) == (letter.digest, "refused", "A")


def test_the_bytes_of_every_refused_element_are_a_message_that_is_refused_alike() -> None:
    bodies: list[Any] = [BODY | {"interval_s": 0}, 7, "text", None, BODY | {"seq": -1}, BODY | {"detector_id": "a b"}]
    examiner = an_examiner()
    for index, element in enumerate(examiner.decode(make_message(as_json(bodies), TOPIC))):
        assert isinstance(element, RefusedElement), bodies[index]
        [again] = examiner.decode(make_message(element.raw, TOPIC))
        assert isinstance(again, RefusedElement)
        assert again.error.code == element.error.code


levels = st.sampled_from(["a", "b.c", "a+b", "", "lotse", "(x)", "\\d", "ü", "a#"])
topics_of_a_few = st.lists(levels, min_size=1, max_size=4).map("/".join)
filters = st.builds(
    lambda parts, tail: "/".join([*parts, *tail]),
    st.lists(levels | st.just("+"), min_size=1, max_size=4),
    st.sampled_from([[], ["#"]]),
)


@given(filters | st.just("#"), topics_of_a_few)
def test_the_pattern_of_a_topic_filter_finds_what_the_filter_matches(topic_filter: str, topic: str) -> None:
    found = re.search(as_pattern(topic_filter), topic) is not None
    assert found == matches(topic_filter, topic)


def test_a_pattern_is_no_door_for_regular_expressions() -> None:
    assert re.search(as_pattern("a.c"), "abc") is None
    assert re.search(as_pattern("(a|b)*"), "ab") is None


def test_moments_are_those_of_receipt() -> None:
    assert a_letter(b"x").place == (NOON, digest_of(TOPIC, b"x"))
    assert a_letter(b"x").message.received_at == datetime(2026, 11, 23, 12, tzinfo=UTC)
