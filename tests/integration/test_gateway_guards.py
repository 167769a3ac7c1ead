"""What every request passes: its id, its limits, and pages of other origins."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import structlog
from factories_gateway import Gateway, open_gateway
from pydantic import SecretStr, ValidationError

from lotse_gateway.guards.keys import ApiKey, Scope, draw_key
from lotse_gateway.settings import GatewaySettings
from lotse_shared.settings import DatabaseSettings, SettingsError

NOWHERE = DatabaseSettings(dsn=SecretStr("postgresql://nobody:x@127.0.0.1:1/none"))
PAGE = "https://leitstelle.example"


@asynccontextmanager
async def _gateway(**settings: Any) -> AsyncIterator[tuple[Gateway, str, str]]:
    """A gateway without a database, with the keys of a viewer and of an operator."""
    made = [(draw_key(), scope) for scope in (Scope.VIEWER, Scope.OPERATOR)]
    async with open_gateway(NOWHERE, GatewaySettings(**settings)) as gateway:
        gateway.resources.keys.replace(
            [ApiKey(new.key_id, scope, new.secret_sha256, frozenset({scope})) for new, scope in made]
        )
        yield gateway, made[0][0].text, made[1][0].text


async def test_a_request_keeps_its_id_or_gets_one() -> None:
    async with _gateway() as (gateway, _, _), gateway.client(None) as client:
        for given in ("4711", "a:b.c_d-e", "x" * 64):
            answer = await client.get("/v1/signs", headers={"X-Request-ID": given})
            assert (answer.status_code, answer.headers["x-request-id"]) == (401, given)
            assert structlog.contextvars.get_contextvars()["request_id"] == given
        made = set()
        for given in ("", "x" * 65, "a b", "-a", "ü", "a\tb"):
            headers = [(b"x-request-id", given.encode("latin-1"))]
            made.add((await client.get("/healthz", headers=headers)).headers["x-request-id"])
        assert len(made) == 6
        assert {len(each) for each in made} == {32}


async def test_an_unexpected_error_carries_the_id_and_the_security_headers() -> None:
    async with _gateway() as (gateway, _, _):

        @gateway.app.get("/broken")
        async def broken() -> None:
            raise RuntimeError

        async with gateway.client(None) as client:
            answer = await client.get("/broken", headers={"X-Request-ID": "r1"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "r1")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_key_that_asks_too_often_is_refused_and_others_are_not() -> None:
    async with _gateway(max_requests_per_s=0.5) as (gateway, viewer, operator):
        async with gateway.client(viewer) as client:
            told = [await client.get("/v1/system") for _ in range(6)]
            display = await client.get("/v1/signs/S1/display")
        async with gateway.client(operator) as client:
            other = await client.get("/v1/system")
    assert [answer.status_code for answer in told] == [503] * 5 + [429]
    assert told[0].headers["ratelimit-policy"] == '"key";q=5;w=10'
    assert [answer.headers["ratelimit"].split(";")[1] for answer in told] == ["r=4", "r=3", "r=2", "r=1", "r=0", "r=0"]
    assert told[-1].json()["type"] == "/problems/too-many-requests"
    assert told[-1].headers["retry-after"] in ("1", "2")
    assert other.status_code == 503
    assert (display.status_code, "ratelimit" in display.headers) == (503, False)


async def test_sign_polls_have_a_limit_of_their_own() -> None:
    async with _gateway(max_polls_per_s=0.2) as (gateway, viewer, _), gateway.client(viewer) as client:
        told = [await client.get(f"/v1/signs/S{number}/display") for number in range(3)]
        other = await client.get("/v1/system")
    assert [answer.status_code for answer in told] == [503, 503, 429]
    assert told[-1].headers["ratelimit-policy"] == '"sign-polls";q=2;w=10'
    assert other.headers["ratelimit-policy"].startswith('"key"')


async def test_an_address_that_guesses_keys_is_refused_and_valid_keys_there_are_not() -> None:
    async with _gateway(max_refusals_per_min=3) as (gateway, viewer, _):
        guessed = []
        for _ in range(5):
            async with gateway.client(draw_key().text) as client:
                guessed.append(await client.get("/v1/system"))
        async with gateway.client(viewer) as client:
            valid = await client.get("/v1/system")
    assert [answer.status_code for answer in guessed] == [401] * 3 + [429] * 2
    assert "retry-after" in guessed[-1].headers
    assert valid.status_code == 503


async def test_a_query_is_bounded() -> None:
    async with _gateway(max_query_bytes=1024) as (gateway, viewer, _), gateway.client(viewer) as client:
        long = await client.get("/v1/signs?cursor=" + "x" * 1024)
        assert (long.status_code, long.json()["type"]) == (414, "/problems/address-too-long")
        assert (await client.get("/problems/address-too-long")).status_code == 200


async def _preflight(client: httpx.AsyncClient, origin: str) -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-api-key"}
    return await client.options("/v1/signs/S1", headers=asked)


async def test_pages_of_other_origins_may_not_ask_unless_they_are_named() -> None:
    async with _gateway() as (gateway, viewer, _), gateway.client(viewer) as client:
        assert (await _preflight(client, PAGE)).status_code == 405
        assert "access-control-allow-origin" not in (await client.get("/v1/signs", headers={"Origin": PAGE})).headers
    async with _gateway(cors_origins=[PAGE]) as (gateway, viewer, _), gateway.client(viewer) as client:
        allowed = await _preflight(client, PAGE)
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, PAGE)
        assert "access-control-allow-credentials" not in allowed.headers
        read = await client.get("/v1/signs", headers={"Origin": PAGE})
        assert read.headers["access-control-allow-origin"] == PAGE
        assert "Lotse-Fresh-Until" in read.headers["access-control-expose-headers"]
        assert (await _preflight(client, "https://elsewhere.example")).status_code == 400


async def test_a_preflight_needs_no_key() -> None:
    async with _gateway(cors_origins=[PAGE]) as (gateway, _, _), gateway.client(None) as client:
        assert (await _preflight(client, PAGE)).status_code == 200


@pytest.mark.parametrize("origin", ["*", "leitstelle.example", "https://a.example/page", "null"])
def test_an_origin_is_scheme_and_host(origin: str) -> None:
    with pytest.raises((SettingsError, ValidationError), match="CORS_ORIGINS"):
        GatewaySettings(cors_origins=[origin])
