"""The map of an incident: streets, what is closed or slow, stations, signs, and the corridors that were shown."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import cos, radians
from pathlib import Path
from typing import Any

from evaluation.nouns import City, Edge, Route, RunResult
from evaluation.report.draw import BLUE, FAINT, GREY, INK, ORANGE, RED, new_figure, save

DEGREE_M = 111_320.0
MARGIN_M = 400.0
SCALE_M = 500.0
WIDTH_IN = 9.0
TOGETHER = 0.012
"""Signs closer than this share of the picture's width share a label."""
STYLES = (
    {"color": BLUE, "linewidth": 5.0, "alpha": 0.75},
    {"color": ORANGE, "linewidth": 2.0, "linestyle": (0, (3, 1.5))},
)
"""Of the corridors of the first policy and of the second: broad, and narrow and dashed on top of it."""

Point = tuple[float, float]
Corridors = Mapping[str, tuple[Route, ...]]
"""By sign."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a map shows beside the streets: the edges in trouble, and by policy the corridors that signs showed."""

    trouble: frozenset[str]
    effect: str
    corridors: Mapping[str, Corridors]

    @property
    def speaking(self) -> frozenset[str]:
        """Give the signs that showed a corridor."""
        return frozenset(sign for of_policy in self.corridors.values() for sign in of_policy)

    def edges(self) -> frozenset[str]:
        """Give all edges that have to be in the picture."""
        routes = (route for of_policy in self.corridors.values() for some in of_policy.values() for route in some)
        return self.trouble.union(*routes)


def corridors_of(result: RunResult) -> Corridors:
    """Read them from `details["corridors"]`, each with `sign_id` and `corridor`; nothing if a policy tells none."""
    found: dict[str, dict[Route, None]] = {}
    for message in result.details.get("corridors", ()):
        found.setdefault(str(message["sign_id"]), {})[tuple(message["corridor"])] = None
    return {sign_id: tuple(routes) for sign_id, routes in sorted(found.items())}


def draw_map(city: City, sight: Sight, path: Path) -> None:
    """Draw the part of a city that the incident concerns."""
    known = [city.edges[name] for name in sorted(sight.edges()) if name in city.edges]
    box = _box(point for edge in known for point in edge.shape)
    stretch = 1 / cos(radians((box[1] + box[3]) / 2))
    height_in = WIDTH_IN * (box[3] - box[1]) / (box[2] - box[0]) * stretch
    figure = new_figure(WIDTH_IN, min(height_in, WIDTH_IN) + 0.8)
    axes = figure.subplots()
    near = [edge for edge in city.edges.values() if any(_is_within(point, box) for point in edge.shape)]
    _draw_edges(axes, _one_a_pair(e for e in near if not e.is_signable), color=FAINT, linewidth=0.6)
    _draw_edges(
        axes, _one_a_pair(e for e in near if e.is_signable), color="#a8a8a8", linewidth=1.6, label="main street"
    )
    for (policy, corridors), style in zip(sight.corridors.items(), STYLES, strict=False):
        edges = {name for some in corridors.values() for route in some for name in route}
        _draw_edges(axes, [city.edges[name] for name in sorted(edges)], label=f"shown by {policy}", **style)
    trouble = [city.edges[name] for name in sorted(sight.trouble)]
    _draw_edges(axes, trouble, color=RED, linewidth=3.5)
    _draw_edges(axes, trouble, color="white", linewidth=1.6, linestyle=(0, (1, 1.5)))
    axes.plot([], [], color=RED, linewidth=3.5, label=sight.effect)
    _draw_posts(axes, city, sight.speaking, box)
    _frame(axes, city, box, stretch)
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    save(figure, path)


def _box(points: Iterable[Point]) -> tuple[float, float, float, float]:
    """Give west, south, east, north around points, with a margin."""
    lons, lats = zip(*points, strict=True)
    high = MARGIN_M / DEGREE_M
    wide = high / cos(radians(lats[0]))
    return min(lons) - wide, min(lats) - high, max(lons) + wide, max(lats) + high


def _is_within(point: Point, box: tuple[float, float, float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _one_a_pair(edges: Iterable[Edge]) -> list[Edge]:
    """Keep one direction of each street: in the picture they lie on each other."""
    return list({frozenset((edge.from_node, edge.to_node)): edge for edge in edges}.values())


def _draw_edges(axes: Any, edges: Collection[Edge], **style: Any) -> None:
    """Draw edges as a single line with gaps: one path in the file."""
    lons, lats = list[float](), list[float]()
    for edge in edges:
        lons += [*(lon for lon, _ in edge.shape), float("nan")]
        lats += [*(lat for _, lat in edge.shape), float("nan")]
    axes.plot(lons, lats, solid_capstyle="round", **style)


def _draw_posts(axes: Any, city: City, speaking: frozenset[str], box: tuple[float, float, float, float]) -> None:
    stations = [_middle(city.edges[station.edge_id]) for station in city.stations]
    axes.plot(*_columns(stations), "o", color=INK, markersize=3, markerfacecolor="white", label="station")
    signs = {sign.sign_id: city.edges[sign.edge_id].shape[-1] for sign in city.signs}
    silent = [place for name, place in signs.items() if name not in speaking]
    axes.plot(*_columns(silent), "s", color=INK, markersize=6, markerfacecolor="white", label="sign")
    told = [place for name, place in signs.items() if name in speaking]
    axes.plot(*_columns(told), "s", color=INK, markersize=6, label="sign that showed a corridor")
    for names, place in _together(signs, (box[2] - box[0]) * TOGETHER):
        if _is_within(place, box):
            axes.annotate(names, place, (5, 4), textcoords="offset points", fontsize=8, fontweight="bold")


def _together(signs: Mapping[str, Point], near_deg: float) -> list[tuple[str, Point]]:
    """Name signs that lie on each other in one breath, at the first one's place."""
    groups: dict[Point, list[str]] = {}
    for name, place in signs.items():
        near = (p for p in groups if abs(p[0] - place[0]) < near_deg and abs(p[1] - place[1]) < near_deg)
        groups.setdefault(next(near, place), []).append(name)
    return [(", ".join(names), place) for place, names in groups.items()]


def _columns(points: Collection[Point]) -> tuple[list[float], list[float]]:
    return [lon for lon, _ in points], [lat for _, lat in points]


def _middle(edge: Edge) -> Point:
    return edge.shape[len(edge.shape) // 2]


def _frame(axes: Any, city: City, box: tuple[float, float, float, float], stretch: float) -> None:
    axes.set(xlim=(box[0], box[2]), ylim=(box[1], box[3]), aspect=stretch, xticks=[], yticks=[])
    axes.spines[:].set_color(FAINT)
    long = SCALE_M / DEGREE_M * stretch
    at, low = box[2] - 1.3 * long, box[1] + 0.1 * MARGIN_M / DEGREE_M
    axes.plot([at, at + long], [low, low], color=INK, linewidth=2)
    axes.annotate(f"{SCALE_M:g} m", (at + long / 2, low), (0, 3), textcoords="offset points", ha="center", fontsize=8)
    if ".osm" in city.source.name:
        axes.annotate(
            "© OpenStreetMap contributors", (box[0], box[1]), (4, 4), textcoords="offset points", fontsize=7, color=GREY
        )
