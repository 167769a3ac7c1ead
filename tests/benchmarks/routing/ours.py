"""Lotse's own core, the only module of the bench that knows it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.routing.city import Ints
from benchmarks.routing.task import Pairs, RoadGraph, Route


class Ours:
    """Placeholder until the core lands."""

    def prepare(self, graph: RoadGraph) -> None:
        raise NotImplementedError

    def apply(self, link_costs: Ints) -> None:
        raise NotImplementedError

    def answer(self, origin: int, destination: int) -> Any:
        raise NotImplementedError

    def answer_all(self, pairs: Pairs) -> list[Any]:
        raise NotImplementedError

    def read(self, answer: Any) -> Route:
        raise NotImplementedError

    @contextmanager
    def refreshing(self, link_costs: Ints) -> Iterator[None]:
        """Apply costs again and again in another thread, as long as the context lasts."""
        ended = threading.Event()

        def refresh() -> None:
            while not ended.is_set():
                self.apply(link_costs)

        thread = threading.Thread(target=refresh)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
