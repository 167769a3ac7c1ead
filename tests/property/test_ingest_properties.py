"""What holds for any input of ingest."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random

from factories_ingest import LIMITS, NOON, judge_once, make_message, make_site
from hypothesis import given
from hypothesis import strategies as st

from lotse_ingest.batch import BatchReading, Item
from lotse_ingest.dead_letters import Cause, Envelope, dead_letter
from lotse_ingest.decode import Dialects
from lotse_ingest.decode.delimited_settings import DelimitedSettings
from lotse_ingest.decode.fiware import FiwareSettings
from lotse_ingest.judge import Judge, Moment
from lotse_ingest.judge.site import Site
from lotse_ingest.judge.verdict import Judged
from lotse_ingest.ledger import add_up, tell_outcomes
from lotse_ingest.messages import DecodeError, RefusedElement, Watermark
from lotse_ingest.privacy import screen
from lotse_shared.reading import Reading

numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
readings = st.builds(
    Reading,
    detector_id=st.sampled_from(["A", "B", "C"]),
    measured_at=moments,
    interval_s=st.floats(0.1, 86_400),
    vehicle_count=numbers | st.sampled_from([0.0, -1.0, 5000.0]),
    heavy_count=numbers,
    mean_speed_kmh=numbers | st.floats(0, 300),
    occupancy_pct=numbers | st.floats(0, 100),
    seq=st.none() | st.integers(0, 2**63 - 1),
)
registered = st.builds(
    make_site,
    lanes=st.integers(1, 12),
    interval_s=st.floats(1, 900),
    max_speed_kmh=st.floats(1, 300),
    max_flow_vehh_per_lane=st.floats(1, 5000),
    neighbours=st.lists(st.sampled_from(["A", "B", "C"])),
    failed_at=st.none() | st.just(NOON),
)
sites = st.none() | registered
moments_of_judgement = st.builds(Moment, st.none(), st.none() | moments)
DIALECTS = Dialects(
    [
        FiwareSettings(filter="fiware/+/flow", dialect="fiware", interval_s=60),
        DelimitedSettings.model_validate(
            {
                "filter": "lines/+",
                "dialect": "delimited",
                "fields": {"detector_id": "d", "vehicle_count": "n", "seq": "s"},
                "time": {"columns": ["t"], "zone": "Europe/Berlin", "marks": "start"},
                "interval_s": 60,
            }
        ),
    ],
    max_payload_bytes=1_000_000,
)
topics = st.sampled_from(
    ["lotse/v1/readings/A", "lotse/v1/batches/S", "lotse/v1/watermark", "fiware/A/flow", "lines/A"]
) | st.text(max_size=40)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "detector_id": st.sampled_from(["A", "a b", "A\n"]) | json_values,
        "measured_at": st.datetimes(timezones=st.timezones()).map(datetime.isoformat) | json_values,
        "interval_s": st.floats() | json_values,
        "vehicle_count": json_values,
        "seq": json_values,
        "id": st.sampled_from(["A", "urn:ngsi-ld:TrafficFlowObserved:A"]) | json_values,
        "type": st.just("TrafficFlowObserved") | json_values,
        "dateObserved": st.datetimes(timezones=st.timezones()).map(datetime.isoformat) | json_values,
        "intensity": json_values | st.fixed_dictionaries({"value": json_values}),
        "laneId": json_values,
        "data": st.lists(json_values),
        "body": json_values,
        "covers_until": st.datetimes(timezones=st.timezones()).map(datetime.isoformat) | json_values,
    },
)
cells = (
    st.sampled_from(["A", "1", "2024-10-27T02:30", "2024-03-31T02:30", "2026-11-23T07:10:00Z", "9" * 400, '"'])
    | st.datetimes(timezones=st.none() | st.timezones()).map(datetime.isoformat)
    | st.text(max_size=9)
)
lines = st.lists(st.lists(cells, min_size=1, max_size=5).map(";".join), max_size=9)
payloads = (
    st.binary()
    | lines.map(lambda rows: "\n".join(["d;t;n;s;x", *rows]).encode())
    | (json_values | bodies | st.lists(bodies)).map(lambda value: json.dumps(value).encode())
    | st.integers(1, 20_000).map(lambda depth: b'{"a":' * depth)
    | st.integers(1, 20_000).map(lambda depth: b"[" * depth)
)


def is_part_of(raw: bytes, payload: bytes) -> bool:
    """A line comes with the header of its message."""
    return all(line in payload for line in raw.splitlines())


@given(topics, payloads)
def test_decoding_raises_nothing_but_its_own_error_and_loses_no_bytes(topic: str, payload: bytes) -> None:
    try:
        elements = DIALECTS.decode(topic, payload)
    except DecodeError as error:
        elements = [RefusedElement(error, payload)]
    assert elements
    for index, element in enumerate(elements):
        if isinstance(element, Reading):
            assert is_part_of(DIALECTS.cut(topic, payload, index), payload)
            assert element.measured_at.tzinfo is UTC
        elif isinstance(element, RefusedElement):
            assert is_part_of(element.raw, payload)
            assert element.error.reason
            assert element.error.allowed


@given(readings, sites, moments_of_judgement)
def test_judging_again_says_the_same_and_raw_values_stay(reading: Reading, site: Site | None, moment: Moment) -> None:
    verdict = judge_once(reading, site, moment)
    assert judge_once(verdict.reading, site, moment) == verdict
    assert verdict.reading is reading


@given(readings, sites, moments_of_judgement)
def test_without_a_past_a_corrected_value_is_the_raw_one_or_none_and_none_has_a_code(
    reading: Reading, site: Site | None, moment: Moment
) -> None:
    verdict = judge_once(reading, site, moment)
    pairs = [
        (verdict.vehicle_count, reading.vehicle_count),
        (verdict.mean_speed_kmh, reading.mean_speed_kmh),
        (verdict.occupancy_pct, reading.occupancy_pct),
    ]
    assert all(corrected in (None, raw) for corrected, raw in pairs)
    if any(corrected != raw for corrected, raw in pairs):
        assert set(verdict.rule_codes) - {"U1", "L1"}


minutes = st.integers(0, 40)
near_readings = st.builds(
    Reading,
    detector_id=st.sampled_from(["A", "B"]),
    measured_at=minutes.map(lambda minute: NOON + timedelta(minutes=minute)),
    interval_s=st.sampled_from([60.0, 60.0, 300.0]),
    vehicle_count=st.sampled_from([None, -1.0, 0.0, 5.0, 5.0, 6.0, 5000.0]),
    mean_speed_kmh=st.sampled_from([None, -1.0, 50.0, 50.0, 60.0, 120.0]),
    occupancy_pct=st.sampled_from([None, 10.0, 90.0, 100.0, 100.0, 101.0]),
)
"""Of few values and minutes, so that runs, gaps, late ones and substitutes are common."""
TWO_LANES = {"A": make_site(neighbours=["B"]), "B": make_site(neighbours=["A"])}


def verdicts_on(judge: Judge, sequence: Iterable[Reading], covers_until: datetime | None = None) -> list[Judged]:
    """What a judge of two lanes that stand in for each other says, whatever the clock."""
    moment = Moment(None, covers_until)
    judged = [judge.judge(reading, TWO_LANES[reading.detector_id], moment) for reading in sequence]
    return [verdict for verdict in judged if isinstance(verdict, Judged)]


@given(st.lists(near_readings, max_size=60), st.none() | minutes)
def test_whatever_came_before_a_corrected_value_is_the_raw_one_none_or_a_marked_substitute(
    sequence: list[Reading], covered: int | None
) -> None:
    covers_until = None if covered is None else NOON + timedelta(minutes=covered)
    for verdict in verdicts_on(Judge(LIMITS, TWO_LANES.get), sequence, covers_until):
        codes, reading = set(verdict.rule_codes), verdict.reading
        is_substitute = bool(codes & {"S1", "S2"})
        assert (verdict.quality_pct < 100) == is_substitute
        assert len(codes) == len(verdict.rule_codes)
        assert not is_substitute or codes - {"S1", "S2", "L1"}
        assert verdict.vehicle_count in (None, 0.0, 5.0, 6.0)
        assert verdict.mean_speed_kmh in (None, 50.0, 60.0, 120.0)
        assert verdict.occupancy_pct is None or 0 <= verdict.occupancy_pct <= 100
        if not is_substitute:
            assert verdict.vehicle_count in (None, reading.vehicle_count)
            assert verdict.mean_speed_kmh in (None, reading.mean_speed_kmh)
            assert verdict.occupancy_pct in (None, reading.occupancy_pct)
        if not codes - {"L1"}:
            assert (verdict.vehicle_count, verdict.mean_speed_kmh) == (reading.vehicle_count, reading.mean_speed_kmh)


@given(
    st.lists(near_readings, max_size=40, unique_by=lambda reading: (reading.detector_id, reading.measured_at)),
    st.randoms(),
)
def test_late_and_resent_readings_change_no_verdict_on_others_in_whatever_order_they_come(
    some: list[Reading], random: Random
) -> None:
    in_order = sorted((reading for reading in some), key=lambda reading: (reading.measured_at, reading.detector_id))
    mixed: list[tuple[Reading, bool]] = []
    for place, reading in enumerate(in_order):
        mixed.append((reading, True))
        past = [one for one in in_order[: place + 1] if one.detector_id == reading.detector_id]
        mixed += [(one, False) for one in random.sample(past, random.randint(0, len(past)))]
    judge = Judge(LIMITS, TWO_LANES.get)
    kept = [verdict for one, counts in mixed for verdict in verdicts_on(judge, [one]) if counts]
    assert kept == verdicts_on(Judge(LIMITS, TWO_LANES.get), in_order)


@given(st.lists(near_readings, max_size=200))
def test_the_memory_of_a_detector_is_bounded(sequence: list[Reading]) -> None:
    judge = Judge(LIMITS, TWO_LANES.get)
    verdicts_on(judge, sequence)
    held = [one for one in held_by(judge) if isinstance(one, Reading)]
    assert len(held) <= 3 * len({reading.detector_id for reading in sequence})


def held_by(judge: Judge) -> list[object]:
    """Whatever the judge holds on to, directly or not."""
    found, todo = [], [getattr(memory, name) for memory in judge._memories.values() for name in memory.__slots__]  # noqa: SLF001 - a bound on the inside
    while todo:
        one = todo.pop()
        found.append(one)
        if isinstance(one, Judged):
            todo.append(one.reading)
        assert not isinstance(one, list | dict | set | tuple)
    return found


@given(readings, sites, moments_of_judgement)
def test_corrected_values_are_plausible(reading: Reading, site: Site | None, moment: Moment) -> None:
    verdict = judge_once(reading, site, moment)
    assert verdict.vehicle_count is None or verdict.vehicle_count >= 0
    assert verdict.mean_speed_kmh is None or 0 <= verdict.mean_speed_kmh <= (site.max_speed_kmh if site else 254)
    assert verdict.occupancy_pct is None or 0 <= verdict.occupancy_pct <= 100
    assert verdict.vehicle_count != 0 or verdict.mean_speed_kmh is None


def _as_item(reading: Reading) -> BatchReading:
    return BatchReading(judge_once(reading, None, Moment(None)), make_message(), 0)


letters = st.builds(
    lambda kind, payload, hours, is_reading: dead_letter(
        Cause(kind, "code", "reason", None),
        payload,
        Envelope(make_message(received_at=NOON + timedelta(hours=hours)), 10, is_reading=is_reading),
    ),
    st.sampled_from(["rejected", "quarantined"]),
    st.binary(max_size=2),
    st.integers(0, 3),
    st.booleans(),
)
items = st.lists(readings.map(_as_item) | letters | moments.map(Watermark), max_size=40)


@given(items, st.randoms(use_true_random=False))
def test_the_ledger_accounts_for_every_reading_once(batch: list[Item], random: object) -> None:
    resent = [item for item in batch if isinstance(item, BatchReading) and random.random() < 0.5]  # type: ignore[attr-defined] # hypothesis' Random
    digests = {item.digest for item in batch if hasattr(item, "digest")}
    new_digests = {digest for digest in digests if random.random() < 0.5}  # type: ignore[attr-defined]
    outcomes = tell_outcomes(batch, resent, new_digests)
    accounts = add_up(batch, outcomes).values()
    counted = [item for item in batch if isinstance(item, BatchReading) or getattr(item, "is_reading", False)]
    assert sum(account.received for account in accounts) == len(counted)
    readings_in_batch = sum(isinstance(item, BatchReading) for item in batch)
    assert sum(account.stored for account in accounts) == readings_in_batch - len(resent)
    assert all(
        account.received == account.stored + account.duplicate + account.quarantined + account.rejected
        for account in accounts
    )


@given(st.binary() | payloads, st.text(max_size=40))
def test_a_dead_letter_never_holds_what_the_screen_finds(payload: bytes, topic: str) -> None:
    for personal in (b"", b'{"x":"KL-AB 123"', b"aa:bb:cc:dd:ee:ff", b'"licensePlate":'):
        message = make_message(topic=topic, payload=payload + b"\n" + personal)
        letter = dead_letter(Cause("rejected", "value", "reason", "A"), message.payload, Envelope(message, 10_000_000))
        assert screen(letter.payload) is None
        assert letter.payload in (b"", message.payload)
        assert (letter.reason_code == "privacy") >= bool(personal)
