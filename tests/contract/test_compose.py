"""docker-compose.yml against the Compose specification, and against our own rules."""

import re
import subprocess
import sys
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
    assert re.search(r":\d+\.\d+\.\d+", image), image


def test_no_password_has_a_default() -> None:
    assert not re.findall(r"\$\{\w*PASSWORD:?-", COMPOSE.read_text())


def test_the_one_who_writes_to_a_fresh_volume_may() -> None:
    writer = COMPOSE.read_text().partition("  broker-users:\n")[2].partition("\n  broker:\n")[0]
    assert "broker-secrets:/mosquitto/secrets]" in writer
    assert 'user: "0:0"' in writer  # Docker makes the folder of a volume that no image has as root
    assert "chown 1883:1883 /mosquitto/secrets/passwords" in writer


def test_the_database_is_healthy_only_once_it_answers_where_services_ask() -> None:
    assert re.search(r'"pg_isready", "-h", "127\.0\.0\.1"', COMPOSE.read_text())
