from pathlib import Path

import pytest
from factories_network import banned_links

from lotse_routing.network.import_links import import_links
from lotse_routing.network.link_files import BadRowsError
from lotse_routing.network.model import BannedTurn
from lotse_shared.vehicle import ALL_VEHICLES, VehicleClass

JUNCTIONS = "node_id,lon,lat\nA,7.0,49.0\nB,7.001,49.0\nC,7.002,49.0\n"
HEADER = "from_node,to_node,name,ref,road_class,length_m,free_flow_kmh,lanes,access,coordinates\n"
GOOD = "A,B,Uferstraße,,primary,120.5,50,2,yes,7.0005 49.0001\n"


def a_folder(tmp_path: Path, links: str = HEADER + GOOD, junctions: str = JUNCTIONS, turns: str | None = None) -> Path:
    folder = tmp_path / "town"
    folder.mkdir(exist_ok=True)
    for name, text in (("links.csv", links), ("junctions.csv", junctions), ("banned_turns.csv", turns)):
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def bad_rows(folder: Path) -> list[str]:
    with pytest.raises(BadRowsError) as error:
        import_links(folder, "town")
    return [str(row) for row in error.value.rows]


def test_links_are_read_with_all_their_fields(tmp_path: Path) -> None:
    network, summary = import_links(a_folder(tmp_path), "Musterstadt")
    [link] = network.links()
    assert (link.link_id, link.name, link.road_class, link.lanes) == ("A-B-0", "Uferstraße", "primary", 2)
    assert (link.length_m, link.free_flow_kmh, link.access, link.speed_source) == (120.5, 50.0, "yes", "given")
    assert link.coordinates == ((7.0, 49.0), (7.0005, 49.0001), (7.001, 49.0))
    assert (summary.name, summary.junctions, summary.links) == ("Musterstadt", 3, 1)


def test_a_length_that_is_not_given_is_measured_along_the_line(tmp_path: Path) -> None:
    network, _ = import_links(a_folder(tmp_path, HEADER + "A,B,,,primary,,50,1,yes,\n"), "town")
    assert network.links()[0].length_m == pytest.approx(72.95, abs=0.1)


def test_parallel_links_are_numbered_in_the_order_of_their_rows(tmp_path: Path) -> None:
    rows = "A,B,erste,,primary,200,50,1,yes,\nB,C,,,primary,,50,1,yes,\nA,B,zweite,,primary,100,50,1,yes,\n"
    network, _ = import_links(a_folder(tmp_path, HEADER + rows), "town")
    names = {link.link_id: link.name for link in network.links()}
    assert names == {"A-B-0": "erste", "A-B-1": "zweite", "B-C-0": ""}


def test_a_banned_turn_holds_for_all_parallel_links(tmp_path: Path) -> None:
    rows = "A,B,,,primary,200,50,1,yes,\nA,B,,,primary,100,50,1,yes,\nB,C,,,primary,,50,1,yes,\n"
    folder = a_folder(tmp_path, HEADER + rows, turns="from_node,via_node,to_node\nA,B,C\n")
    network, _ = import_links(folder, "town")
    assert banned_links(network) == {("A-B-0", "B-C-0"), ("A-B-1", "B-C-0")}


def test_without_their_columns_all_vehicles_have_the_access_of_cars_and_no_limits(tmp_path: Path) -> None:
    network, _ = import_links(a_folder(tmp_path, HEADER + "A,B,,,primary,,50,1,destination,\n"), "town")
    [link] = network.links()
    assert (link.truck_access, link.bus_access, link.emergency_access) == ("destination",) * 3
    assert (link.max_height_m, link.max_weight_t) == (None, None)


def test_vehicles_may_have_columns_of_their_own(tmp_path: Path) -> None:
    header = HEADER.replace(
        "coordinates", "coordinates,truck_access,bus_access,emergency_access,max_height_m,max_weight_t"
    )
    rows = "A,B,,,primary,,50,1,no,,,yes,yes,3.8,7.5\nB,C,,,primary,,50,1,yes,,,,,,\n"
    network, summary = import_links(a_folder(tmp_path, header + rows), "town")
    bus_street, street = network.links()
    assert (bus_street.truck_access, bus_street.bus_access, bus_street.emergency_access) == ("no", "yes", "yes")
    assert (bus_street.max_height_m, bus_street.max_weight_t) == (3.8, 7.5)
    assert (street.truck_access, street.max_height_m) == ("yes", None)
    assert summary.links_by_vehicle == {"car": 1, "truck": 1, "bus": 2, "emergency": 2}


def test_a_turn_may_be_banned_for_some_vehicles_at_some_hours(tmp_path: Path) -> None:
    rows = "A,B,,,primary,,50,1,yes,\nB,C,,,primary,,50,1,yes,\n"
    turns = "from_node,via_node,to_node,vehicles,during\nA,B,C,truck;bus,mo-fr 7:00-9:00\nA,B,C,,\n"
    network, _ = import_links(a_folder(tmp_path, HEADER + rows, turns=turns), "town")
    path = ("A-B-0", "B-C-0")
    assert set(network.banned_turns) == {
        BannedTurn(path, frozenset({VehicleClass.TRUCK, VehicleClass.BUS}), "Mo-Fr 07:00-09:00"),
        BannedTurn(path, ALL_VEHICLES),
    }


def test_a_banned_turn_may_go_over_several_junctions(tmp_path: Path) -> None:
    rows = "A,B,,,primary,,50,1,yes,\nB,C,,,primary,,50,1,yes,\nC,A,,,primary,,50,1,yes,\n"
    network, _ = import_links(a_folder(tmp_path, HEADER + rows, turns="from_node,via_node,to_node\nA,B;C,A\n"), "town")
    assert banned_links(network) == {("A-B-0", "B-C-0", "C-A-0")}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("A,B,C,,", "to_node: no good row of links.csv leads from B to C"),
        ("C,B,A,,", "from_node: no good row of links.csv leads from C to B"),
        ("A,B;C,B,,", "via_node: no good row of links.csv leads from B to C"),
        ("A,,B,,", "via_node: "),
        ("A,B,A,bike,", "vehicles.0: Input should be 'car', 'truck', 'bus' or 'emergency'"),
        ("A,B,A,,PH", "during: hours 'PH' are not understood: weekdays and times"),
    ],
)
def test_a_bad_banned_turn_is_named_with_its_reason(tmp_path: Path, row: str, told: str) -> None:
    rows = "A,B,,,primary,,50,1,yes,\nB,A,,,primary,,50,1,yes,\n"
    turns = f"from_node,via_node,to_node,vehicles,during\n{row}\n"
    [bad] = bad_rows(a_folder(tmp_path, HEADER + rows, turns=turns))
    assert bad.startswith(f"banned_turns.csv:2: {told}")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("A,B,,,primary,-3,50,1,yes,", "length_m: Input should be greater than 0, not '-3'"),
        ("A,B,,,primary,nan,50,1,yes,", "length_m: Input should be a finite number"),
        ("A,B,,,primary,,0,1,yes,", "free_flow_kmh: Input should be greater than 0"),
        ("A,B,,,primary,,50,1.5,yes,", "lanes: "),
        ("A,B,,,primary,,50,1,maybe,", "access: Input should be 'yes', 'destination' or 'no', not 'maybe'"),
        ("A,B,,,highstreet,,50,1,yes,", "road_class: should be one of"),
        ("A,B,,,primary,,50,1,yes,7.0 49.0 3", "coordinates: should be 'lon lat;lon lat;...'"),
        ("A,B,,,primary,,50,1,yes,7.0 149.0", "coordinates.0.1: Input should be less than or equal to 90"),
        ("A,X,,,primary,,50,1,yes,", "to_node: X is not in junctions.csv"),
        ("A,A,,,primary,,50,1,yes,", "to_node: a link must end at another junction"),
        ("A B,B,,,primary,,50,1,yes,", "from_node: "),
        ("A,B", "row: has not 10 values"),
        ("A,B,,,primary,,50,1,yes,,,", "row: has not 10 values"),
    ],
)
def test_a_bad_row_is_named_with_file_line_field_and_reason(tmp_path: Path, row: str, told: str) -> None:
    [bad] = bad_rows(a_folder(tmp_path, f"{HEADER}{GOOD}{row}\n"))
    assert bad.startswith(f"links.csv:3: {told}")


def test_every_bad_row_of_every_file_is_named(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path,
        HEADER + GOOD + "A,B,,,primary,x,50,1,yes,\n" + "A,B,,,primary,,y,0,yes,\n",
        JUNCTIONS + "A,7.0,49.0\nD,200,49.0\n",
        "from_node,via_node,to_node\nA,B,C\n",
    )
    places = [bad.rsplit(": ", 1)[0].split(": ")[0] + " " + bad.split(": ")[1] for bad in bad_rows(folder)]
    assert places == [
        "junctions.csv:6 lon",
        "junctions.csv:5 node_id",
        "links.csv:3 length_m",
        "links.csv:4 free_flow_kmh",
        "links.csv:4 lanes",
        "banned_turns.csv:2 to_node",
    ]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (HEADER.replace("lanes,", ""), ["links.csv:1: lanes: the column is missing"]),
        (HEADER.replace("lanes,", "lanes,colour,"), ["links.csv:1: colour: is no column here"]),
    ],
)
def test_a_wrong_header_is_named(tmp_path: Path, header: str, told: list[str]) -> None:
    assert [bad[: len(told[0])] for bad in bad_rows(a_folder(tmp_path, header))] == told


def test_missing_files_and_other_encodings_are_named(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "junctions.csv").unlink()
    (folder / "links.csv").write_bytes((HEADER + GOOD).encode("latin-1"))
    told = bad_rows(folder)
    assert told[0].startswith("junctions.csv:0: file: is not in ")
    assert told[1].startswith("links.csv:0: file: is not CSV in UTF-8")


def test_a_folder_without_links_is_refused(tmp_path: Path) -> None:
    assert bad_rows(a_folder(tmp_path, HEADER)) == ["links.csv:1: row: there is none"]


def test_a_town_whose_parts_do_not_hang_together_is_told(tmp_path: Path) -> None:
    _, summary = import_links(a_folder(tmp_path), "town")
    assert summary.notes == {"junctions kept that have no way there and back": 2}
