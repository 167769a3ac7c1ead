"""The command line as operators use it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from factories_network import osm_xml
from fixtures.databases import with_database
from pydantic import SecretStr

from lotse_routing.network.store import load_active_network
from lotse_shared.settings import DatabaseSettings

STREET = {"highway": "residential", "name": "Ringstraße"}
TOWN = osm_xml({1: (0, 0), 2: (1, 0), 3: (1, 1)}, {10: ([1, 2, 3, 1], STREET)})


@pytest.fixture
def town(tmp_path: Path) -> Path:
    path = tmp_path / "town.osm"
    path.write_text(TOWN, encoding="utf-8")
    return path


def lotse_routing(*args: object, dsn: SecretStr | None = None) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOTSE_")}
    if dsn is not None:
        environment["LOTSE_DATABASE_DSN"] = dsn.get_secret_value()
    command = [sys.executable, "-m", "lotse_routing", *map(str, args)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_dry_run_needs_no_database_and_writes_the_report(town: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run = lotse_routing("import-osm", town, "--name", "Ringstadt", "--dry-run", "--report", report)
    assert run.returncode == 0, run.stderr
    assert "2 junctions, 4 links" in run.stdout
    assert "nothing was stored" in run.stdout
    assert run.stderr == ""
    told = json.loads(report.read_text(encoding="utf-8"))
    assert (told["name"], told["junctions"], told["links"]) == ("Ringstadt", 2, 4)
    assert told["links_by_speed_source"] == {"class default": 4}
    assert told["seconds"] > 0
    assert told["peak_memory_mb"] > 0


def test_without_a_database_one_line_says_what_to_do(town: Path) -> None:
    run = lotse_routing("import-osm", town)
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert "set LOTSE_DATABASE_DSN=" in run.stderr
    assert "--dry-run" in run.stderr


def test_a_report_that_cannot_be_written_is_said_in_one_line(town: Path, tmp_path: Path) -> None:
    run = lotse_routing("import-osm", town, "--dry-run", "--report", tmp_path / "absent" / "report.json")
    assert run.returncode == 1
    assert run.stderr.startswith("the report could not be written: ")
    assert run.stderr.count("\n") == 1


async def test_an_import_makes_the_network_active(
    town: Path, database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    run = lotse_routing("import-osm", town, dsn=database.dsn)
    assert run.returncode == 0, run.stderr
    network = await load_active_network(connection)
    assert network is not None
    assert (network.name, network.source) == ("town", "town.osm")
    assert (await connection.fetchval("select summary from network"))["network_version"] == network.version


async def test_plain_files_are_imported_or_refused_as_a_whole(
    tmp_path: Path, database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    header = "from_node,to_node,name,ref,road_class,length_m,free_flow_kmh,lanes,access,coordinates\n"
    (tmp_path / "junctions.csv").write_text("node_id,lon,lat\nA,7.0,49.0\nB,7.001,49.0\n")
    (tmp_path / "links.csv").write_text(header + "A,B,,,primary,,50,1,yes,\nB,A,,,primary,,fast,1,yes,\n")
    refused = lotse_routing("import-links", tmp_path, dsn=database.dsn)
    assert refused.returncode == 1
    assert "links.csv:3: free_flow_kmh: " in refused.stderr
    assert await load_active_network(connection) is None
    (tmp_path / "links.csv").write_text(header + "A,B,,,primary,,50,1,yes,\nB,A,,,primary,,50,1,yes,\n")
    accepted = lotse_routing("import-links", tmp_path, "--name", "Zweistadt", dsn=database.dsn)
    assert accepted.returncode == 0, accepted.stderr
    network = await load_active_network(connection)
    assert network is not None
    assert network.name == "Zweistadt"


def test_a_database_without_tables_or_away_is_said_in_one_line(town: Path, database: DatabaseSettings) -> None:
    empty = SecretStr(with_database(database.dsn.get_secret_value(), "postgres"))
    run = lotse_routing("import-osm", town, dsn=empty)
    assert (run.returncode, run.stderr) == (1, "the database has no tables yet: run lotse-migrate first\n")
    away = lotse_routing("import-osm", town, dsn=SecretStr("postgresql://nobody@127.0.0.1:1/nothing"))
    assert away.returncode == 1
    assert away.stderr.startswith("the database is away: ")
    assert away.stderr.count("\n") == 1
