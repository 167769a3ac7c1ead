"""A contestant's corner: a process of its own, so that nobody's memory or caches are another's."""

import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from benchmarks.processes import peak_memory_mb
from benchmarks.routing.city import Ints
from benchmarks.routing.contestants import CONTESTANTS, ManyAtOnce
from benchmarks.routing.task import Pairs, RoadGraph, Route

WARM_UP = 2
"""Pairs that are asked, after costs that no round has, before the first round."""


@dataclass(frozen=True, slots=True)
class Round:
    """New costs for all links, and answers to some pairs; each question was asked alone for `query_us`."""

    apply_ms: float
    answers_ms: float
    query_us: list[float]
    routes: list[Route]


class CornerError(RuntimeError):
    """A contestant's process ended; what it printed says why."""


class Corner:
    """A contestant with its process and its graph, as seen from outside."""

    def __init__(self, name: str, graph: RoadGraph) -> None:
        context = get_context("spawn")
        self._name = name
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_sit, args=(theirs, name, graph), daemon=True)
        self._process.start()
        theirs.close()

    def prepare(self, link_costs: Ints, pairs: Pairs) -> float:
        """Let it take in the graph and warm up; give the seconds of the former."""
        return cast("float", self._ask("prepare", link_costs, pairs[:WARM_UP]))

    def play(self, link_costs: Ints, pairs: Pairs) -> Round:
        """Let it play one round."""
        return cast("Round", self._ask("play", link_costs, pairs))

    def ask_while_refreshing(self, link_costs: Ints, pairs: Pairs) -> list[float]:
        """Give the microseconds of each question while another thread applies costs again and again."""
        return cast("list[float]", self._ask("ask_while_refreshing", link_costs, pairs))

    def peak_growth_mb(self) -> float:
        """Tell by how much it grew at most since it had the graph, and its libraries, in memory."""
        return cast("float", self._ask("peak_growth_mb"))

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join()
        self._line.close()

    def _ask(self, what: str, *arguments: Any) -> Any:
        try:
            self._line.send((what, arguments))
            return self._line.recv()
        except (EOFError, OSError) as error:
            self._process.join()
            message = f"{self._name} ended with exit code {self._process.exitcode} when asked to {what}"
            raise CornerError(message) from error


class Seat:
    """A contestant with its graph, inside its process."""

    def __init__(self, name: str, graph: RoadGraph) -> None:
        self._contestant = CONTESTANTS[name]()
        self._graph = graph
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is counted from now, see proc(5)
        self._before_mb = peak_memory_mb("self")

    def prepare(self, link_costs: Ints, pairs: Pairs) -> float:
        started_s = time.perf_counter()
        self._contestant.prepare(self._graph)
        preprocessing_s = time.perf_counter() - started_s
        self.play(link_costs, pairs)
        return preprocessing_s

    def play(self, link_costs: Ints, pairs: Pairs) -> Round:
        apply_ms = self._apply_ms(link_costs)
        if not isinstance(self._contestant, ManyAtOnce):
            answers, query_us = self._answer(pairs)
            return Round(apply_ms, sum(query_us) / 1000, query_us, self._read(answers))
        started_s = time.perf_counter()
        batch = self._contestant.answer_all(pairs)
        batch_ms = 1000 * (time.perf_counter() - started_s)
        self._apply_ms(link_costs)  # so that these find the caches as everybody's questions do
        answers, query_us = self._answer(pairs)
        routes = self._read(batch)
        assert routes == self._read(answers), "a batch is answered otherwise than its questions"
        return Round(apply_ms, batch_ms, query_us, routes)

    def ask_while_refreshing(self, link_costs: Ints, pairs: Pairs) -> list[float]:
        assert isinstance(self._contestant, ManyAtOnce)
        with self._contestant.refreshing(link_costs):
            return self._answer(pairs)[1]

    def peak_growth_mb(self) -> float:
        return peak_memory_mb("self") - self._before_mb

    def _apply_ms(self, link_costs: Ints) -> float:
        started_s = time.perf_counter()
        self._contestant.apply(link_costs)
        return 1000 * (time.perf_counter() - started_s)

    def _read(self, answers: list[Any]) -> list[Route]:
        return [self._contestant.read(answer) for answer in answers]

    def _answer(self, pairs: Pairs) -> tuple[list[Any], list[float]]:
        """Ask one question after the other; give the answers, and the microseconds of each."""
        answers, answer_us = [], []
        for origin, destination in pairs:
            started_ns = time.perf_counter_ns()
            answers.append(self._contestant.answer(origin, destination))
            answer_us.append((time.perf_counter_ns() - started_ns) / 1000)
        return answers, answer_us


def _sit(line: Connection, name: str, graph: RoadGraph) -> None:
    seat = Seat(name, graph)
    while True:
        what, arguments = line.recv()
        line.send(getattr(seat, what)(*arguments))
