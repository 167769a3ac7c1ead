"""What registered things mention must exist."""

from typing import Any

from lotse_gateway.answers.references import Fault, Known, Mention, list_missing
from lotse_gateway.writes.nouns import CORRIDORS, DESTINATIONS, DETECTORS, SIGNS, Noun
from lotse_gateway.writes.registry import parse_rows

KNOWN = Known({"A-B-0": ("A", "B"), "B-C-0": ("B", "C"), "D-C-0": ("D", "C")}, frozenset({"A"}), frozenset({"S1"}))


def test_each_missing_thing_is_named_with_its_field_and_kind() -> None:
    mentions = [
        Mention("link", "A-B-0", "links.0"),
        Mention("link", "X", "links.1"),
        Mention("junction", "A", "node_id"),
        Mention("junction", "Z", "node_id"),
        Mention("sign", "S1", "signs.0"),
        Mention("destination", "CENTRUM", "destinations.0"),
    ]
    faults = list_missing(mentions, KNOWN, index=4)
    assert [(fault.index, fault.field) for fault in faults] == [(4, "links.1"), (4, "node_id"), (4, "destinations.0")]
    assert "link 'X'" in faults[0].reason
    assert "active network" in faults[0].reason


def test_every_id_in_a_row_is_a_mention() -> None:
    rows: list[tuple[Noun[Any], dict[str, Any], set[str]]] = [
        (DETECTORS, {"detector_id": "D1", "link_id": "L1"}, {"L1"}),
        (DETECTORS, {"detector_id": "D1"}, set()),
        (DESTINATIONS, {"destination_id": "X", "name": "", "sign_text": "X", "node_id": "N"}, {"N"}),
        (SIGNS, {"sign_id": "S1", "link_id": "L1", "destinations": ["X", "Y"]}, {"L1", "X", "Y"}),
        (
            CORRIDORS,
            {"corridor_id": "U1", "links": ["L1", "L2"], "signs": ["S1"], "destinations": ["X"]},
            {"S1", "X"},
        ),
    ]
    for noun, body, ids in rows:
        row = noun.body.model_validate(body)
        assert {mention.noun_id for mention in noun.mentions(row)} == ids


def test_bad_rows_are_named_and_good_ones_kept() -> None:
    rows = [{"detector_id": "D1"}, {"detector_id": "D 2", "lanes": 0}, 7, {"detector_id": "D1"}, {"detector_id": "D3"}]
    good, faults = parse_rows(DETECTORS, rows)
    assert [index for index, _ in good] == [0, 4]
    assert [(fault.index, fault.field) for fault in faults] == [
        (1, "detector_id"),
        (1, "lanes"),
        (2, "row"),
        (3, "detector_id"),
    ]
    assert "row 0 already" in faults[-1].reason


def test_a_fault_reads_well() -> None:
    assert str(Fault("link_id", "is unknown", 3)) == "row 3, link_id: is unknown"
    assert str(Fault("link_id", "is unknown")) == "link_id: is unknown"
