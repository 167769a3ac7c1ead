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
