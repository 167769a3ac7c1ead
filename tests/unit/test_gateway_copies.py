"""Copies of links: the filters choose as PostgreSQL does."""

import json

from lotse_gateway.recall.copies import Links


def _feature(link_id: str, level: str, *points: tuple[float, float]) -> tuple[str, str]:
    properties = {"link_id": link_id, "level_of_service": level, "lanes": 1}
    geometry = {"type": "LineString", "coordinates": points}
    return link_id, json.dumps({"type": "Feature", "id": link_id, "geometry": geometry, "properties": properties})


LINKS = Links(
    "v1",
    [
        _feature("A-B-0", "free", (7.70, 49.40), (7.71, 49.40)),
        _feature("B-C-0", "jam", (7.71, 49.40), (7.72, 49.40)),
        _feature("D-C-0", "jam", (7.71, 49.41), (7.72, 49.40)),
    ],
)


def test_all_of_them_come_in_their_order_as_they_were_composed() -> None:
    assert list(LINKS.find(None, None, None)) == LINKS.features
    assert list(LINKS.find("A-B-0", None, None)) == LINKS.features[1:]
    assert list(LINKS.find("B-B-9", None, None)) == LINKS.features[1:]


def test_a_level_and_a_box_choose() -> None:
    def found(box: tuple[float, float, float, float] | None, *levels: str) -> list[str]:
        return [link_id for link_id, _ in LINKS.find(None, box, levels or None)]

    assert found(None, "jam") == ["B-C-0", "D-C-0"]
    assert found(None, "slow", "free") == ["A-B-0"]
    assert found((7.70, 49.40, 7.705, 49.40)) == ["A-B-0"]
    assert found((7.71, 49.40, 7.71, 49.40)) == ["A-B-0", "B-C-0", "D-C-0"], "touching is enough, as in PostgreSQL"
    assert found((7.70, 49.405, 7.715, 49.42), "jam") == ["D-C-0"]
    assert found((8, 50, 9, 51)) == []
