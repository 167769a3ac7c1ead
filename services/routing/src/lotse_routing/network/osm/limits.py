"""How high and how heavy a vehicle may be: OpenStreetMap's maxheight and maxweight tags, in metres and tonnes.

Sources: wiki.openstreetmap.org/wiki/Key:maxheight, Key:maxweight, Map_Features/Units. A limit that holds under a
condition is taken to hold always. Of several limits the lowest counts; one for lorries only (maxweight:hgv) stands for
the whole street, as the network has one limit a link: cars are lighter, and a bus that tells its weight keeps clear.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

HEIGHT_KEYS = ("maxheight", "maxheight:physical", "maxheight:signed", "maxheight:hgv")
WEIGHT_KEYS = ("maxweight", "maxweightrating", "maxweight:hgv", "maxweightrating:hgv", "maxgcweight:hgv")

NO_LIMIT = frozenset(
    {"default", "none", "no", "no_sign", "no_indications", "unsigned", "infty", "unlimited", "variable"}
)
BELOW_DEFAULT = "below_default"
BELOW_DEFAULT_M = 3.99
"""Signed nowhere, but lower than what the law lets all vehicles be: 4 m in most of Europe (StVO section 22)."""

M_PER_FOOT = 0.3048
INCHES_PER_FOOT = 12
TONNES: Mapping[str, float] = {"": 1, "t": 1, "tonnes": 1, "kg": 1e-3, "st": 0.90718474, "lt": 1.0160469088}
TONNES_PER_POUND = 0.00045359237
DECIMALS = 2

_METRES = re.compile(r"^(?P<number>\d+(?:[.,]\d+)?)\s*(?P<unit>m|cm)?$")
_FEET = re.compile(r"^(?P<feet>\d+(?:\.\d+)?)\s*(?:'|ft|feet)\s*(?:(?P<inches>\d+(?:\.\d+)?)\s*(?:\"|''|in)?)?$")
_WEIGHT = re.compile(r"^(?P<number>\d+(?:[.,]\d+)?)\s*(?P<unit>t|tonnes|kg|st|lt|lbs?)?$")
_CLAUSE = re.compile(r"([^@;()]+?)\s*@\s*(?:\([^()]*\)|[^;()]+)")


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a direction (None: none is known), and the tags that could not be read."""

    height_m: float | None = None
    weight_t: float | None = None
    unread: tuple[str, ...] = ()

    def lowered(self, weight_t: float | None) -> "Limits":
        """Give them with one more limit of the weight."""
        weights = [limit for limit in (self.weight_t, weight_t) if limit is not None]
        return replace(self, weight_t=min(weights, default=None))


def read_limits(tags: Mapping[str, str], direction: str) -> Limits:
    """Read the limits of a direction, 'forward' or 'backward'."""
    unread: list[str] = []
    heights = [limit for told in _tagged(tags, HEIGHT_KEYS, direction) for limit in _read(told, _metres, unread)]
    weights = [limit for told in _tagged(tags, WEIGHT_KEYS, direction) for limit in _read(told, _tonnes, unread)]
    return Limits(min(heights, default=None), min(weights, default=None), tuple(unread))


def _tagged(tags: Mapping[str, str], keys: Iterable[str], direction: str) -> Iterator[tuple[str, str]]:
    """Give keys and values that hold for a direction: its own, else that of the way; those under a condition too."""
    for key in keys:
        for suffix in ("", ":conditional"):
            own, common = f"{key}:{direction}{suffix}", f"{key}{suffix}"
            told = own if own in tags else common
            if told in tags:
                yield told, tags[told]


def _read(told: tuple[str, str], read_number: Callable[[str], float | None], unread: list[str]) -> Iterator[float]:
    key, value = told
    values = _CLAUSE.findall(value) if key.endswith(":conditional") else value.split(";")
    for part in values or [value]:
        if part.strip() in NO_LIMIT:
            continue
        number = read_number(part.strip())
        if number is None or number <= 0:
            unread.append(f"{key}={value}")
        else:
            yield number


def _metres(value: str) -> float | None:
    if value == BELOW_DEFAULT:
        return BELOW_DEFAULT_M
    if metric := _METRES.match(value):
        number = float(metric["number"].replace(",", "."))
        return number / 100 if metric["unit"] == "cm" else number
    if imperial := _FEET.match(value):
        feet = float(imperial["feet"]) + float(imperial["inches"] or 0) / INCHES_PER_FOOT
        return round(feet * M_PER_FOOT, DECIMALS)
    return None


def _tonnes(value: str) -> float | None:
    match = _WEIGHT.match(value)
    if match is None:
        return None
    number, unit = float(match["number"].replace(",", ".")), match["unit"] or ""
    if unit.startswith("lb"):
        return round(number * TONNES_PER_POUND, DECIMALS)
    return round(number * TONNES[unit], DECIMALS)
