"""HTTP and PostgreSQL over TLS, with real certificates: good ones are taken, all others refused with their reason."""

import asyncio
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import add_decision, add_network, beat
from factories_tls import Authority, Certificate
from fastapi import FastAPI
from fixtures.absent import absent
from prometheus_client import REGISTRY
from pydantic import SecretStr
from structlog.testing import capture_logs

from lotse_gateway.serve import open_resources
from lotse_gateway.settings import GatewaySettings
from lotse_shared.certificates import tell_shown
from lotse_shared.database import AWAY, connect, open_pool
from lotse_shared.problems import Unavailable
from lotse_shared.renewal import Renewal
from lotse_shared.run import run_service
from lotse_shared.settings import BrokerSettings, ClockSettings, DatabaseSettings, HttpSettings, SettingsError
from lotse_shared.tls import show, trust
from lotse_shared.wire_texts import TextsAnswer, TextsRequest
from lotse_standalone.machine.ports import LOOPBACK, free_port
from lotse_standalone.machine.unprivileged import account_for_servers

NOWHERE = DatabaseSettings(dsn=SecretStr("postgresql://nobody:x@127.0.0.1:1/none"))


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ours")


@pytest.fixture
def foreign(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "foreign")


def an_app() -> FastAPI:
    app = FastAPI()

    @app.post("/internal/texts/check")
    async def check(_: TextsRequest) -> TextsAnswer:
        return TextsAnswer(texts=[])

    return app


@asynccontextmanager
async def served(shown: Certificate) -> AsyncIterator[str]:
    """A service behind this certificate."""

    async def until_stopped(stop: asyncio.Event) -> None:
        await stop.wait()

    http = HttpSettings(port=free_port(), tls_cert=shown.cert, tls_key=shown.key)
    service = asyncio.create_task(run_service(an_app(), http, {"loop": until_stopped}))
    while True:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, http.port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            break
    try:
        yield f"https://{LOOPBACK}:{http.port}"
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await service


async def ask(url: str, ca: Path | None) -> int:
    settings = GatewaySettings(routing_url=url, internal_ca=ca)
    async with open_resources(NOWHERE, settings, ClockSettings()) as resources:
        return len((await resources.routing.check_texts(TextsRequest(texts=[]))).texts)


async def test_the_gateway_asks_routing_over_tls_and_only_whom_its_ca_vouches_for(
    ours: Authority, foreign: Authority
) -> None:
    async with served(ours.issue()) as url:
        assert await ask(url, ours.file) == 0
        for ca in (foreign.file, None):
            with pytest.raises(Unavailable, match="routing does not answer") as refused:
                await ask(url, ca)
            assert "CERTIFICATE_VERIFY_FAILED" in str(refused.value.__cause__)


@pytest.mark.parametrize("fault", ["another name", "expired"])
async def test_a_wrong_certificate_of_routing_is_refused(fault: str, ours: Authority) -> None:
    shown = ours.issue("routing.example") if fault == "another name" else ours.issue(expired=True)
    async with served(shown) as url:
        with pytest.raises(Unavailable) as refused:
            await ask(url, ours.file)
        words = {"another name": "not valid for '127.0.0.1'", "expired": "certificate has expired"}
        assert words[fault] in str(refused.value.__cause__)


async def test_old_protocols_and_plain_text_get_no_answer(ours: Authority) -> None:
    old = trust(ours.file)
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with served(ours.issue()) as url:
        async with httpx.AsyncClient(verify=old) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(url)
        async with httpx.AsyncClient() as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(url.replace("https", "http"))


def serial_seen(port: int, ca: Path) -> str:
    """The serial number that a server shows now."""
    with (
        socket.create_connection((LOOPBACK, port)) as plain,
        trust(ca).wrap_socket(plain, server_hostname=LOOPBACK) as connection,
    ):
        shown = connection.getpeercert()
    assert shown is not None
    return str(shown["serialNumber"])


async def test_a_renewed_certificate_is_taken_while_connections_go_on(ours: Authority) -> None:
    shown = ours.issue()
    context = show(shown.cert, shown.key)
    echoing = await asyncio.start_server(_echo, LOOPBACK, 0, ssl=context)
    port = echoing.sockets[0].getsockname()[1]
    renewal = Renewal(context, shown.cert, shown.key)
    reader, writer = await asyncio.open_connection(LOOPBACK, port, ssl=trust(ours.file))
    first = await asyncio.to_thread(serial_seen, port, ours.file)
    renewal.look()
    assert await asyncio.to_thread(serial_seen, port, ours.file) == first
    os.truncate(shown.cert, 0)  # half-way through being replaced
    renewal.look()
    assert await asyncio.to_thread(serial_seen, port, ours.file) == first
    ours.renew(shown)
    renewal.look()
    assert await asyncio.to_thread(serial_seen, port, ours.file) != first
    writer.write(b"still there\n")
    assert await reader.readline() == b"still there\n"
    writer.close()
    echoing.close()


def told_end() -> float | None:
    return REGISTRY.get_sample_value("lotse_certificate_expiry_timestamp_seconds", {"of": "http"})


def test_the_end_of_the_certificate_in_use_is_told(ours: Authority) -> None:
    soon, late = (datetime(year, 3, 1, 12, tzinfo=UTC) for year in (2027, 2051))  # the second is written another way
    shown = ours.issue(ends_at=soon)
    context = show(shown.cert, shown.key)
    renewal = Renewal(context, shown.cert, shown.key)
    assert told_end() == soon.timestamp()
    os.truncate(shown.cert, 0)
    renewal.look()
    assert told_end() == soon.timestamp()
    ours.renew(shown, ends_at=late)
    renewal.look()
    assert told_end() == late.timestamp()


def test_of_a_chain_the_first_to_end_is_told(ours: Authority) -> None:
    late, soon = (ours.issue(ends_at=datetime(year, 3, 1, tzinfo=UTC)) for year in (2040, 2030))
    late.cert.write_bytes(late.cert.read_bytes() + soon.cert.read_bytes())
    tell_shown(late.cert)
    assert told_end() == datetime(2030, 3, 1, tzinfo=UTC).timestamp()


def test_files_that_become_readable_without_being_written_again_are_taken(ours: Authority, tmp_path: Path) -> None:
    shown = ours.issue()
    context = show(shown.cert, shown.key)
    renewal = Renewal(context, shown.cert, shown.key)
    ours.renew(shown)
    written_ns = shown.key.stat().st_mtime_ns
    aside = shown.key.rename(tmp_path / "aside.pem")
    shown.key.mkdir()  # as root reads whatever the permissions say, this stands for a file that may not be read
    os.utime(shown.key, ns=(written_ns, written_ns))
    with capture_logs() as logs:
        renewal.look()
        renewal.look()
        shown.key.rmdir()
        aside.rename(shown.key)
        renewal.look()
    told = [entry["event"] for entry in logs]
    assert told == ["the renewed certificate cannot be used, the old one stays", "certificate renewed"]


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readline())
    writer.close()


async def test_files_that_cannot_be_used_are_told_before_anything_starts(
    ours: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, empty = ours.issue(), ours.issue(), tmp_path / "empty.pem"
    empty.touch()
    refused: dict[str, Callable[[], object]] = {
        "LOTSE_HTTP_.*belong together": lambda: HttpSettings(port=1, tls_cert=one.cert),
        "KEY_VALUES_MISMATCH": lambda: HttpSettings(port=1, tls_cert=one.cert, tls_key=two.key),
        "No such file": lambda: HttpSettings(port=1, tls_cert=tmp_path / "none", tls_key=one.key),
        "LOTSE_GATEWAY_INTERNAL_CA: .*no certificates can be read": lambda: GatewaySettings(internal_ca=empty),
        "LOTSE_BROKER_TLS_CA: .*No such file": lambda: BrokerSettings(tls=True, tls_ca=tmp_path / "none"),
        "set LOTSE_BROKER_TLS=true": lambda: BrokerSettings(tls_ca=ours.file),
    }
    for words, make in refused.items():
        with pytest.raises(SettingsError, match=words):
            make()
    monkeypatch.setenv("LOTSE_BROKER_TLS", "true")
    monkeypatch.setenv("LOTSE_BROKER_TLS_CA", str(ours.file))
    assert BrokerSettings().tls_ca == ours.file


@contextmanager
def program(*command: str, log: Path, **environment: str) -> Iterator[None]:
    """A program of ours, its words in a file."""
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, *command], env=os.environ | environment, stdout=output, stderr=output
        )
    try:
        yield
    finally:
        running.kill()
        running.wait(10)


async def until_said(log: Path, words: str) -> None:
    deadline = time.monotonic() + 30
    while words not in log.read_text():  # noqa: ASYNC240 - a small file
        assert time.monotonic() < deadline, log.read_text()  # noqa: ASYNC240
        await asyncio.sleep(0.05)


async def test_a_sign_gets_its_display_from_a_gateway_over_tls(
    ours: Authority, foreign: Authority, database: DatabaseSettings, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    await add_network(connection)
    await connection.execute("insert into sign (sign_id, link_id) values ('S1', 'A-B-0')")
    await add_decision(connection)
    await beat(connection)
    shown, port, dsn = ours.issue(), str(free_port()), database.dsn.get_secret_value()
    key = tmp_path / "key"
    made = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "lotse_gateway", "create-key", "--name", "S1", "--scope", "sign", "--sign", "S1"],
        env=os.environ | {"LOTSE_DATABASE_DSN": dsn},
        capture_output=True,
        check=True,
    )
    key.write_bytes(made.stdout)
    environment = {
        "LOTSE_DATABASE_DSN": dsn,
        "LOTSE_HTTP_PORT": port,
        "LOTSE_HTTP_TLS_CERT": str(shown.cert),
        "LOTSE_HTTP_TLS_KEY": str(shown.key),
    }
    sign = "from lotse_standalone.signs.program import main; main()"
    options = ["--url", f"https://{LOOPBACK}:{port}", "--key-file", str(key), "--sign", "S1", "--ca-file"]
    with program("-m", "lotse_gateway", "serve", log=tmp_path / "gateway", **environment):
        for ca, words in ((ours.file, "STREET BC | GESPERRT"), (foreign.file, "no answer")):
            log = tmp_path / f"sign-{ca.parent.name}"
            with program("-c", sign, *options, str(ca), log=log):
                await until_said(log, words)


@pytest.fixture
def encrypted_dsn(ours: Authority) -> Iterator[str]:
    """Debian's PostgreSQL with a certificate for its address; the embedded one was built without TLS."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    if programs is None:
        absent("a PostgreSQL that speaks TLS", "install Debian's package postgresql")
    account, port = account_for_servers(), free_port()
    own: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []}
    become = {} if account.uid is None else own
    with tempfile.TemporaryDirectory(prefix="lotse-tls-") as name:
        folder, data = Path(name), Path(name) / "data"
        shown = ours.issue()
        for file, copy in ((shown.cert, folder / "ours.pem"), (shown.key, folder / "ours.key")):
            shutil.copy(file, copy)
            copy.chmod(0o600)
            account.own(copy)
        account.own(folder)
        initdb: list[str | Path] = [programs / "initdb", "-D", data, "-U", "lotse", "--auth=trust", "-N"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **become)
        settings = {
            "listen_addresses": LOOPBACK,
            "port": port,
            "unix_socket_directories": "",
            "ssl": "on",
            "ssl_cert_file": folder / "ours.pem",
            "ssl_key_file": folder / "ours.key",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd=folder, **become
            )
        try:
            wait_for_postgres(port, folder / "log")
            yield f"postgresql://lotse@{LOOPBACK}:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)


def wait_for_postgres(port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while b"ready to accept connections" not in log.read_bytes():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    socket.create_connection((LOOPBACK, port)).close()


async def test_the_database_proves_who_it_is(encrypted_dsn: str, ours: Authority, foreign: Authority) -> None:
    def settings(ca: Path, host: str = LOOPBACK) -> DatabaseSettings:
        text = f"{encrypted_dsn}?sslmode=verify-full&sslrootcert={ca}".replace(LOOPBACK, host, 1)
        return DatabaseSettings(dsn=SecretStr(text))

    is_encrypted = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
    opened = await connect(settings(ours.file), "test")
    assert await opened.fetchval(is_encrypted)
    await opened.close()
    async with open_pool(settings(ours.file), "test") as pool:
        assert await pool.fetchval(is_encrypted)
    for wrong, words in (
        (settings(foreign.file), "unable to get local issuer"),
        (settings(ours.file, "localhost"), "not valid for 'localhost'"),
    ):
        with pytest.raises(AWAY, match=words):
            await connect(wrong, "test")
