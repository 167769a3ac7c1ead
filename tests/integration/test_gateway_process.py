"""The commands of the gateway as real processes."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from email.utils import parsedate_to_datetime
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import a_detector, add_decision, add_network, beat
from processes_gateway import environment_of, serving, wait_until

from lotse_shared.settings import DatabaseSettings
from lotse_standalone.machine.ports import free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres

DSN_FORM = "postgresql://user:password@host:port/database"


def _run(*arguments: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "lotse_gateway", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def _post(url: str, headers: dict[str, str], body: dict[str, Any]) -> int:
    return httpx.post(url, headers=headers, json=body).status_code


async def test_the_date_of_an_answer_is_never_of_a_second_ago(database: DatabaseSettings) -> None:
    """Signs reckon from it how long what they show is fresh."""
    with serving(database) as gateway:
        async with httpx.AsyncClient(base_url=gateway.url) as client:
            until_s = time.time() + 2.2
            while (asked_s := time.time()) < until_s:
                told = (await client.get("/healthz")).headers.get_list("date")
                assert [parsedate_to_datetime(date).timestamp() >= int(asked_s) for date in told] == [True]


async def test_a_key_is_printed_once_and_opens_the_running_gateway(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await add_network(connection)
    with serving(database) as gateway:
        url, process = gateway.url, gateway.process
        made = _run("create-key", "--name", "demo", "--scope", "admin", environment=environment_of(database))
        assert (made.returncode, made.stderr) == (0, "")
        key = made.stdout.removesuffix("\n")
        assert key.count("\n") == 0
        headers = {"Authorization": f"Bearer {key}"}
        assert wait_until(f"{url}/v1/system", headers).json()["name"] == "lotse"
        assert _post(f"{url}/v1/detectors", headers, a_detector()) == 201
        await connection.execute("insert into sign (sign_id, link_id) values ('S1', 'A-B-0')")
        await beat(connection)
        body = await add_decision(connection)
        shown = wait_until(f"{url}/v1/signs/S1/display", headers)
        assert shown.content == body
        assert "date" in shown.headers
        metrics = wait_until(f"{url}/metrics").text
        assert 'lotse_gateway_displays_total{status="200"}' in metrics
        assert 'lotse_gateway_requests_total{method="POST",route="/v1/detectors",status="201"} 1.0' in metrics
        assert "lotse_gateway_decision_to_memory_seconds_count 1.0" in metrics
        assert "lotse_gateway_sensor_to_sign_seconds_count 1.0" in metrics
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    stored = await connection.fetchval("select api_key::text from api_key")
    assert key.split("_")[1] in stored
    assert key.split("_", 2)[2] not in stored
    assert await connection.fetchval("select key_id from audit_event where noun = 'api_key'") == "command-line"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--name", "x", "--scope", "sign"], "a sign and the scope sign belong together"),
        (["--name", "x", "--scope", "viewer", "--sign", "S1"], "a sign and the scope sign belong together"),
    ],
)
def test_a_key_that_could_not_be_of_use_is_refused(
    arguments: list[str], words: str, database: DatabaseSettings
) -> None:
    refused = _run("create-key", *arguments, environment=environment_of(database))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert words in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_what_is_missing_is_one_clear_line() -> None:
    key = ["create-key", "--name", "x", "--scope", "admin"]
    path = {"PATH": os.environ["PATH"]}
    nowhere = path | {"LOTSE_DATABASE_DSN": f"postgresql://lotse:x@127.0.0.1:{free_port()}/lotse"}
    cases = [
        (key, path, f"LOTSE_DATABASE_DSN: Field required ({DSN_FORM})"),
        (key, nowhere, f"check LOTSE_DATABASE_DSN, {DSN_FORM}"),
        (key, path | {"LOTSE_DATABASE_DSN": "localhost"}, f"check LOTSE_DATABASE_DSN, {DSN_FORM}"),
        (["serve"], path, "LOTSE_DATABASE_DSN: Field required"),
        (["serve"], nowhere, "LOTSE_HTTP_PORT: Field required"),
    ]
    for arguments, environment, words in cases:
        refused = _run(*arguments, environment=environment)
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1), refused.stderr
        assert words in refused.stderr


async def test_a_database_that_is_not_migrated_is_told(plain_postgres: EmbeddedPostgres) -> None:
    environment = {"PATH": os.environ["PATH"], "LOTSE_DATABASE_DSN": plain_postgres.dsn("template1")}
    refused = _run("create-key", "--name", "x", "--scope", "admin", environment=environment)
    assert (refused.returncode, refused.stderr) == (1, "the database is not prepared: run lotse-migrate first\n")


async def _count_becomes(connection: asyncpg.Connection, query: str, wanted: int) -> None:
    async with asyncio.timeout(20):
        while await connection.fetchval(query) != wanted:
            await connection.execute("select pg_sleep(0.05)")


async def test_an_export_whose_client_goes_away_ends_its_query(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await connection.execute("select ensure_partition('reading', '2026-03-02')")
    await connection.execute(
        "insert into reading (detector_id, measured_at, interval_s, received_at)"
        " select 'D' || d, timestamptz '2026-03-02Z' + m * interval '1 minute', 60, now()"
        " from generate_series(1, 200) d, generate_series(1, 1439) m"
    )
    running = (
        "select count(*) from pg_stat_activity where application_name = 'lotse-gateway-export' and state <> 'idle'"
        " and backend_type = 'client backend'"
    )
    with serving(database) as gateway:
        url = gateway.url
        key = _run(
            "create-key", "--name", "v", "--scope", "viewer", environment=environment_of(database)
        ).stdout.strip()
        headers = {"Authorization": f"Bearer {key}"}
        wait_until(f"{url}/v1/system", headers)
        path = f"{url}/v1/export/readings?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z"
        with httpx.stream("GET", path, headers=headers) as answer:
            assert answer.status_code == 200
            pieces = answer.iter_bytes(1000)  # held: the connection ends with it
            next(pieces)
            await _count_becomes(connection, running, 1)  # it waits for us to take more
        await _count_becomes(connection, running, 0)
        async with httpx.AsyncClient(timeout=60) as client:
            whole = await client.get(path, headers=headers)
        assert whole.text.count("\n") == 1 + 200 * 1439
