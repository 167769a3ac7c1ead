"""Lotse as a `Guidance`: what it is told of a minute goes through MQTT and REST, what it decides comes back by REST."""

import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from evaluation.line.closures import Closures
from evaluation.line.feed import Feed, moment
from evaluation.line.link_map import LinkMap
from evaluation.line.messages import Translator
from evaluation.line.preparation import copy_folder, open_folder, prepare, read_ready, read_settings
from evaluation.line.registry import INTERVAL_S
from evaluation.line.speech import Speech
from evaluation.nouns import MORNING, Knowledge, Message, Minute, Route
from lotse_standalone.stack.stack import Stack, StackOptions


class Lotse:
    """The real services on a copy of a prepared data folder, in data time, one step a minute.

    Parameters
    ----------
    knowledge
        What the control centre knows of the city.
    prepared
        Where prepared data folders are kept; what is missing is made (a minute or so).
    logs
        Where the services' logs of this run go in the end.

    Attributes
    ----------
    client
        HTTP client of the public API, while it runs.
    """

    def __init__(self, knowledge: Knowledge, prepared: Path, logs: Path) -> None:
        self._knowledge = knowledge
        self._prepared = prepared
        self._logs = logs
        self._open = ExitStack()
        self._seconds = defaultdict[str, float](float)
        self._minutes = 0

    def __enter__(self) -> Self:
        with ExitStack() as opening, self._timed("start"):
            prepared = prepare(self._knowledge, self._prepared)
            folder = opening.enter_context(open_folder())
            copy_folder(prepared, folder)
            opening.callback(self._keep_logs, folder)
            stack = opening.enter_context(Stack(StackOptions(folder, clock="data", settings=read_settings())))
            self.client = client = opening.enter_context(stack.client())
            self._feed = opening.enter_context(Feed(stack, client))
            self._ready = read_ready(folder)
            link_map = LinkMap(self._ready.chains, self._ready.links)
            self._closures = Closures(client, link_map, self._knowledge.city.edges)
            self._speech = Speech(client, self._translator(link_map))
            self._feed.send((), MORNING, INTERVAL_S)
            self._feed.wait(MORNING)
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._timed("stop"):
            self._open.close()

    def update(self, minute: Minute) -> None:
        """Tell Lotse of a minute, wait until it has decided on it, and read what signs say.

        Raises
        ------
        lotse_standalone.machine.problems.StandaloneError
            A service died, refuses what it is told, or the line stands still; says where to look.
        """
        until = moment(minute.until_s, MORNING)
        with self._timed("tell"):
            self._closures.follow(minute)
            self._feed.send(minute.readings, until, INTERVAL_S)
        with self._timed("wait"):
            self._feed.wait(until)
        with self._timed("read"):
            self._speech.listen()
        self._minutes += 1

    def way(self, sign_id: str, ahead: Route) -> Route | None:
        """Give the way of a driver whom a message of the sign addresses; None for any other."""
        return self._speech.way(sign_id, ahead)

    def shown(self) -> Mapping[str, Sequence[str]]:
        """Tell what the displays show now; blank ones are left out."""
        return self._speech.shown()

    def messages(self, sign_id: str) -> tuple[Message, ...]:
        """Give what a sign says to drivers of SUMO now, what counts most first."""
        return self._speech.messages(sign_id)

    @property
    def details(self) -> Mapping[str, Any]:
        """What the report may tell: seconds a phase, messages and those that drivers of SUMO could not be told."""
        return {
            "seconds": {phase: round(seconds, 3) for phase, seconds in self._seconds.items()},
            "minutes": self._minutes,
            "messages": self._speech.messages_told,
            "messages_left_out": dict(self._speech.left_out),
            "without_link": self._ready.registry.left_out,
            "closed_without_link": sorted(self._closures.unheard),
        }

    def _translator(self, link_map: LinkMap) -> Translator:
        city = self._knowledge.city
        sign_edges = {sign.sign_id: sign.edge_id for sign in city.signs}
        return Translator(link_map, city.edges, sign_edges)

    def _keep_logs(self, folder: Path) -> None:
        shutil.copytree(folder / "logs", self._logs, dirs_exist_ok=True)

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        began_s = time.monotonic()
        try:
            yield
        finally:
            self._seconds[phase] += time.monotonic() - began_s
