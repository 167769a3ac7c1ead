"""How high and how heavy, by OpenStreetMap's tags."""

import pytest

from lotse_routing.network.osm.limits import read_limits


@pytest.mark.parametrize(
    ("tags", "height_m"),
    [
        ({"maxheight": "3.5"}, 3.5),
        ({"maxheight": "3.5 m"}, 3.5),
        ({"maxheight": "3,5"}, 3.5),
        ({"maxheight": "380 cm"}, 3.8),
        ({"maxheight": "12'6\""}, 3.81),
        ({"maxheight": "12'"}, 3.66),
        ({"maxheight": "12 ft"}, 3.66),
        ({"maxheight": "default"}, None),
        ({"maxheight": "none"}, None),
        ({"maxheight": "below_default"}, 3.99),
        ({"maxheight": "4", "maxheight:physical": "3.9"}, 3.9),
        ({"maxheight": "4", "maxheight:forward": "3.2"}, 3.2),
        ({"maxheight": "4", "maxheight:backward": "3.2"}, 4.0),
        ({"maxheight:conditional": "3.1 @ (06:00-20:00)"}, 3.1),
        ({"maxheight": "3.5;3.2"}, 3.2),
    ],
)
def test_heights_are_read_in_metres(tags: dict[str, str], height_m: float | None) -> None:
    limits = read_limits(tags, "forward")
    assert (limits.height_m, limits.unread) == (height_m, ())


@pytest.mark.parametrize(
    ("tags", "weight_t"),
    [
        ({"maxweight": "7.5"}, 7.5),
        ({"maxweight": "7.5 t"}, 7.5),
        ({"maxweight": "3500 kg"}, 3.5),
        ({"maxweight": "10 st"}, 9.07),
        ({"maxweight": "8000 lbs"}, 3.63),
        ({"maxweight": "none"}, None),
        ({"maxweightrating:hgv": "12"}, 12.0),
        ({"maxweight": "30", "maxweight:hgv": "12"}, 12.0),
        ({"maxweight": "7.5", "maxweight:conditional": "none @ destination"}, 7.5),
        ({"maxweight:conditional": "12 @ (22:00-06:00); none @ delivery"}, 12.0),
    ],
)
def test_weights_are_read_in_tonnes(tags: dict[str, str], weight_t: float | None) -> None:
    limits = read_limits(tags, "forward")
    assert (limits.weight_t, limits.unread) == (weight_t, ())


@pytest.mark.parametrize(
    "tags",
    [{"maxheight": "low"}, {"maxweight": "heavy"}, {"maxheight": "0"}, {"maxweight": "-5"}, {"maxheight": "4 m?"}],
)
def test_a_limit_that_is_not_understood_is_told(tags: dict[str, str]) -> None:
    [(key, value)] = tags.items()
    assert read_limits(tags, "forward").unread == (f"{key}={value}",)
