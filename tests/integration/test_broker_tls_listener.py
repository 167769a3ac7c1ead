"""The deployed TLS listener on a real Mosquitto: the same accounts and rights, for those who trust its certificate."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixtures.absent import absent
from fixtures.brokers import DEPLOYED, Mosquitto

from lotse_standalone.machine.ports import LOOPBACK, free_port

pytestmark = pytest.mark.mosquitto


@pytest.fixture
def tls_port(tmp_path: Path) -> Iterator[int]:
    """A Mosquitto with mosquitto.conf and tls.conf one after the other, as docker-compose.tls.yml runs it."""
    if missing := [name for name in ("mosquitto", "mosquitto_pub", "openssl") if shutil.which(name) is None]:
        absent(", ".join(missing), "install Debian's packages mosquitto, mosquitto-clients and openssl")
    make_certificate(tmp_path, "server")
    make_certificate(tmp_path, "another")
    accounts = tmp_path / "accounts"
    accounts.touch(0o600)
    subprocess.run(["mosquitto_passwd", "-b", accounts, "KL-17", "secret"], check=True, capture_output=True)
    port, plain = free_port(), free_port()
    text = "".join((DEPLOYED.parent / name).read_text() for name in ("mosquitto.conf", "tls.conf"))
    text = text.replace("listener 1883", f"listener {plain} {LOOPBACK}").replace("listener 8883", f"listener {port}")
    text = text.replace("/mosquitto/config/", f"{DEPLOYED.parent}/").replace("/mosquitto/data/", f"{tmp_path}/")
    broker = Mosquitto(tmp_path, plain, text.replace("/mosquitto/tls/", f"{tmp_path}/"))
    broker.start()
    yield port
    broker.stop()


def make_certificate(folder: Path, name: str) -> None:
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += [
        "-keyout",
        str(folder / f"{name}.key"),
        "-out",
        str(folder / f"{name}.crt"),
        "-days",
        "1",
        "-subj",
        "/CN=broker",
    ]
    subprocess.run([*command, "-addext", f"subjectAltName=IP:{LOOPBACK}"], check=True, capture_output=True)


def publish(port: int, trusted: Path, password: str = "secret") -> int:
    command = ["mosquitto_pub", "-V", "5", "-h", LOOPBACK, "-p", str(port), "--cafile", str(trusted)]
    command += ["-u", "KL-17", "-P", password, "-q", "1", "-t", "lotse/v1/readings/KL-17", "-m", "{}"]
    return subprocess.run(command, check=False, capture_output=True, timeout=20).returncode


def test_a_device_that_trusts_the_certificate_publishes(tls_port: int, tmp_path: Path) -> None:
    assert publish(tls_port, tmp_path / "server.crt") == 0


def test_one_that_trusts_another_does_not(tls_port: int, tmp_path: Path) -> None:
    assert publish(tls_port, tmp_path / "another.crt") != 0


def test_passwords_hold_there_too(tls_port: int, tmp_path: Path) -> None:
    assert publish(tls_port, tmp_path / "server.crt", password="of another") != 0
