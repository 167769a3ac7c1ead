"""Lotse as guidance on the demo town: the real services, minute by minute, without SUMO."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from evaluation.line.lotse import Lotse
from evaluation.nouns import Knowledge, Message, Minute
from factories_evaluation_line import a_knowledge, a_reading, town_city

from lotse_standalone.stack.gateway import list_all

JAMMED, CLOSED = "L3-L4-0", "L2-L3-0"
STATIONS = {f"D{number}": edge for number, edge in enumerate(("S2-R12-0", "R12-L1-0", "L1-L2-0", JAMMED), 1)}
SIGNS = {"S1": "L1-L2-0"}
ALL_ALONG = ("L1-L2-0", "L2-L3-0", "L3-L4-0", "L4-A06-0", "A06-A07-0")
Seen = list[tuple[dict[str, tuple[str, ...]], tuple[Message, ...], dict[str, Any]]]


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    return a_knowledge(town_city(tmp_path_factory.mktemp("town"), STATIONS, SIGNS, {"WALL": "A06-A07-0"}))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the prepared folder is kept: it is made by the first that wants it."""
    return tmp_path_factory.mktemp("prepared")


def a_minute(knowledge: Knowledge, number: int, *, jammed: bool = False, closed: Sequence[str] = ()) -> Minute:
    readings = tuple(a_reading(knowledge.city, station, number, jammed=jammed) for station in knowledge.city.stations)
    return Minute(60 * number, readings, frozenset(closed))


def some_minutes(knowledge: Knowledge) -> Iterator[Minute]:
    """Two quiet minutes, three in a jam, three with a street closed, two quiet ones."""
    for number in range(1, 11):
        yield a_minute(knowledge, number, jammed=3 <= number < 6, closed=[CLOSED] if 6 <= number < 9 else [])


def lived(knowledge: Knowledge, prepared: Path, logs: Path) -> Seen:
    """What signs said after each minute, to whom, and the decisions behind it, newest first."""
    seen: Seen = []
    with Lotse(knowledge, prepared, logs) as lotse:
        for minute in some_minutes(knowledge):
            lotse.update(minute)
            shown = {sign_id: tuple(lines) for sign_id, lines in lotse.shown().items()}
            seen.append((shown, lotse.messages("S1"), {}))
        decisions = list(list_all(lotse.client, "/v1/signs/S1/decisions"))
        seen[-1] = (*seen[-1][:2], {"decisions": [_without_ids(decision) for decision in decisions]})
        assert lotse.details["messages_left_out"] == {}
    return seen


def _without_ids(decision: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in decision.items() if name != "decision_id"}


def test_equal_minutes_give_equal_decisions_and_a_closure_is_announced_and_ended(
    knowledge: Knowledge, prepared: Path, tmp_path: Path
) -> None:
    first, second = (lived(knowledge, prepared, tmp_path / name) for name in ("first", "second"))
    assert first == second
    says = [shown.get("S1") for shown, _, _ in first]
    assert says[:2] == [None, None]
    assert all(told is not None and "GESPERRT" in told[0] for told in says[5:8]), says
    assert says[8:] == [None, None]
    (message,) = first[5][1]
    assert {CLOSED, JAMMED} <= message.avoids
    way = message.way((*ALL_ALONG, "A07-P1-0"))
    assert way is not None
    assert way[0] == ALL_ALONG[0]
    assert CLOSED not in way
    assert way[-1] == "A07-P1-0"
    assert (tmp_path / "first" / "routing.log").exists()
