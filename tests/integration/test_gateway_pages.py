"""Pages of filtered lists: joined, they are the list, whatever the filter and the size."""

import random
from typing import Any

import httpx
import pytest
from factories_gateway import a_detector, a_roadwork, a_sign, post_all

from lotse_gateway.routes.boxes import Box

DRAW = random.Random(20261123)
BOXES = [Box(7.70, 49.40, 7.71, 49.41), Box(7.705, 49.4, 7.705, 49.42), Box(7.60, 49.3, 7.80, 49.5), Box(8, 50, 9, 51)]


def _somewhere() -> dict[str, Any]:
    return {"lon": round(DRAW.uniform(7.695, 7.72), 3), "lat": round(DRAW.uniform(49.395, 49.415), 3)}


DETECTORS = [a_detector(f"{DRAW.choice('ABab_.:-'[:4])}{number}", link_id=None, **_somewhere()) for number in range(40)]
SIGNS = [a_sign(f"S{number}", **_somewhere()) for number in range(25)]


def _is_in(row: dict[str, Any], box: Box) -> bool:
    return bool(box.west <= row["lon"] <= box.east and box.south <= row["lat"] <= box.north)


async def _walk(client: httpx.AsyncClient, path: str, **params: Any) -> list[dict[str, Any]]:
    """Give the items of all pages."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        answer = await client.get(path, params=params | ({} if cursor is None else {"cursor": cursor}))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= params["limit"]
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 3, 7, 40])
@pytest.mark.parametrize("box", BOXES)
async def test_pages_in_a_box_neither_skip_nor_repeat(box: Box, limit: int, admin: httpx.AsyncClient) -> None:
    for noun, rows in (("detectors", DETECTORS), ("signs", SIGNS)):
        await post_all(admin, noun, rows)
        name = f"{noun.removesuffix('s')}_id"
        expected = {row[name] for row in rows if _is_in(row, box)}
        found = [item[name] for item in await _walk(admin, f"/v1/{noun}", bbox=",".join(map(str, box)), limit=limit)]
        assert (len(found), set(found)) == (len(expected), expected)
        whole = [item[name] for item in await _walk(admin, f"/v1/{noun}", limit=1000)]
        assert found == [each for each in whole if each in expected]


@pytest.mark.parametrize("limit", [1, 4, 50])
async def test_pages_of_roadworks_neither_skip_nor_repeat(limit: int, admin: httpx.AsyncClient) -> None:
    for number in range(18):
        day = f"2027-01-{number + 1:02}T00:00:00Z"
        body = a_roadwork(
            roadwork_id=f"B{number}", approve=False, starts_at=day, links=["A-B-0" if number % 3 else "D-C-0"]
        )
        assert (await admin.post("/v1/roadworks", json=body)).status_code == 201
    found = await _walk(
        admin, "/v1/roadworks", bbox="7.69,49.39,7.705,49.405", to="2027-01-10T00:00:00Z", status="draft", limit=limit
    )
    assert [item["roadwork_id"] for item in found] == sorted(f"B{n}" for n in range(9) if n % 3)
