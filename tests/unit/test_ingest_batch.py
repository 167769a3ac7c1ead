"""Batches, their ledger and their dead letters."""

import asyncio
from datetime import datetime, timedelta

import pytest
from factories_ingest import NOON, SITE, judge_once, make_message, make_reading
from prometheus_client import CollectorRegistry

from lotse_ingest.batch import Batch, BatchReading, Item, Linger, first_of_each, newest_felt
from lotse_ingest.dead_letters import DeadLetter, Envelope, digest_of, rejected
from lotse_ingest.inbox import Inbox
from lotse_ingest.ledger import add_up, tell_outcomes
from lotse_ingest.messages import DecodeError, Received, Refusal, Watermark
from lotse_ingest.metrics import Metrics
from lotse_ingest.settings import IngestSettings
from lotse_shared.settings import SettingsError

LINGER = Linger(max_messages=10, max_bytes=1000, linger_s=0.02, quiet_s=0.002)
ERROR = DecodeError(Refusal.JSON, "payload", "not JSON", "JSON")


def make_item(*, is_known: bool = True, received_at: datetime = NOON, **changes: object) -> BatchReading:
    verdict = judge_once(make_reading(**changes), SITE if is_known else None)
    return BatchReading(verdict, make_message(received_at=received_at), 0)


def make_letter(payload: bytes = b"bad", *, is_reading: bool = True, detector_id: str | None = None) -> DeadLetter:
    error = DecodeError(Refusal.JSON, "payload", "not JSON", "JSON", detector_id)
    return rejected(error, payload, Envelope(make_message(), 100, is_reading=is_reading))


@pytest.mark.parametrize(
    ("messages", "size_bytes", "oldest_s", "newest_s", "expected_s"),
    [
        (10, 0, 0, 0, 0),  # many
        (1, 1000, 0, 0, 0),  # large
        (1, 0, 0.02, 0, 0),  # the oldest has waited
        (5, 0, 0.01, 0.002, 0),  # nothing more comes
        (5, 0, 0.01, 0.0005, 0.0015),
        (5, 0, 0.0195, 0, 0.0005),
    ],
)
def test_a_batch_is_due_when_full_or_old_or_nothing_more_comes(
    messages: int, size_bytes: int, oldest_s: float, newest_s: float, expected_s: float
) -> None:
    assert LINGER.wait_s(messages, size_bytes, oldest_s, newest_s) == pytest.approx(expected_s)


def test_of_equal_keys_the_first_wins_and_keys_are_sorted() -> None:
    first, second, other = make_item(seq=1), make_item(seq=2), make_item(detector_id="A")
    assert list(first_of_each([first, second, other]).values()) == [other, first]


def test_the_state_is_the_newest_that_may_be_felt() -> None:
    newer = NOON + timedelta(minutes=1)
    items = [
        make_item(measured_at=newer),
        make_item(),
        make_item(measured_at=newer + timedelta(minutes=1), is_known=False),
        make_item(detector_id="A"),
    ]
    assert [item.key for item in newest_felt(items, [])] == [("A", NOON), ("KL-17", newer)]


def test_each_item_has_one_outcome() -> None:
    letter, again = make_letter(), make_letter()
    reading = make_item()
    resent = make_item(seq=2)
    items: list[Item] = [reading, resent, letter, again, Watermark(NOON), make_letter(is_reading=False)]
    outcomes = tell_outcomes(items, [resent], [letter.digest])
    assert outcomes == ["stored", "duplicate", "rejected", "duplicate", None, None]


def test_what_the_tables_had_before_is_a_duplicate() -> None:
    resent = make_item()
    assert tell_outcomes([resent, make_letter()], [resent], []) == ["duplicate", "duplicate"]


def test_accounts_are_by_hour_and_detector_and_sorted() -> None:
    later = NOON + timedelta(hours=1, minutes=5)
    items: list[Item] = [make_item(received_at=later), make_item(), make_letter(), make_letter(b"x", detector_id="B")]
    accounts = add_up(items, ["stored", "stored", "rejected", "rejected"])
    next_hour = NOON + timedelta(hours=1)
    assert list(accounts) == [(NOON, None), (NOON, "B"), (NOON, "KL-17"), (next_hour, "KL-17")]
    assert [counts.received for counts in accounts.values()] == [1, 1, 1, 1]


def test_halves_keep_the_order() -> None:
    items = tuple(make_item(seq=number) for number in range(5))
    first, second = Batch(items).halves()
    assert first.items + second.items == items


def test_a_long_payload_is_cut_but_known_by_its_whole() -> None:
    letter = rejected(ERROR, b"a" * 150, Envelope(make_message(), 100))
    assert letter.payload == b"a" * 100
    assert letter.digest == digest_of("topic", b"a" * 150)
    assert letter.payload_bytes == 150
    assert "first 100 of 150 bytes" in letter.reason


def test_nul_is_replaced_where_postgresql_cannot_hold_it() -> None:
    assert "\0" not in rejected(ERROR, b"\0", Envelope(make_message(topic="a\0b"), 100)).topic


def test_the_name_of_a_personal_field_may_be_no_text_at_all() -> None:
    letter = rejected(ERROR, rb'{"\ud800plate": 1}', Envelope(make_message(), 100))
    assert letter.reason_code == "privacy"
    assert letter.reason.encode().startswith(b"?plate: ")


def test_topic_and_payload_cannot_be_shifted_into_one_another() -> None:
    assert digest_of("a", b"bc") != digest_of("ab", b"c")


def make_inbox(max_messages: int = 4, max_bytes: int = 1000) -> Inbox:
    return Inbox(LINGER, max_messages, max_bytes, Metrics(CollectorRegistry()))


@pytest.mark.parametrize(
    "messages", [[make_message()] * 4, [make_message(b"x" * 1000)], [make_message(b"", "x" * 500)] * 2]
)
async def test_a_full_inbox_says_so_and_calls_back_once_there_is_room(messages: list[Received]) -> None:
    inbox = make_inbox()
    calls: list[str] = []
    fill = []
    for message in messages:
        inbox.put([message])
        fill.append(inbox.is_full)
    assert fill == [False] * (len(messages) - 1) + [True]
    inbox.when_room(lambda: calls.append("room"))
    assert await inbox.take() == messages
    assert not inbox.is_full
    inbox.put([make_message()])
    await inbox.take()
    assert calls == ["room"]


async def test_take_waits_for_a_message_and_gives_the_rest_after_close() -> None:
    inbox = make_inbox()
    taking = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    assert not taking.done()
    inbox.put([make_message()])
    assert await taking == [make_message()]
    inbox.put([make_message(b"last")])
    inbox.close()
    assert await inbox.take() == [make_message(b"last")]
    assert await inbox.take() == []


def test_a_queue_smaller_than_what_is_in_flight_is_refused() -> None:
    with pytest.raises(SettingsError, match="receive_maximum"):
        IngestSettings(queue_messages=10, receive_maximum=11)


def test_the_subscription_is_shared_only_when_told() -> None:
    assert IngestSettings().subscriptions == ["lotse/v1/#"]
    assert IngestSettings(share_group="ingest", slot=2).subscriptions == ["$share/ingest/lotse/v1/#"]
    assert IngestSettings(slot=2).session_id == "lotse-ingest-2"
