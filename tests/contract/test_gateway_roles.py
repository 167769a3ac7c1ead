"""Every operation, asked by every role, answers what the table in `roles_gateway` says; without a database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories_gateway import Gateway, open_gateway
from pydantic import SecretStr
from roles_gateway import HELD, IN, OPERATIONS, ROLES

from lotse_gateway.guards.keys import ApiKey, Scope, draw_key
from lotse_gateway.live.events import Event, Position
from lotse_gateway.settings import GatewaySettings
from lotse_shared.settings import DatabaseSettings

NOWHERE = DatabaseSettings(dsn=SecretStr("postgresql://nobody:x@127.0.0.1:1/none"))
"""Who may do what is known without it; who is let in learns that it is away."""
SIGN = "S1"


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with open_gateway(NOWHERE, GatewaySettings(max_refusals_per_min=1_000)) as opened:
        opened.hub.end(
            Event("bye", {}, Position(0, 0))
        )  # who may listen is told so at once, and does not listen for ever
        yield opened


def _keys() -> dict[str, tuple[ApiKey, str]]:
    made = {}
    over = datetime.now(UTC) - timedelta(seconds=1)
    for role, scope in HELD.items():
        new = draw_key()
        sign = (SIGN if role == "own sign" else "S2") if scope is Scope.SIGN else None
        key = ApiKey(new.key_id, role, new.secret_sha256, frozenset({scope}), sign)
        if role == "expired":
            key = replace(key, expires_at=over)
        if role == "revoked":
            key = replace(key, revoked_at=over)
        made[role] = (key, new.text)
    return made


def _operations(gateway: Gateway) -> dict[str, tuple[str, str, dict[str, Any]]]:
    return {
        operation["operationId"]: (method, path, operation)
        for path, methods in gateway.app.openapi()["paths"].items()
        for method, operation in methods.items()
    }


async def test_every_operation_has_its_line_and_every_line_its_operation(gateway: Gateway) -> None:
    """Add what is missing to OPERATIONS in tests/roles_gateway.py: its name, and who may do it."""
    assert set(_operations(gateway)) == set(OPERATIONS)


@pytest.mark.parametrize("operation_id", OPERATIONS)
async def test_each_role_is_answered_as_the_table_says(operation_id: str, gateway: Gateway) -> None:
    method, path, operation = _operations(gateway)[operation_id]
    keys = _keys()
    gateway.resources.keys.replace([key for key, _ in keys.values()])
    called = path.replace("{sign_id}", SIGN).replace("{", "X-").replace("}", "")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    told = {}
    for role in ROLES:
        async with gateway.client(keys[role][1] if role in keys else None) as client:
            status = (await client.request(method, called, json=body)).status_code
        assert status != 500, role
        told[role] = status if status in (401, 403) else IN
    assert told == dict(zip(ROLES, OPERATIONS[operation_id], strict=True))
