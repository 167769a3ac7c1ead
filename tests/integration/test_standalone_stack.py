"""The whole stack: it starts, goes on with what it had, tells what is wrong in one line, and leaves no process behind.

The tests share one data folder, so that the database is made once; each starts and stops a stack of its own.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from processes_standalone import (
    DEMO,
    check_until_it_is_noticed,
    children_of,
    command_line,
    running_demo,
    unprivileged,
    wait_for_end,
)

from lotse_standalone import town
from lotse_standalone.machine import unprivileged as unprivileged_accounts
from lotse_standalone.machine.ports import LOOPBACK
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.servers.postgres import EmbeddedPostgres
from lotse_standalone.stack.registry import register
from lotse_standalone.stack.stack import Stack, StackOptions

UP = "Ctrl-C stops everything"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("stack") / "data"
    yield folder
    EmbeddedPostgres(folder / "postgres", 1).discard()


def accepts_connections(url: str) -> bool:
    port = httpx.URL(url).port
    assert port is not None
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def test_a_stack_serves_its_api_and_leaves_nothing_behind(folder: Path) -> None:
    before = set(children_of(os.getpid()))
    with Stack(StackOptions(folder)) as stack:
        stack.check()
        with stack.client() as client:
            system = client.get("/v1/system").raise_for_status().json()
        url, started = stack.gateway_url, [pid for pid in children_of(os.getpid()) if pid not in before]
    assert system["storage"]["backend"] == "postgresql"
    assert system["clock"] == "wall"
    wait_for_end(started)
    assert not accepts_connections(url)


def test_a_second_start_goes_on_with_the_data_and_the_key_of_the_first(folder: Path) -> None:
    with Stack(StackOptions(folder)) as stack, stack.client() as client:
        key = stack.key
        stack.import_links(town.FOLDER, "town")
        register(client, town.FOLDER)
        signs = client.get("/v1/signs").raise_for_status().json()["items"]
    assert len(signs) == len(json.loads((town.FOLDER / "signs.json").read_text()))
    with Stack(StackOptions(folder)) as stack, stack.client() as client:
        assert stack.key == key
        assert client.get("/v1/signs").raise_for_status().json()["items"] == signs


def test_a_key_that_the_database_does_not_know_is_replaced(folder: Path) -> None:
    (folder / "key").write_text("lotse_unknown_unknown\n")
    with Stack(StackOptions(folder)) as stack, stack.client() as client:
        assert client.get("/v1/system").is_success
        assert (folder / "key").read_text().strip() == stack.key


def test_a_service_that_cannot_start_is_named_with_its_reason_and_the_others_are_stopped(folder: Path) -> None:
    before = set(children_of(os.getpid()))
    with pytest.raises(StandaloneError, match=r"^routing ended by itself with code 1: .*routing\.log\)$") as caught:
        Stack(StackOptions(folder, settings={"LOTSE_ROUTING_SMOOTHING": "plenty"})).start()
    assert "\n" not in str(caught.value)
    assert set(children_of(os.getpid())) == before


def test_a_service_that_dies_is_named(folder: Path) -> None:
    with Stack(StackOptions(folder)) as stack:
        os.kill(stack.services["ingest"], signal.SIGKILL)
        with pytest.raises(StandaloneError, match=r"^ingest ended by itself with code -9: "):
            check_until_it_is_noticed(stack.check)


def test_what_the_gateway_refuses_to_register_is_told_in_its_words(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(town.FOLDER, tmp_path / "town")
    (tmp_path / "town" / "destinations.json").write_text('[{"destination_id": "X"}]')
    with (
        Stack(StackOptions(folder)) as stack,
        stack.client() as client,
        pytest.raises(StandaloneError, match=r"destinations\.json was refused: .*sign_text"),
    ):
        register(client, tmp_path / "town")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_the_demo_stops_cleanly_when_asked(folder: Path, number: signal.Signals) -> None:
    with running_demo("--data", folder) as demo:
        demo.wait_for(UP)
        started = demo.children()
        assert demo.end(number) == 0
        assert "stopped" in demo.lines[-1]
    wait_for_end(started)


@pytest.mark.parametrize("stage", ["lotse-demo", "postgres", "iotcore", "lotse-gateway"])
def test_the_demo_can_be_stopped_while_it_starts(folder: Path, stage: str) -> None:
    """Stages are told by the processes that are there."""
    with running_demo("--data", folder) as demo:
        demo.wait_for("starting")
        started: set[int] = set()
        while not any(stage in command_line(pid) for pid in [demo.process.pid, *started]):
            started |= set(demo.children())
        assert demo.end(signal.SIGINT) == 0
        assert "Traceback" not in "\n".join(demo.lines)
    wait_for_end(list(started))


@pytest.mark.parametrize("command", ["demo", "replay"])
def test_ctrl_c_while_a_command_is_still_loaded_ends_it_without_a_word(command: str) -> None:
    """The import of typer, which comes early, is where the signal arrives."""
    program = f"""
import importlib.abc, os, signal, sys
class Interrupts(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
from lotse_standalone import commands
commands.{command}()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_impatience_does_not_disturb_the_stopping(folder: Path) -> None:
    with running_demo("--data", folder) as demo:
        demo.wait_for("phase:")
        started = demo.children()
        demo.process.send_signal(signal.SIGINT)
        demo.wait_for("stopping")
        demo.process.send_signal(signal.SIGTERM)
        assert demo.end(signal.SIGINT) == 0
    wait_for_end(started)


def test_a_demo_whose_service_dies_says_so_in_one_line_and_stops_the_rest(folder: Path) -> None:
    with running_demo("--data", folder) as demo:
        demo.wait_for("phase:")
        started = demo.children()
        (ingest,) = (pid for pid in started if "lotse-ingest" in command_line(pid))
        os.kill(ingest, signal.SIGKILL)
        line = demo.wait_for("lotse-demo:")
        assert demo.process.wait() == 1
    assert line.startswith("lotse-demo: ingest ended by itself with code -9")
    wait_for_end(started)


def test_a_network_that_cannot_be_imported_is_told_in_the_imports_words(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.osm").write_text("<osm><node")
    with (
        Stack(StackOptions(folder)) as stack,
        pytest.raises(StandaloneError, match=r"^lotse-routing failed: .*broken\.osm.*commands\.log\)$"),
    ):
        stack.import_osm(tmp_path / "broken.osm")


def test_the_curl_example_works_as_pasted(folder: Path) -> None:
    with running_demo("--data", folder) as demo:
        example = demo.wait_for("for example").removeprefix("for example").strip()
        assert len(example) < 200
        demo.wait_for("phase:")
        told = subprocess.run(
            ["sh", "-c", f"{example} --silent --fail --retry 5 --retry-all-errors"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert demo.end(signal.SIGINT) == 0
    assert json.loads(told.stdout)["schema"] == 1


def test_a_key_is_made_by_hand_as_the_welcome_says(folder: Path) -> None:
    with running_demo("--data", folder) as demo:
        export = demo.wait_for("export LOTSE_DATABASE_DSN").removeprefix("database").strip()
        create = f"{DEMO.with_name('lotse-gateway')} create-key --name sign --scope sign --sign S1"
        made = subprocess.run(["sh", "-c", f"{export}; {create}"], capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        assert made.stdout.startswith("lotse_")
        assert (folder / "dsn").stat().st_mode & 0o777 == 0o600
        assert demo.end(signal.SIGINT) == 0
    assert not (folder / "dsn").exists()


def test_a_killed_demo_leaves_nothing_behind_and_the_next_one_recovers(folder: Path) -> None:
    with running_demo("--data", folder) as demo:
        demo.wait_for(UP)
        started = demo.children()
        demo.end(signal.SIGKILL)
    key = (folder / "key").read_text()
    with Stack(StackOptions(folder)) as stack, stack.client() as client:
        wait_for_end(started)
        assert f"{stack.key}\n" == key
        assert client.get("/v1/signs").raise_for_status().json()["items"]


@pytest.mark.parametrize("option", ["--gateway-port", "--broker-port", "--database-port"])
def test_a_port_in_use_is_one_clear_line(folder: Path, option: str) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run([DEMO, "--data", folder, option, str(port)], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert re.fullmatch(rf"lotse-demo: port {port} .* choose another with {option}\n", ended.stderr)


def test_one_port_for_two_servers_is_one_clear_line(folder: Path) -> None:
    command: list[str | Path] = [DEMO, "--data", folder, "--gateway-port", "18080", "--broker-port", "18080"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "lotse-demo: --gateway-port and --broker-port are both 18080: give each a port of its own\n"


def test_a_second_demo_on_the_same_folder_is_one_clear_line(folder: Path) -> None:
    with Stack(StackOptions(folder)):
        ended = subprocess.run([DEMO, "--data", folder], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert re.fullmatch(r"lotse-demo: another Lotse already runs on .*\n", ended.stderr)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--osm", "/no/such.osm"], r"lotse-demo: there is no file /no/such.osm: .*\n"),
        (["--report", "/proc/report.json"], r"lotse-demo: /proc/report.json cannot be written .*\n"),
        (["--data", "/proc/data"], r"lotse-demo: /proc/data cannot be written .*\n"),
    ],
)
def test_files_that_cannot_be_used_are_one_clear_line(arguments: list[str], line: str, tmp_path: Path) -> None:
    ended = subprocess.run([DEMO, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ended.returncode == 1
    assert re.fullmatch(line, ended.stderr)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; without root, every test is one")
def test_the_demo_runs_without_root() -> None:
    data = unprivileged_accounts.OPEN_FOLDER.parent / f"lotse-test-{os.getpid()}"
    data.mkdir()
    nobody = int(unprivileged()[2])
    os.chown(data, nobody, nobody)
    try:
        with running_demo("--data", data, as_nobody=True) as demo:
            demo.wait_for(UP)
            started = demo.children()
            owners = {Path(f"/proc/{pid}").stat().st_uid for pid in started}
            assert demo.end(signal.SIGINT) == 0
        wait_for_end(started)
        assert owners == {nobody}
    finally:
        shutil.rmtree(data)
