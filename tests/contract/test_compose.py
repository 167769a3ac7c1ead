"""docker-compose.yml against the Compose specification, and against our own rules."""

import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"


def test_it_obeys_the_compose_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_every_published_port_is_on_loopback() -> None:
    ports = re.findall(r"^ *ports: \[(.*)\]$", COMPOSE.read_text(), re.MULTILINE)
    assert ports
    assert all(port.strip('" ').startswith("127.0.0.1:") for line in ports for port in line.split(","))


@pytest.mark.parametrize("image", re.findall(r"image: (\S+:\S+)", COMPOSE.read_text()))
def test_every_foreign_image_is_pinned(image: str) -> None:
    assert re.search(r":v?\d+\.\d+\.\d+", image), image


def test_no_password_has_a_default_or_stands_in_an_environment() -> None:
    text = COMPOSE.read_text()
    assert not re.findall(r"\$\{\w*PASSWORD:?-", text)
    assert not re.findall(r"^ +\w*(?:PASSWORD|DSN): ", text, re.MULTILINE)
    assert re.findall(r"^ +\w*(?:PASSWORD|DSN)_FILE: ", text, re.MULTILINE)


def test_passwords_are_drawn_once_and_differ(tmp_path: Path) -> None:
    script = yaml_block("secrets").replace("/run/lotse", str(tmp_path)).replace("chown ", "true ")
    first, second = [run_and_read(script, tmp_path) for _ in range(2)]
    assert first == second
    assert len({first["database-password"], first["broker-password"]}) == 2
    assert all(re.fullmatch(r"[0-9a-f]{48}", first[name]) for name in ("database-password", "broker-password"))
    assert first["database-dsn"] == f"postgresql://lotse:{first['database-password']}@database:5432/lotse"


def yaml_block(service: str) -> str:
    """The shell script of a service, as the container gets it."""
    block = COMPOSE.read_text().partition(f"  {service}:\n")[2].partition("      - |\n")[2]
    lines = takewhile(lambda line: line.startswith(" " * 8), block.splitlines())
    return "\n".join(line[8:] for line in lines).replace("$$", "$")


def run_and_read(script: str, folder: Path) -> dict[str, str]:
    subprocess.run(["/bin/sh", "-ec", script], check=True, capture_output=True)
    return {file.name: file.read_text().strip() for file in folder.iterdir()}


def test_routing_has_a_standby() -> None:
    routing = COMPOSE.read_text().partition("\n  routing:\n")[2].partition("\n  gateway:\n")[0]
    assert "replicas: 2" in routing


def test_everything_that_stays_has_a_limit_and_a_health_check() -> None:
    text = COMPOSE.read_text()
    for service in ("database", "broker", "ingest", "routing", "gateway"):
        block = re.split(r"\n  \w", text.partition(f"\n  {service}:\n")[2])[0]
        assert "memory: " in block, service
        assert "healthcheck:" in block, service


def test_the_one_who_writes_to_a_fresh_volume_may() -> None:
    writer = COMPOSE.read_text().partition("  broker-users:\n")[2].partition("\n  broker:\n")[0]
    assert "broker-secrets:/mosquitto/secrets]" in writer
    assert 'user: "0:0"' in writer  # Docker makes the folder of a volume that no image has as root
    assert "chown 1883:1883 /mosquitto/secrets/passwords" in writer


def test_the_database_is_healthy_only_once_it_answers_where_services_ask() -> None:
    assert re.search(r'"pg_isready", "-h", "127\.0\.0\.1"', COMPOSE.read_text())
