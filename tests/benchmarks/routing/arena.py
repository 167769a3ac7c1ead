"""One graph, all contestants, round after round: each round all of them, one after the other, on the same costs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from benchmarks.routing.city import City
from benchmarks.routing.contestants import OURS, SLOW
from benchmarks.routing.corner import Corner, Round
from benchmarks.routing.task import (
    DETOURS,
    Kind,
    Pairs,
    Referee,
    RoadGraph,
    Route,
    draw_costs,
    draw_pairs,
    node_graph,
    sample,
    turn_graph,
)

BEFORE_ALL = 10**6
"""Number of the costs that contestants warm up on."""
REFRESHING_REPEATS = 5


@dataclass(frozen=True, slots=True)
class Size:
    """How many copies of the city, how many rounds, and how many of the 200 pairs the slow contestants answer."""

    columns: int
    rows: int
    rounds: int
    sample: int

    @property
    def copies(self) -> int:
        """How many."""
        return self.columns * self.rows


@dataclass(slots=True)
class Standing:
    """What a contestant showed on one graph.

    `job_ms` is the costs and all 200 answers; where only a sample was asked, its answers count for all.
    """

    kind: Kind
    copies: int
    nodes: int
    arcs: int
    contestant: str
    asked: int
    preprocessing_s: float = 0.0
    memory_mb: float = 0.0
    apply_ms: list[float] = field(default_factory=list)
    job_ms: list[float] = field(default_factory=list)
    query_us: list[float] = field(default_factory=list)
    query_refreshing_us: list[float] = field(default_factory=list)
    wrong: int = 0

    @property
    def run(self) -> str:
        """Its name among the runs."""
        return f"{self.kind} {self.copies}x {self.contestant}"

    @property
    def job_median_ms(self) -> float:
        """Of the rounds."""
        return median(self.job_ms)

    def add(self, played: Round) -> None:
        """Take in a round."""
        self.apply_ms.append(played.apply_ms)
        self.job_ms.append(played.apply_ms + played.answers_ms * DETOURS / self.asked)
        self.query_us += played.query_us

    def query_p99_us(self) -> float:
        """Of the questions of all rounds."""
        return float(np.percentile(self.query_us, 99))

    def query_undisturbed_p99_us(self) -> float:
        """Of the pairs, each by its median over the rounds: what no other process has lengthened."""
        by_pair = np.median(np.reshape(self.query_us, (-1, self.asked)), axis=0)
        return float(np.percentile(by_pair, 99))

    def as_runs(self) -> list[dict[str, Any]]:
        """Tell of it round by round, then of all of them."""
        each = [
            {"run": self.run, "round": number, "apply_ms": round(apply_ms, 4), "job_ms": round(job_ms, 4)}
            for number, (apply_ms, job_ms) in enumerate(zip(self.apply_ms, self.job_ms, strict=True))
        ]
        return [*each, self._summary()]

    def _summary(self) -> dict[str, Any]:
        refreshing = self.query_refreshing_us
        return {
            "run": f"{self.run}, all rounds",
            "nodes": self.nodes,
            "arcs": self.arcs,
            "pairs_asked": self.asked,
            "preprocessing_s": round(self.preprocessing_s, 4),
            "memory_mb": round(self.memory_mb, 1),
            "query_median_us": round(median(self.query_us), 2),
            "query_p99_us": round(self.query_p99_us(), 2),
            "query_undisturbed_p99_us": round(self.query_undisturbed_p99_us(), 2),
            "query_p99_refreshing_us": round(float(np.percentile(refreshing, 99)), 2) if refreshing else None,
            "wrong": self.wrong,
        }


def compete(city: City, kind: Kind, size: Size, names: Iterable[str], tell: Callable[[str], None]) -> list[Standing]:
    """Let contestants play on one graph of a city (already of this size), and tell what each does."""
    graph, lively = (
        (node_graph(city), city.lively_junctions) if kind == "node" else (turn_graph(city), city.lively_states)
    )
    pairs, warm_up = draw_pairs(graph, lively), draw_costs(city, BEFORE_ALL)
    asked = {name: sample(pairs, size.sample) if name in SLOW else pairs for name in names}
    standings = {
        name: Standing(kind, size.copies, graph.nodes, len(graph.tails), name, len(asked[name])) for name in asked
    }
    corners: dict[str, Corner] = {}
    try:
        for name, questions in asked.items():
            tell(f"{standings[name].run}: preprocessing")
            corners[name] = Corner(name, graph)
            standings[name].preprocessing_s = corners[name].prepare(warm_up, questions)
        _play(city, graph, size.rounds, corners, asked, standings, tell)
        if OURS in corners:
            _play_refreshing(standings[OURS], corners[OURS], city, pairs)
        for name, corner in corners.items():
            standings[name].memory_mb = corner.peak_growth_mb()
    finally:
        for corner in corners.values():
            corner.close()
    return list(standings.values())


def _play(  # noqa: PLR0913, PLR0917 - all that a game consists of
    city: City,
    graph: RoadGraph,
    rounds: int,
    corners: dict[str, Corner],
    asked: dict[str, Pairs],
    standings: dict[str, Standing],
    tell: Callable[[str], None],
) -> None:
    referee, names = Referee(graph), list(corners)
    for number in range(rounds):
        costs = draw_costs(city, number)
        answers: dict[str, dict[tuple[int, int], Route]] = {}
        for name in names[number % len(names) :] + names[: number % len(names)]:
            tell(f"{standings[name].run}: round {number + 1} of {rounds}")
            played = corners[name].play(costs, asked[name])
            standings[name].add(played)
            answers[name] = dict(zip(asked[name], played.routes, strict=True))
        for name, wrong in referee.count_wrong(answers, costs).items():
            standings[name].wrong += wrong


def _play_refreshing(standing: Standing, corner: Corner, city: City, pairs: Pairs) -> None:
    for number in range(REFRESHING_REPEATS):
        standing.query_refreshing_us += corner.ask_while_refreshing(draw_costs(city, number), pairs)
