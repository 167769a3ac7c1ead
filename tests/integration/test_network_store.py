from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from factories_network import a_link, a_network, both_ways, place, unwatched

from lotse_routing.network.import_osm import import_osm
from lotse_routing.network.model import BannedTurn, Condition, NetworkError, build_network
from lotse_routing.network.store import load_active_network, save_network
from lotse_shared.vehicle import VehicleClass

NOW = datetime(2026, 11, 23, 7, 10, tzinfo=UTC)
PLACES = {"A": place(0, 0), "B": place(1, 0), "C": place(2, 0)}
BENT = a_link("A", "C", PLACES, coordinates=(PLACES["A"], (7.7712345, 49.4409876), PLACES["C"]), ways=(4711, 815))
TOWN = a_network(PLACES, [*both_ways([("A", "B"), ("B", "C")], PLACES), BENT], [("A-B-0", "B-C-0")])
SMALLER = a_network(PLACES, both_ways([("A", "B")], PLACES))


async def test_a_network_comes_back_as_it_was(connection: asyncpg.Connection) -> None:
    assert await load_active_network(connection) is None
    await save_network(connection, TOWN, NOW, {"links": 5})
    loaded = await load_active_network(connection)
    assert loaded is not None
    assert loaded.version == TOWN.version
    assert (loaded.name, loaded.source, loaded.banned_turns) == (TOWN.name, TOWN.source, TOWN.banned_turns)
    assert loaded.links() == TOWN.links()
    assert loaded.junctions() == TOWN.junctions()
    assert await connection.fetchval("select summary from network") == {"links": 5}


async def test_rules_by_vehicle_and_hour_and_limits_come_back_as_they_were(connection: asyncpg.Connection) -> None:
    streets = both_ways([("A", "B"), ("B", "C")], PLACES, truck_access="no", max_height_m=3.2, max_weight_t=7.5)
    network = build_network(
        "links",
        "by hand",
        TOWN.junctions(),
        streets,
        [BannedTurn(("A-B-0", "B-C-0", "C-B-0"), frozenset({VehicleClass.BUS}), "Mo-Fr 07:00-09:00")],
        conditions=[Condition("A-B-0", frozenset({VehicleClass.CAR, VehicleClass.TRUCK}), "no", "Sa 22:00-06:00")],
        drives_on="left",
    )
    await save_network(connection, network, NOW)
    loaded = await load_active_network(connection)
    assert loaded is not None
    assert (loaded.banned_turns, loaded.conditions) == (network.banned_turns, network.conditions)
    assert (loaded.drives_on, loaded.version) == ("left", network.version)


async def test_saving_twice_changes_nothing(connection: asyncpg.Connection) -> None:
    for _ in range(2):
        await save_network(connection, TOWN, NOW)
    assert await connection.fetchval("select count(*) from network") == 1
    assert await connection.fetchval("select count(*) from link") == 5


async def test_the_network_saved_last_is_the_active_one(connection: asyncpg.Connection) -> None:
    for network in (TOWN, SMALLER, TOWN):
        await save_network(connection, network, NOW)
        loaded = await load_active_network(connection)
        assert loaded is not None
        assert loaded.version == network.version
    assert await connection.fetchval("select count(*) from network") == 2
    assert await connection.fetchval("select count(*) from network where is_active") == 1


async def test_rows_changed_by_hand_are_noticed_and_can_be_imported_again(connection: asyncpg.Connection) -> None:
    await save_network(connection, TOWN, NOW)
    await connection.execute("update link set lanes = 7 where link_id = 'A-B-0'")
    with pytest.raises(NetworkError, match="import it again"):
        await load_active_network(connection)
    await connection.execute("delete from network")
    await save_network(connection, TOWN, NOW)
    assert await load_active_network(connection) is not None


@pytest.mark.data
async def test_a_real_city_comes_back_as_it_was(connection: asyncpg.Connection, shared_data: Path) -> None:
    network, summary = import_osm(shared_data / "osm-kaiserslautern/kaiserslautern.osm.pbf", "KL", unwatched)
    await save_network(connection, network, NOW, summary.as_json())
    loaded = await load_active_network(connection)
    assert loaded is not None
    assert loaded.version == network.version
    assert loaded.links() == network.links()
