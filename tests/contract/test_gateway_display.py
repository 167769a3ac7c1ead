"""The display as the field notes (6) have it: the body we document, the one we test with, the one that is served."""

import json
from typing import Any

import asyncpg
import httpx
import jsonschema
from factories_gateway import Gateway, a_sign, add_decision, beat, display_body, post_all

from lotse_gateway.models.decisions import DisplayBody
from lotse_gateway.openapi import compose_example

MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
MAYBE = {"anyOf": [MOMENT, {"type": "null"}]}
COUNT = {"type": "integer", "minimum": 1}
FIELDS: dict[str, Any] = {
    "schema": {"const": 1},
    "sign": {"type": "string"},
    "epoch": COUNT,
    "seq": COUNT,
    "plan": {"type": "string", "pattern": "^sha256:[0-9a-f]+$"},
    "state": {"enum": ["blank", "detour", "fallback"]},
    "ttl_s": {"type": "number", "exclusiveMinimum": 0},
    "poll_s": {"type": "number", "exclusiveMinimum": 0},
    "hold_until": MAYBE,
    "valid_until": MAYBE,
    "priority": {"type": "integer", "minimum": 0, "maximum": 10},
    "source": {"type": "string"},
    "lines": {"type": "array", "items": {"type": "string"}},
    "destinations": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "string"},
                "arrow": {"enum": ["left", "straight", "right", None]},
                "via": {"type": ["string", "null"]},
                "delay_min": {"type": ["integer", "null"], "minimum": 0},
            },
            "additionalProperties": False,
        },
    },
    "fallback": {"const": "blank"},
}
SCHEMA = {"type": "object", "required": list(FIELDS), "properties": FIELDS, "additionalProperties": False}


def test_the_documented_example_is_a_display() -> None:
    schema = DisplayBody.model_json_schema(by_alias=True, mode="serialization")
    example = compose_example({"$ref": "DisplayBody"}, schema.pop("$defs") | {"DisplayBody": schema})
    jsonschema.validate(example, SCHEMA)


def test_the_documented_model_takes_what_routing_composes() -> None:
    body = display_body()
    jsonschema.validate(json.loads(body), SCHEMA)
    assert DisplayBody.model_validate_json(body).lines == ["STREET BC", "GESPERRT", "FOLGE U12"]


async def test_what_is_served_is_a_display(
    gateway: Gateway, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "signs", [a_sign("S1")])
    await add_decision(connection)
    await beat(connection)
    await gateway.refresh()
    answer = await admin.get("/v1/signs/S1/display")
    jsonschema.validate(answer.json(), SCHEMA)
    assert answer.headers["etag"].startswith('"')
    assert MOMENT["pattern"][1:5] == r"\d{4"
