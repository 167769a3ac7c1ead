"""Texts in a town's own words through the gateway: refused when they are saved, not on the road."""

from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_destination, a_sign, post_all

from lotse_gateway.guards.keys import Scope

OWN = {"lines": [["{street} GESPERRT", "{street} ZU"], ["FOLGE {corridor}", "UMLEITUNG"]]}
PATH = "/v1/text-templates/de/closed"
CLOSED = {"kind": "closed", "street": "Lauterstraße", "corridor": "U12"}


async def test_a_template_is_saved_read_replaced_and_deleted_with_a_trace(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "signs", [a_sign("S1")])
    assert (await admin.get(PATH)).status_code == 404
    saved = await admin.put(PATH, json=OWN)
    assert (saved.status_code, saved.json()["lines"]) == (201, OWN["lines"]), saved.text
    assert (await admin.get(PATH)).json() == saved.json()
    assert (await admin.get("/v1/text-templates")).json() == {"items": [saved.json()]}
    assert (await admin.put(PATH, json={"lines": [["ZU"]]})).status_code == 200
    for _ in range(2):
        assert (await admin.delete(PATH)).status_code == 204
    rows = await connection.fetch(
        "select action, noun_id from audit_event where noun = 'text_template' order by audit_id"
    )
    assert [tuple(row) for row in rows] == [("save", "de/closed"), ("save", "de/closed"), ("delete", "de/closed")]


@pytest.mark.parametrize(
    ("lines", "field", "reason"),
    [
        (
            [["{street} IST HEUTE ZU"]],
            "body.lines.0",
            "'HAUPTSTR. IST HEUTE ZU' has 22 characters; allowed: 16 (a sign of 3 x 16)",
        ),
        ([["{strasse}"]], "body.lines.0.0", "allowed: {street}, {cause}"),
        ([["{street} {cause} {corridor}"]], "body.lines.0.0", "3 units of information; allowed: 2 a line"),
        ([["{street} ZU"], ["{street} ZU"], ["X"]], "body.lines", "5 units of information; allowed: 4 in all"),
        ([["ZIEL {destination}"]], "body.lines.0", "'ZIEL HAUPTBAHNHOF' has 17 characters"),
        ([], "body.lines", "at least 1"),
        ([[]], "body.lines.0", "at least 1"),
    ],
)
async def test_a_template_that_does_not_fit_every_sign_and_name_is_refused(
    lines: list[Any], field: str, reason: str, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "destinations", [a_destination(sign_text="Hauptbahnhof")])
    await post_all(admin, "signs", [a_sign("S1"), a_sign("S2", line_chars=30)])
    answer = await admin.put(PATH, json={"lines": lines})
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert reason in answer.json()["errors"][0]["reason"]
    assert await connection.fetchval("select count(*) from text_template") == 0


async def test_signs_to_come_are_looked_at_where_their_size_is_told(admin: httpx.AsyncClient) -> None:
    assert (await admin.put(PATH, json=OWN | {"sizes": [{"line_count": 2, "line_chars": 8}]})).status_code == 422
    assert (await admin.put(PATH, json=OWN)).status_code == 201


async def test_a_preview_shows_the_words_of_now_and_those_to_try(admin: httpx.AsyncClient) -> None:
    await post_all(admin, "signs", [a_sign("S1"), a_sign("S2", charset="ascii")])

    async def preview(sign: str, **body: Any) -> dict[str, Any]:
        answer = await admin.post(f"/v1/signs/{sign}/preview", json={"message": CLOSED} | body)
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    built_in = await preview("S1")
    assert built_in == {"lines": ["LAUTERSTR.", "GESPERRT", "FOLGE U12"], "is_templated": False, "faults": []}
    tried = await preview("S1", template=[["NACH {corridor}"]])
    assert (tried["lines"], tried["is_templated"]) == (["NACH U12"], True)
    await admin.put(PATH, json=OWN)
    assert (await preview("S1"))["lines"] == ["LAUTERSTR. ZU", "FOLGE U12"]
    muehle = CLOSED | {"street": "Mühlweg"}
    assert (await preview("S2", message=muehle))["lines"] == ["MUEHLWEG ZU", "FOLGE U12"]
    assert (await admin.post("/v1/signs/X/preview", json={"message": CLOSED})).status_code == 404


async def test_operators_do_not_save_templates(gateway: Gateway) -> None:
    async with gateway.client(await gateway.key(Scope.OPERATOR)) as operator:
        assert (await operator.put(PATH, json=OWN)).status_code == 403
