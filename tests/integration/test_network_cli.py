"""The command line as operators use it."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from factories_network import osm_xml, unwatched
from fixtures.databases import with_database
from pydantic import SecretStr

from lotse_routing.network.import_osm import import_osm
from lotse_routing.network.store import load_active_network, save_network
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


SPLIT_TOWN = osm_xml(
    {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0.5, -1)},
    {10: ([1, 2, 3, 1], STREET), 11: ([2, 4], STREET)},
)
"""A side street at node 2, which was the middle of the ring and stays one."""


@pytest.fixture
async def registered(town: Path, connection: asyncpg.Connection) -> list[str]:
    """The ids of the active network's links; on them a detector and a corridor; a sign and roadwork of the past."""
    network, _ = import_osm(town, "town", unwatched)
    await save_network(connection, network, datetime.now(UTC))
    links = [link.link_id for link in network.links()]
    await connection.execute("insert into detector (detector_id, link_id) values ('D1', $1)", links[0])
    await connection.execute("insert into destination values ('CENTRUM', 'Mitte', 'MITTE', '1')")
    await connection.execute("insert into corridor (corridor_id, links) values ('U12', $1)", links[1:2])
    await connection.execute("insert into sign (sign_id, link_id, retired_at) values ('S1', 'gone', now())")
    await connection.execute(
        "insert into roadwork (roadwork_id, name, effect, links, starts_at, ends_at, status, approved_at)"
        " values ('B1', 'over', 'closed', '{gone}', now() - interval '2 h', now() - interval '1 h', 'approved', now())"
    )
    return links


async def test_a_comparison_names_what_is_registered_and_stores_nothing(
    tmp_path: Path, registered: list[str], database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    newer = tmp_path / "newer.osm"
    newer.write_text(osm_xml({5: (5, 5), 6: (6, 5), 7: (6, 6)}, {10: ([5, 6, 7, 5], STREET)}), encoding="utf-8")
    run = lotse_routing("compare", newer, "--report", tmp_path / "report.json", dsn=database.dsn)
    assert run.returncode == 0, run.stderr
    told = [line.removeprefix("look at   ") for line in run.stdout.splitlines() if line.startswith("look at")]
    assert told == [
        f"corridor U12: its link {registered[1]} is gone",
        "destination CENTRUM: its junction 1 is gone",
        f"detector D1: its link {registered[0]} is gone",
    ]
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert sorted(report["gone"]) == registered
    assert len(report["affected"]) == 3
    assert await connection.fetchval("select count(*) from network") == 1


@pytest.mark.usefixtures("registered")
async def test_an_import_that_replaces_a_network_tells_what_it_changed(
    tmp_path: Path, database: DatabaseSettings
) -> None:
    newer = tmp_path / "newer.osm"
    newer.write_text(SPLIT_TOWN, encoding="utf-8")
    run = lotse_routing("import-osm", newer, dsn=database.dsn)
    assert run.returncode == 0, run.stderr
    assert "new       " in run.stdout
    assert len([line for line in run.stdout.splitlines() if line.startswith("look at")]) >= 1


def test_files_are_compared_without_a_database(town: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.osm"
    newer.write_text(SPLIT_TOWN, encoding="utf-8")
    run = lotse_routing("compare", newer, "--with", town)
    assert run.returncode == 0, run.stderr
    assert "look at   what is registered is not known here" in run.stdout


async def test_a_comparison_with_nothing_is_said_in_one_line(town: Path, database: DatabaseSettings) -> None:
    run = lotse_routing("compare", town, dsn=database.dsn)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("no network is active yet")


@pytest.mark.usefixtures("registered")
async def test_the_active_network_goes_out_as_graphml_and_comes_back_as_the_same(
    tmp_path: Path, database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    before = await load_active_network(connection)
    file = tmp_path / "town.graphml"
    assert lotse_routing("export-graphml", file, dsn=database.dsn).returncode == 0
    run = lotse_routing("import-graphml", file, dsn=database.dsn)
    assert run.returncode == 0, run.stderr
    assert "nothing changes" in run.stdout
    after = await load_active_network(connection)
    assert before is not None
    assert after is not None
    assert (after.version, after.source) == (before.version, "town.graphml")


async def test_a_damaged_network_is_replaced_and_told(
    town: Path, registered: list[str], database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await connection.execute("update link set lanes = 7 where link_id = $1", registered[0])
    newer = town.with_name("newer.osm")
    newer.write_text(SPLIT_TOWN, encoding="utf-8")
    run = lotse_routing("import-osm", newer, dsn=database.dsn)
    assert run.returncode == 0, run.stderr
    assert "compared  with nothing: the rows of network" in run.stdout


@pytest.mark.parametrize("command", ["import-graphml", "compare"])
def test_a_file_that_is_no_network_is_said(command: str, tmp_path: Path) -> None:
    file = tmp_path / "town.graphml"
    file.write_text("no XML", encoding="utf-8")
    options = ["--dry-run"] if command == "import-graphml" else ["--with", file]
    run = lotse_routing(command, file, *options)
    assert run.returncode == 1
    assert "cannot be read as GraphML" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_side_one_drives_on_may_be_given(town: Path) -> None:
    run = lotse_routing("import-osm", town, "--drives-on", "left", "--dry-run")
    assert "one drives on the left" in run.stdout
    assert lotse_routing("import-osm", town, "--drives-on", "middle", "--dry-run").returncode == 2
