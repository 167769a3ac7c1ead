"""The container image, really built, and what docker-compose.yml runs from it: `make test-image`. Minutes, as root.

Its database is the one of TEST_TIMESCALE_DSN, its broker Debian's Mosquitto with the deployed configuration: images of
others are not to be had here. Everything of ours runs from the image.
"""

import asyncio
import json
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from fixtures.absent import absent
from fixtures.brokers import Mosquitto
from fixtures.databases import with_database

from image.container import ADDRESSES, ROOT, SERVICES, Engine

SCRIPT = ROOT / "deploy" / "containers" / "build-without-docker.sh"
FOLDER = Path(os.environ.get("LOTSE_IMAGE_FOLDER", ROOT / "build" / "image"))
FIGURES = ROOT / "build" / "bench" / "image.json"
AT_MOST_MB = 400
PATIENCE_S = 240.0
GATEWAY = f"http://{ADDRESSES['gateway']}:8080"
LEFT_TO_IMAGES_OF_OTHERS = ("database", "broker-users", "broker", "prometheus", "grafana")


def script(*arguments: str) -> str:
    done = subprocess.run([SCRIPT, arguments[0], FOLDER, *arguments[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture(scope="session")
def tree() -> Path:
    missing = [name for name in ("buildah", "mmdebstrap", "mosquitto", "unshare") if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        absent("what builds images", f"as root, on Debian: apt install {' '.join(missing)}")
    script("build")
    return Path(script("mount").strip())


@pytest.fixture(scope="session")
def image_environment(tree: Path) -> dict[str, str]:
    del tree
    return dict(line.split("=", 1) for line in script("environment").split("\n") if line)


@pytest.fixture(scope="session")
def figures() -> Iterator[dict[str, Any]]:
    found: dict[str, Any] = {}
    yield found
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))  # noqa: T201 - what `make test-image` is for


@pytest.fixture
def empty_dsn(timescale_dsn: str) -> Iterator[str]:
    """A database as an engine's first start leaves it: nothing in it."""
    with another_database(timescale_dsn) as dsn:
        yield dsn


@contextmanager
def another_database(admin_dsn: str) -> Iterator[str]:
    """An empty database on the same server, for a block."""
    name = f"image_{secrets.token_hex(6)}"

    async def tell(statement: str) -> None:
        connection = await asyncpg.connect(admin_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(tell(f"create database {name}"))
    try:
        yield with_database(admin_dsn, name)
    finally:
        asyncio.run(tell(f"drop database {name} with (force)"))


@pytest.fixture
def engine(tree: Path, image_environment: dict[str, str], empty_dsn: str, tmp_path: Path) -> Iterator[Engine]:
    """Secrets drawn, broker up, database migrated, all by what docker-compose.yml says."""
    tmp_path.chmod(0o755)
    lines = (ROOT / "deploy" / "demo.env").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    ready = Engine(tree, image_environment, tmp_path, settings)
    ready.run("secrets")
    dsn = ready.volume("secrets") / "database-dsn"
    assert "@database:5432/lotse" in dsn.read_text()
    dsn.write_text(empty_dsn)
    broker = start_broker(ready)
    ready.run("migrate")
    yield ready
    ready.stop()
    broker.stop()


def start_broker(engine: Engine) -> Mosquitto:
    """Debian's Mosquitto with the deployed files and the accounts that the service `broker-users` writes."""
    folder = engine.volume("broker")
    accounts = SERVICES["broker-users"]["command"][0].replace("$$", "$")
    accounts = accounts.replace("/run/lotse", str(engine.volume("secrets"))).replace("/mosquitto/data", str(folder))
    subprocess.run(["sh", "-euc", accounts], check=True, capture_output=True)
    deployed = (ROOT / "deploy" / "mosquitto" / "mosquitto.conf").read_text()
    configuration = (
        deployed.replace("listener 1883", f"listener 1883 {ADDRESSES['broker']}")
        .replace("/mosquitto/data/", "{folder}/")
        .replace("/mosquitto/config/", f"{ROOT}/deploy/mosquitto/")
    )
    broker = Mosquitto(folder, port=1883, configuration=configuration, host=ADDRESSES["broker"])
    broker.start()
    return broker


def start_line(engine: Engine) -> httpx.Client:
    """Start what compose starts, and give a client with a key."""
    engine.start("ingest")
    engine.start("routing")
    engine.start("gateway")
    for service in ("ingest", "routing", "gateway"):
        wait(lambda name=service: engine.is_healthy(name), f"{service} is not healthy")  # type: ignore[misc]
    key = engine.run("gateway", ["lotse-gateway", "create-key", "--name", "first", "--scope", "admin"]).strip()
    return httpx.Client(base_url=GATEWAY, headers={"Authorization": f"Bearer {key}"}, timeout=30)


def test_it_is_small_and_holds_nothing_that_installs(tree: Path, figures: dict[str, Any]) -> None:
    sizes = dict(re.findall(r"(\S.*?)  +(\d+) MB", script("size")))
    figures["image_mb"] = {name: int(size) for name, size in sizes.items()}
    assert figures["image_mb"]["image"] <= AT_MOST_MB
    programs = {
        path.name for folder in ("usr/bin", "usr/local/bin", "opt/lotse/bin") for path in (tree / folder).glob("*")
    }
    assert not programs & {"pip", "pip3", "apt", "apt-get", "dpkg", "perl", "uv", "npm", "node", "gcc"}
    assert {"lotse-ingest", "lotse-routing", "lotse-gateway", "lotse-migrate", "lotse-simulate"} <= programs


def test_nothing_of_the_machine_that_built_it_is_in_it(tree: Path) -> None:
    for secret in ("etc/pip.conf", "etc/uv/uv.toml", "root/.npmrc", "run/secrets"):
        path = tree / secret
        assert not path.exists() or (path.is_file() and not path.stat().st_size) or not any(path.iterdir()), secret


def test_every_service_of_ours_is_one_that_is_run_here() -> None:
    ours = {name for name, service in SERVICES.items() if service["image"] == "lotse"}
    tried = {"secrets", "migrate", "backup", "ingest", "ingest-1", "routing", "gateway", "demo-town", "demo-sensors"}
    assert ours == tried
    assert SERVICES.keys() - ours == set(LEFT_TO_IMAGES_OF_OTHERS)


def test_a_reading_that_a_device_publishes_is_read_at_the_gateway(engine: Engine) -> None:
    with start_line(engine) as client:
        publish(engine, "demo", "KL-17")
        url = "/v1/detectors/KL-17/readings"
        wait(lambda: bool(client.get(url).json().get("items")), "the reading does not arrive")
        assert [item["raw"]["vehicle_count"] for item in client.get(url).json()["items"]] == [12]
        assert client.get("/v1/system").json()["storage"]["backend"].startswith("timescaledb")
        page = httpx.get(GATEWAY)
        assert page.status_code == httpx.codes.OK
        assert "<script" in page.text  # the console was built in


def publish(engine: Engine, device: str, detector: str) -> None:
    """Publish as a device would, with the password that was drawn for it."""
    reading = {"detector_id": detector, "measured_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:00Z}", "interval_s": 60}
    password = (engine.volume("secrets") / "devices" / device).read_text()
    command = ["mosquitto_pub", "-V", "5", "-q", "1", "-h", ADDRESSES["broker"], "-u", device, "-P", password]
    message = json.dumps({**reading, "vehicle_count": 12})
    subprocess.run([*command, "-t", f"lotse/v1/batches/{device}", "-m", message], check=True)


def test_services_have_no_rights_and_write_nowhere(engine: Engine) -> None:
    process = engine.start("ingest")
    wait(lambda: engine.is_healthy("ingest"), "ingest is not healthy")
    status = Path(f"/proc/{process.pid}/status").read_text()
    assert re.search(r"^Uid:\s+10001\s+10001\s+10001\s+10001$", status, re.MULTILINE)
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    for path in ("/opt/lotse/x", "/var/cache/lotse/numba/x", "/etc/x", "/run/lotse/x"):
        with pytest.raises(AssertionError, match=r"Read-only file system|Permission denied"):
            engine.run("ingest", ["touch", path])


def test_two_slots_share_what_comes(engine: Engine) -> None:
    engine.settings = {**engine.settings, "LOTSE_INGEST_SHARE_GROUP": "ingest"}
    for name in ("ingest", "ingest-1"):
        engine.start(name)
        wait(lambda name=name: engine.is_healthy(name), f"{name} is not healthy")  # type: ignore[misc]
        wait(lambda name=name: '"subscribed"' in engine.log(name).read_text(), f"{name} does not subscribe")  # type: ignore[misc]
    for number in range(20):
        publish(engine, "demo", f"KL-{number}")

    def stored(name: str) -> float:
        text = httpx.get(f"http://{ADDRESSES[name]}:8080/metrics").text
        found = re.search(r'^lotse_ingest_readings_total\{outcome="stored"\} (\S+)$', text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    wait(lambda: stored("ingest") + stored("ingest-1") == 20, "not all are stored, or some twice")
    assert stored("ingest")
    assert stored("ingest-1")


def test_the_demo_turns_signs(engine: Engine) -> None:
    with start_line(engine) as client:
        engine.run("demo-town")
        assert "stays" in engine.run("demo-town")
        engine.start("demo-sensors")
        wait(lambda: client.get("/v1/system").json()["links_with_state"] > 10, "no street's state is known")
        wait(lambda: any(sign["state"] == "detour" for sign in client.get("/v1/detours").json()["items"]), "no detour")


def readings_of(client: httpx.Client, detector: str) -> int:
    return len(client.get(f"/v1/detectors/{detector}/readings").json().get("items", ()))


def test_a_backup_is_restored_into_another_database(engine: Engine, empty_dsn: str) -> None:
    with start_line(engine) as client:
        publish(engine, "demo", "KL-17")
        wait(lambda: readings_of(client, "KL-17") == 1, "the reading does not arrive")
        engine.run("backup")
        publish(engine, "demo", "KL-18")  # and is lost with the database
        wait(lambda: readings_of(client, "KL-18") == 1, "the reading does not arrive")
    engine.stop()
    [backup] = engine.volume("backups").iterdir()
    dsn = engine.volume("secrets") / "database-dsn"
    with another_database(empty_dsn) as restored:
        dsn.write_text(restored)
        engine.run("backup", ["lotse-restore", f"/backup/{backup.name}"])
        engine.run("migrate")
        with start_line(engine) as client:
            assert [readings_of(client, name) for name in ("KL-17", "KL-18")] == [1, 0]
        engine.stop()


def test_restarts_are_short(engine: Engine, figures: dict[str, Any], shared_data: Path) -> None:
    (engine.volume("demo") / "city.osm.pbf").write_bytes(
        (shared_data / "osm-kaiserslautern" / "kaiserslautern.osm.pbf").read_bytes()
    )
    with start_line(engine) as client:
        engine.run("demo-town")
        found = {"demo town": restart_all(engine, client)}
        engine.run("demo-town", ["lotse-routing", "import-osm", "/var/lib/lotse/city.osm.pbf"])
        found["Kaiserslautern"] = restart_all(engine, client)
    figures["restart_to_ready_s"] = found
    figures["load_average"] = os.getloadavg()[0]
    kept = [json.loads(line) for line in engine.log("routing").read_text().splitlines() if "routing core ready" in line]
    assert kept
    assert all(line["kept"] for line in kept)
    assert len(list(engine.volume("compiled").glob("*.npz"))) == 2


def restart_all(engine: Engine, client: httpx.Client) -> dict[str, dict[str, float]]:
    """Kill each service and tell what it takes to be ready again; routing: until its first step is made."""
    wait(lambda: steps() > 0, "routing makes no step")
    wait(lambda: client.get("/v1/system").status_code == httpx.codes.OK, "the gateway is away")
    restart(engine, "routing", lambda: steps() > 0)  # it reads the new network, and keeps what that compiles to
    ready = {name: lambda name=name: answers(f"http://{ADDRESSES[name]}:8080/readyz") for name in ("ingest", "gateway")}
    times = {name: restart(engine, name, is_ready) for name, is_ready in ready.items()}
    return times | {"routing": restart(engine, "routing", lambda: steps() > 0)}


def restart(engine: Engine, service: str, is_ready: Callable[[], bool]) -> dict[str, float]:
    """Seconds on the wall, which others on the machine lengthen, and on the processor, which they lengthen less."""
    engine.running[service].kill()
    engine.running[service].wait()
    began = time.monotonic()
    process = engine.start(service)
    wait(is_ready, f"{service} does not come back")
    passed = time.monotonic() - began
    user, system = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return {"wall_s": round(passed, 2), "cpu_s": (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")}


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def steps() -> int:
    try:
        text = httpx.get(f"http://{ADDRESSES['routing']}:8080/metrics", timeout=2).text
    except httpx.TransportError:
        return 0
    found = re.search(r"^lotse_routing_step_seconds_count (\S+)$", text, re.MULTILINE)
    return int(float(found[1])) if found else 0
