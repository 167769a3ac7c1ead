"""What is asked of a corridor becomes links that cars may drive, and a network that breaks one is noticed."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from factories_network import a_link, a_network, both_ways, place

from lotse_routing.core.topology import build_topology
from lotse_routing.corridors.check import CorridorCheck, check_corridors
from lotse_routing.corridors.resolution import CorridorGraphs, Fault, NotResolvedError, list_faults, resolve_for
from lotse_routing.decide.registry import Corridor, Destination, Registry, Sign
from lotse_routing.network.model import BannedTurn, Condition, Link, StreetNetwork, build_network
from lotse_routing.places import Place, Places
from lotse_routing.settings import WeightSettings
from lotse_routing.town import Town, build_town
from lotse_shared.vehicle import ALL_VEHICLES, VehicleClass

BUS, CAR, EMERGENCY, TRUCK = VehicleClass.BUS, VehicleClass.CAR, VehicleClass.EMERGENCY, VehicleClass.TRUCK

# A - B - C - D with E beside B - C above (longer), F below, and G a dead end at C
PLACES = {
    "A": place(0, 0),
    "B": place(2, 0),
    "C": place(6, 0),
    "D": place(8, 0),
    "E": place(4, 3),
    "F": place(4, -4),
    "G": place(6, 2),
}
PRIMARY = {"road_class": "primary"}
MAIN = both_ways([("A", "B"), ("B", "C"), ("C", "D")], PLACES, **PRIMARY)
ABOVE = both_ways([("B", "E"), ("E", "C")], PLACES, length_m=150.0, **PRIMARY)
BELOW = both_ways([("B", "F"), ("F", "C")], PLACES, length_m=200.0, **PRIMARY)
DEAD_END = both_ways([("C", "G")], PLACES, **PRIMARY)


def a_town(*streets: list[Link], **more: Any) -> Town:
    links = [link for street in streets for link in street]
    network = a_network({n: PLACES[n] for n in PLACES}, links, **more)
    return build_town(build_topology(network), WeightSettings(), ZoneInfo("UTC"))


def with_hours(network: StreetNetwork, bans: Sequence[BannedTurn] = (), conditions: Sequence[Condition] = ()) -> Town:
    timed = build_network("t", "t", network.junctions(), network.links(), bans, conditions=conditions)
    return build_town(build_topology(timed), WeightSettings(), ZoneInfo("UTC"))


def link(link_id: str) -> Place:
    return Place(link=link_id)


def point(column: float, row: float) -> Place:
    return Place(point=place(column, row))


def resolved(town: Town, *via: Place, vehicles: Sequence[VehicleClass] = (CAR,)) -> tuple[str, ...]:
    return resolve_for(CorridorGraphs(town.graphs), Places(town.topology, 200.0), via, vehicles)


def refused(town: Town, *via: Place, vehicles: Sequence[VehicleClass] = (CAR,)) -> Fault:
    with pytest.raises(NotResolvedError) as caught:
        resolved(town, *via, vehicles=vehicles)
    return caught.value.fault


def test_links_are_joined_by_the_quickest_way_between_them() -> None:
    town = a_town(MAIN, ABOVE, BELOW)
    assert resolved(town, link("A-B-0"), link("C-D-0")) == ("A-B-0", "B-C-0", "C-D-0")
    assert resolved(town, link("A-B-0"), link("B-F-0"), link("C-D-0")) == ("A-B-0", "B-F-0", "F-C-0", "C-D-0")


def test_minor_streets_are_avoided_by_their_factor() -> None:
    minor = [a_link("B", "C", PLACES, length_m=240.0, road_class="residential")]
    main = [street for street in MAIN if street.link_id != "B-C-0"]
    assert resolved(a_town(main, minor, ABOVE), link("A-B-0"), link("C-D-0")) == ("A-B-0", "B-E-0", "E-C-0", "C-D-0")


def test_a_point_stands_for_its_street_in_the_direction_that_is_quicker() -> None:
    town = a_town(MAIN, ABOVE, BELOW)
    assert resolved(town, point(1, 0), point(3, -2), point(7, 0)) == ("A-B-0", "B-F-0", "F-C-0", "C-D-0")
    assert resolved(town, point(7, 0), point(3, -2), point(1, 0)) == ("D-C-0", "C-F-0", "F-B-0", "B-A-0")


def test_a_junction_stands_for_any_link_that_leads_to_it_or_at_the_beginning_out_of_it() -> None:
    town = a_town(MAIN, ABOVE)
    assert resolved(town, Place(node="B"), Place(node="E"), Place(node="D")) == ("B-E-0", "E-C-0", "C-D-0")


def test_a_part_on_a_link_that_is_driven_anyway_changes_nothing() -> None:
    town = a_town(MAIN, ABOVE)
    assert resolved(town, link("A-B-0"), link("A-B-0"), point(4, 0), link("C-D-0")) == ("A-B-0", "B-C-0", "C-D-0")


def test_bans_hold_over_the_joints_of_the_parts() -> None:
    town = a_town(MAIN, ABOVE, BELOW, banned_turns=[("A-B-0", "B-C-0", "C-D-0")])
    via = (link("A-B-0"), link("B-C-0"), link("C-D-0"))
    assert refused(town, *via).reason == "the quickest way there drives link 'B-C-0' a second time"
    assert resolved(town, link("A-B-0"), link("C-D-0")) == ("A-B-0", "B-E-0", "E-C-0", "C-D-0")


def test_what_cannot_be_reached_is_named_with_the_part_before_it() -> None:
    one_way = [a_link("C", "D", PLACES, **PRIMARY)]
    fault = refused(a_town([s for s in MAIN if "D" not in s.link_id], one_way), link("C-D-0"), Place(node="A"))
    assert fault.place == 1
    assert "from link 'C-D-0' to junction 'A'" in fault.reason
    town = a_town(MAIN)
    assert refused(town, link("A-B-0"), link("B-X-0")) == Fault(1, "link B-X-0 is not in the active network")
    assert "no street within 200 m" in refused(town, point(40, 40), link("A-B-0")).reason


def test_no_u_turn_is_made_even_at_a_dead_end() -> None:
    town = a_town(MAIN, DEAD_END)
    assert list_faults(town.graphs.at_any_hour(CAR), ["C-G-0", "G-C-0"]) == []
    assert refused(town, link("B-C-0"), link("C-G-0"), link("C-D-0")).place == 2


def test_a_destination_street_may_end_a_corridor_and_never_stand_between() -> None:
    private = both_ways([("B", "F"), ("F", "C")], PLACES, access="destination", **PRIMARY)
    town = a_town(MAIN, private)
    assert resolved(town, link("A-B-0"), link("B-F-0")) == ("A-B-0", "B-F-0")
    assert refused(town, link("A-B-0"), link("B-F-0"), link("C-D-0")).place == 2
    (fault,) = list_faults(town.graphs.at_any_hour(CAR), ["A-B-0", "B-F-0", "F-C-0", "C-D-0"])
    assert fault == Fault(3, "link 'F-C-0' is for destination traffic: it may not stand in between")


def test_no_link_is_driven_twice() -> None:
    town = a_town(MAIN, ABOVE)
    fault = refused(town, link("B-C-0"), link("E-B-0"), link("C-D-0"))
    assert fault == Fault(2, "the quickest way there drives link 'B-C-0' a second time")


@pytest.mark.parametrize(
    ("links", "fault"),
    [
        (["A-B-0", "B-X-0"], Fault(1, "there is no link 'B-X-0' in the active network")),
        (["A-B-0", "C-D-0"], Fault(1, "'C-D-0' begins at 'C', but 'A-B-0' before it ends at 'B'")),
        (["A-B-0", "B-A-0"], Fault(1, "cars may not turn from 'A-B-0' into 'B-A-0'")),
        (["A-B-0", "B-E-0", "E-C-0"], Fault(2, "cars may not turn from 'B-E-0' into 'E-C-0'")),
        (["B-C-0", "C-D-0", "D-C-0", "C-B-0", "B-C-0"], Fault(4, "link 'B-C-0' is driven a second time")),
        (["A-B-0", "B-F-0", "F-C-0"], Fault(1, "link 'B-F-0' is closed to cars")),
        (
            ["A-B-0", "B-C-0", "C-D-0"],
            Fault(2, "cars may not drive into 'C-D-0' after 'B-C-0' and the links before it"),
        ),
    ],
)
def test_links_that_are_no_corridor_are_named_with_the_reason(links: list[str], fault: Fault) -> None:
    closed = both_ways([("B", "F"), ("F", "C")], PLACES, access="no", **PRIMARY)
    bans = [("B-E-0", "E-C-0"), ("A-B-0", "B-C-0", "C-D-0")]
    town = a_town(MAIN, ABOVE, closed, banned_turns=bans)
    assert list_faults(town.graphs.at_any_hour(CAR), links)[0] == fault


def test_links_that_may_be_driven_have_no_fault() -> None:
    town = a_town(MAIN, ABOVE)
    assert list_faults(town.graphs.at_any_hour(CAR), ["A-B-0", "B-E-0", "E-C-0", "C-D-0"]) == []


# What a network version does to corridors that were registered on another one

DETOUR = ("B-E-0", "E-C-0")
OTHER = ("B-F-0", "F-C-0")
VIA = (link("B-E-0"), Place(node="C"))
SIGN = Sign("S1", "A-B-0", 3, 16, ("CENTRUM",))


def checked(
    town: Town,
    links: tuple[str, ...] = DETOUR,
    via: Sequence[Place] = (),
    signs: Sequence[Sign] = (),
    vehicles: Sequence[VehicleClass] = (CAR,),
) -> CorridorCheck:
    corridor = Corridor("U1", links, vehicles=tuple(vehicles))
    registry = Registry(tuple(signs), {"CENTRUM": Destination("CENTRUM", "", "", "D")}, (corridor,))
    given = {"U1": via} if via else {}
    (check,) = check_corridors(town.graphs, town.base.travel_times_s, registry, given, Places(town.topology, 200.0))
    return check


def test_a_corridor_that_can_be_driven_is_sound() -> None:
    town = a_town(MAIN, ABOVE)
    expected = CorridorCheck("U1", DETOUR, (CAR,), town.topology.network_version)
    assert checked(town) == checked(town, via=VIA) == checked(town, signs=[SIGN]) == expected


def test_one_whose_links_are_gone_is_broken_and_says_which_and_how_many() -> None:
    check = checked(a_town(MAIN, BELOW))
    assert check.status == "broken"
    assert check.problem == "there is no link 'B-E-0' in the active network; and 1 more"
    assert check.resolves_to is None


def test_a_broken_one_with_parts_says_what_it_would_be_now() -> None:
    split = [*both_ways([("B", "E"), ("E", "F"), ("F", "C")], PLACES, **PRIMARY)]
    check = checked(a_town(MAIN, split), via=(link("B-E-0"), link("F-C-0")))
    assert (check.status, check.resolves_to) == ("broken", ("B-E-0", "E-F-0", "F-C-0"))
    check = checked(a_town(MAIN), via=VIA)
    assert check.resolves_to is None
    assert check.problem is not None
    assert check.problem.endswith("it cannot be resolved anew: via.0: link B-E-0 is not in the active network")


def test_what_would_be_broken_in_its_turn_is_not_proposed() -> None:
    """Resolved anew it leads back to B, so that the sign's drivers would drive B - C twice."""
    back = [a_link(*pair, PLACES, **PRIMARY) for pair in (("C", "E"), ("E", "B"))]
    check = checked(a_town(MAIN, back), via=(link("C-E-0"), link("E-B-0")), signs=[SIGN])
    assert (check.status, check.resolves_to) == ("broken", None)
    assert check.problem is not None
    assert check.problem.endswith(
        "resolved anew it would be broken, too: no way of sign 'S1' to destination 'CENTRUM' leads over it"
    )


def test_one_that_may_not_be_driven_at_certain_hours_is_limited() -> None:
    network = a_network(PLACES, MAIN + ABOVE)
    ban = BannedTurn(("B-E-0", "E-C-0"), ALL_VEHICLES, "Mo-Fr 07:00-09:00")
    check = checked(with_hours(network, bans=[ban]), signs=[SIGN])
    assert check.status == "limited"
    assert check.problem == "at certain hours, cars may not turn from 'B-E-0' into 'E-C-0'"
    closed = Condition("E-C-0", ALL_VEHICLES, "no", "Sa 08:00-14:00")
    check = checked(with_hours(network, conditions=[closed]))
    assert (check.status, check.problem) == ("limited", "at certain hours, link 'E-C-0' is closed to cars")


def test_one_that_no_sign_can_lead_over_is_broken() -> None:
    town = a_town(MAIN, ABOVE, banned_turns=[("A-B-0", "B-E-0")])
    check = checked(town, signs=[SIGN])
    assert check.status == "broken"
    assert check.problem == "no way of sign 'S1' to destination 'CENTRUM' leads over it"
    assert checked(town).status == "sound"  # nobody wants to drive it yet


# Several classes of vehicles: A - B - C - D carries 7.5 t between B and C, the way by E has a bridge of 3.8 m before C

LIGHT = [a_link("B", "C", PLACES, max_weight_t=7.5, **PRIMARY)]
LOW = [
    a_link("B", "E", PLACES, length_m=150.0, **PRIMARY),
    a_link("E", "C", PLACES, length_m=150.0, max_height_m=3.8, **PRIMARY),
]
ENDS = both_ways([("A", "B"), ("C", "D")], PLACES, **PRIMARY)
THROUGH = (link("A-B-0"), link("C-D-0"))
STRAIGHT, OVER_E, OVER_F = (("A-B-0", *middle, "C-D-0") for middle in (("B-C-0",), DETOUR, OTHER))
TOO_HEAVY = "link 'B-C-0' is closed to trucks of 40 t (allowed: 7.5)"


@pytest.mark.parametrize(
    ("vehicles", "way"),
    [((CAR,), STRAIGHT), ((BUS,), STRAIGHT), ((TRUCK,), OVER_F), ((CAR, TRUCK), OVER_F), ((BUS, CAR), STRAIGHT)],
)
def test_parts_become_the_quickest_way_that_all_classes_may_drive(
    vehicles: Sequence[VehicleClass], way: tuple[str, ...]
) -> None:
    assert resolved(a_town(ENDS, LIGHT, LOW, BELOW), *THROUGH, vehicles=vehicles) == way


def test_limits_hold_for_the_largest_of_a_class_that_needs_no_permit() -> None:
    town = a_town(ENDS, LIGHT, LOW)

    def faults(links: tuple[str, ...], vehicle: VehicleClass) -> list[Fault]:
        return list_faults(town.graphs.at_any_hour(vehicle), links)

    assert faults(STRAIGHT, TRUCK) == [Fault(1, TOO_HEAVY)]
    assert faults(OVER_E, TRUCK) == [Fault(2, "link 'E-C-0' is closed to trucks of 4 m in height (allowed: 3.8)")]
    assert faults(OVER_E, BUS) == [Fault(2, "link 'E-C-0' is closed to buses of 4 m in height (allowed: 3.8)")]
    assert [faults(way, vehicle) for way in (STRAIGHT, OVER_E) for vehicle in (CAR, EMERGENCY)] == [[]] * 4
    assert faults(STRAIGHT, BUS) == []


def test_a_class_that_no_way_is_open_to_is_named_with_what_bars_the_way_of_others() -> None:
    fault = refused(a_town(ENDS, LIGHT, LOW), *THROUGH, vehicles=(CAR, TRUCK))
    way = "no way that is open to trucks at all hours leads from link 'A-B-0' to link 'C-D-0'"
    assert fault == Fault(1, f"{way}; on the way of cars, {TOO_HEAVY}")
    assert refused(a_town(ENDS, LIGHT, LOW), *THROUGH, vehicles=(TRUCK,)) == Fault(1, way)
    no_trucks = [a_link("B", "C", PLACES, truck_access="no", **PRIMARY)]
    fault = refused(a_town(ENDS, no_trucks), *THROUGH, vehicles=(CAR, TRUCK))
    assert fault.reason.endswith("; on the way of cars, link 'B-C-0' is closed to trucks")


def test_classes_that_have_a_way_each_but_none_together_are_named_together() -> None:
    no_cars = both_ways([("B", "F"), ("F", "C")], PLACES, access="no", truck_access="yes", **PRIMARY)
    town = a_town(ENDS, LIGHT, no_cars)
    assert (resolved(town, *THROUGH), resolved(town, *THROUGH, vehicles=(TRUCK,))) == (STRAIGHT, OVER_F)
    fault = refused(town, *THROUGH, vehicles=(CAR, TRUCK))
    together = "no way that is open to cars and trucks at all hours leads from link 'A-B-0' to link 'C-D-0'"
    assert fault == Fault(1, f"{together}; on the way of cars, {TOO_HEAVY}")


def test_what_is_for_destination_traffic_to_one_class_may_end_the_way_of_all_and_not_stand_between() -> None:
    private = both_ways([("B", "E"), ("E", "C")], PLACES, truck_access="destination", **PRIMARY)
    town = a_town(ENDS, private, BELOW)
    both = (CAR, TRUCK)
    assert resolved(town, link("A-B-0"), link("B-E-0"), vehicles=both) == ("A-B-0", "B-E-0")
    assert resolved(town, link("B-E-0"), link("C-D-0"), vehicles=both) == ("B-E-0", "E-C-0", "C-D-0")
    assert (resolved(town, *THROUGH), resolved(town, *THROUGH, vehicles=both)) == (OVER_E, OVER_F)


def test_a_corridor_is_checked_for_all_it_is_approved_for_and_says_for_whom_it_is_not_sound() -> None:
    network = a_network(PLACES, [*ENDS, *LIGHT, *BELOW])
    rush = Condition("B-C-0", frozenset({BUS}), "no", "Mo-Fr 07:00-09:00")
    town = with_hours(network, conditions=[rush])
    at_rush = "at certain hours, link 'B-C-0' is closed to buses"
    found = {
        vehicles: checked(town, ("B-C-0",), signs=[SIGN], vehicles=vehicles)
        for vehicles in ((CAR,), (TRUCK,), (BUS, CAR), (BUS, CAR, TRUCK))
    }
    assert {vehicles: (check.status, check.problem) for vehicles, check in found.items()} == {
        (CAR,): ("sound", None),
        (TRUCK,): ("broken", TOO_HEAVY),
        (BUS, CAR): ("limited", at_rush),
        (BUS, CAR, TRUCK): ("broken", f"{at_rush}; {TOO_HEAVY}"),
    }
    assert [check.vehicles for check in found.values()] == list(found)
    gone = checked(a_town(ENDS), ("B-C-0",), vehicles=(CAR, TRUCK))
    assert gone.problem == "there is no link 'B-C-0' in the active network"


def test_what_is_broken_for_one_class_is_resolved_anew_for_all_of_them() -> None:
    town, via = a_town(ENDS, LIGHT, BELOW), (link("A-B-0"), link("C-D-0"))
    assert checked(town, STRAIGHT, via, vehicles=(CAR,)).resolves_to is None
    assert checked(town, STRAIGHT, via, vehicles=(CAR, TRUCK)).resolves_to == OVER_F


def test_no_sign_has_to_lead_over_one_that_is_not_for_cars() -> None:
    town = a_town(MAIN, ABOVE, banned_turns=[("A-B-0", "B-E-0")])
    assert checked(town, signs=[SIGN], vehicles=(TRUCK,)).status == "sound"
