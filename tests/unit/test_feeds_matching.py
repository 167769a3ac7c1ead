"""Made-up roadworks along the streets of the demo town: the right links, the right way."""

import pytest
from factories_feeds import found, line_of, matcher

THERE, BACK = ("R01-R02-0", "R02-R21-0"), ("R21-R02-0", "R02-R01-0")
ACROSS = 0.00006
"""About 7 m to the north, degrees."""


def test_a_line_along_a_street_gives_its_links_in_its_direction_only() -> None:
    for links in (THERE, BACK):
        (match,) = matcher().match([found(line_of(*links), road_names=("Nordring",))])
        assert match.links == links
        assert match.confidence > 0.95
        assert not match.needs_confirmation


def test_both_directions_give_the_links_of_both() -> None:
    (match,) = matcher().match([found(line_of(*THERE), both_directions=True)])
    assert match.links == THERE + BACK


def test_a_line_beside_the_street_is_matched_with_less_confidence() -> None:
    exact, beside = matcher().match([found(line_of(*THERE)), found(line_of(*THERE, north_deg=ACROSS))])
    assert beside.links == exact.links == THERE
    assert beside.confidence < exact.confidence


def test_another_name_and_a_gap_cost_confidence_until_a_person_has_to_look() -> None:
    line = line_of(*THERE)
    west = (line[0][0] - 0.02, line[0][1] + 0.02)
    right, other, gap = matcher().match(
        [
            found(line, road_names=("Nordring",)),
            found(line, road_names=("Südring",)),
            found((west, *line), road_names=("Nordring",)),
        ]
    )
    assert not right.needs_confirmation
    assert other.links == gap.links == THERE
    assert other.needs_confirmation
    assert gap.needs_confirmation
    assert "below" in other.reasons[0]


def test_a_short_piece_of_a_street_is_its_link() -> None:
    (lon, lat), end = line_of("R01-R02-0")[1:3]
    (match,) = matcher().match([found(((lon, lat), end))])
    assert match.links == ("R01-R02-0",)


def test_far_from_all_streets_there_is_no_link() -> None:
    (match,) = matcher().match([found(((0.0, 0.0), (0.001, 0.0)))])
    assert (match.links, match.confidence, match.needs_confirmation) == ((), 0.0, True)


@pytest.mark.parametrize(
    ("heading_deg", "is_both", "links"),
    [(80.0, False, {"R01-R02-0"}), (260.0, False, {"R02-R01-0"}), (None, True, {"R01-R02-0", "R02-R01-0"})],
)
def test_a_point_takes_the_side_it_says(heading_deg: float | None, is_both: bool, links: set[str]) -> None:  # noqa: FBT001
    point = line_of("R01-R02-0")[2]
    (match,) = matcher().match(
        [found((point,), heading_deg=heading_deg, both_directions=is_both, doubts=("F6",))],
    )
    assert set(match.links) == links
    assert match.reasons == ("rule F6",)


def test_a_full_closure_of_one_way_is_confirmed_unless_the_other_way_is_closed_too() -> None:
    there = found(line_of(*THERE), effect="closed")
    back = found(line_of(*BACK), effect="closed", source_id="b")
    assert matcher().match([there])[0].reasons == ("closed one way, and the other way stays open",)
    assert not any(match.needs_confirmation for match in matcher().match([there, back]))
