"""docker-compose.yml against the Compose specification, and against our own rules."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with check-jsonschema; its stubs are not worth a package
from fixtures.absent import absent

from lotse_standalone import town

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
WHOLE: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
SERVICES: dict[str, dict[str, Any]] = WHOLE["services"]
STAY = [name for name, service in SERVICES.items() if service.get("restart") == "unless-stopped"]
OWNERS = {"70:70": "timescale", "1883:1883": "eclipse-mosquitto", "65534:65534": "prom", "472:472": "grafana"}
"""Whose account each number is: the image, up to a slash or colon. Our own image has its own in the recipe."""


@pytest.mark.parametrize("file", ["docker-compose.yml", "docker-compose.tls.yml"])
def test_it_obeys_the_compose_specification(file: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(ROOT / file)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_every_published_port_is_on_loopback() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("image", sorted({service["image"] for service in SERVICES.values()} - {"lotse"}))
def test_every_foreign_image_is_pinned(image: str) -> None:
    assert re.search(r":v?\d+\.\d+\.\d+", image), image


def test_no_password_has_a_default_or_stands_in_an_environment() -> None:
    assert not re.findall(r"\$\{\w*PASSWORD:?-", COMPOSE.read_text())
    names = [name for service in SERVICES.values() for name in service.get("environment", {})]
    secrets = [name for name in names if "PASSWORD" in name or "DSN" in name]
    assert secrets
    assert all(name.endswith("_FILE") for name in secrets)


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_as_root_or_writes_to_its_root(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "cap_add" not in service
    if service["image"] == "lotse":
        assert re.search(r"^USER 10001:10001$", (ROOT / "deploy/containers/Containerfile").read_text(), re.MULTILINE)
        assert "user" not in service
    else:
        assert re.split("[/:]", service["image"])[0] == OWNERS[service["user"]]


@pytest.mark.parametrize("name", STAY)
def test_everything_that_stays_has_a_limit(name: str) -> None:
    assert {"memory", "pids"} <= SERVICES[name]["deploy"]["resources"]["limits"].keys()


@pytest.mark.parametrize("name", [name for name in STAY if name != "demo-sensors"])
def test_whatever_answers_is_asked_for_its_health(name: str) -> None:
    assert "healthcheck" in SERVICES[name]


def test_every_volume_that_is_named_is_there_and_used() -> None:
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert {volume for volume in mounted if not volume.startswith(".")} == WHOLE["volumes"].keys()


def test_what_is_mounted_from_here_is_here() -> None:
    folders = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    missing = {folder for folder in folders if folder.startswith(".") and not (ROOT / folder).exists()}
    assert not {folder for folder in missing if "grafana" not in folder}


def test_passwords_are_drawn_once_and_differ(tmp_path: Path) -> None:
    first, second = [draw(tmp_path, "KL-17 station-1") for _ in range(2)]
    assert first == second
    drawn = {name: text for name, text in first.items() if name != "database-dsn"}
    assert drawn.keys() == {"database-password", "broker-password", "grafana-password", "KL-17", "station-1"}
    assert len(set(drawn.values())) == len(drawn)
    assert all(re.fullmatch(r"[0-9a-f]{48}", password) for password in drawn.values())
    assert first["database-dsn"] == f"postgresql://lotse:{first['database-password']}@database:5432/lotse"


def test_services_move_to_the_database_that_is_named(tmp_path: Path) -> None:
    first, moved = draw(tmp_path, "KL-17"), draw(tmp_path, "KL-17", database="lotse_restored")
    assert moved == first | {"database-dsn": f"{first['database-dsn']}_restored"}
    assert draw(tmp_path, "KL-17") == moved


def test_a_backup_is_restored_before_anything_is_migrated() -> None:
    assert SERVICES["backup"]["depends_on"].keys() == {"database"}


def test_a_device_that_comes_later_gets_a_password_of_its_own(tmp_path: Path) -> None:
    assert draw(tmp_path, "KL-17").items() < draw(tmp_path, "KL-17 KL-18").items()


def test_passwords_are_for_their_owner_and_group_alone(tmp_path: Path) -> None:
    draw(tmp_path, "KL-17")
    assert not [path for path in tmp_path.rglob("*") if path.stat().st_mode & 0o027]


def script(service: str) -> str:
    """The shell script of a service, as the container gets it."""
    return str(SERVICES[service]["command"][0]).replace("$$", "$")


def draw(folder: Path, devices: str, database: str = "") -> dict[str, str]:
    """Run the service `secrets` on a folder; give each file's text by its name."""
    command = ["/bin/sh", "-ec", script("secrets").replace("/run/lotse", str(folder))]
    environment = {"PATH": "/usr/bin:/bin", "LOTSE_BROKER_DEVICES": devices, "LOTSE_DATABASE_NAME": database}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return {file.name: file.read_text().strip() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.mosquitto
def test_each_device_gets_an_account_at_the_broker(tmp_path: Path) -> None:
    if shutil.which("mosquitto_passwd") is None:
        absent("mosquitto_passwd", "install Debian's package mosquitto")
    draw(tmp_path, "KL-17 station-1")
    text = script("broker-users").replace("/run/lotse", str(tmp_path)).replace("/mosquitto/data", str(tmp_path))
    for _ in range(2):
        subprocess.run(["/bin/sh", "-ec", text], check=True, capture_output=True)
    accounts = (tmp_path / "accounts").read_text().splitlines()
    assert [line.partition(":")[0] for line in accounts] == ["ingest", "KL-17", "station-1"]


def test_ingest_and_sensors_connect_with_accounts_that_exist() -> None:
    assert "mosquitto_passwd -b $$accounts.part ingest" in SERVICES["broker-users"]["command"][0]
    devices = SERVICES["secrets"]["environment"]["LOTSE_BROKER_DEVICES"]
    assert devices == f"${{LOTSE_BROKER_DEVICES:-{SERVICES['demo-sensors']['environment']['LOTSE_BROKER_USERNAME']}}}"


def test_routing_has_a_standby() -> None:
    assert SERVICES["routing"]["deploy"]["replicas"] == 2


def test_slots_differ_in_their_number_alone() -> None:
    first, second = (dict(SERVICES[name]["environment"]) for name in ("ingest", "ingest-1"))
    assert (first.pop("LOTSE_INGEST_SLOT"), second.pop("LOTSE_INGEST_SLOT")) == ("0", "1")
    assert first == second


def test_the_database_is_healthy_only_once_it_answers_where_services_ask() -> None:
    assert SERVICES["database"]["healthcheck"]["test"][:3] == ["CMD", "pg_isready", "-h"]
    assert SERVICES["database"]["healthcheck"]["test"][3] == "127.0.0.1"


def test_the_demos_settings_are_those_of_make_demo() -> None:
    lines = (ROOT / "deploy/demo.env").read_text().splitlines()
    told = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    ours = json.loads((town.FOLDER / "settings.json").read_text())
    del ours["LOTSE_INGEST_DIALECTS"]
    assert told == ours
