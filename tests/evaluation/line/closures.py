"""Closed edges as roadworks of Lotse: announced when they close, ended when they open."""

from collections.abc import Mapping

import httpx

from evaluation.line.feed import moment
from evaluation.line.link_map import LinkMap
from evaluation.line.registry import INTERVAL_S
from evaluation.nouns import MORNING, Edge, Minute
from lotse_standalone.machine.problems import StandaloneError


class Closures:
    """Keeps Lotse's roadworks like the closed edges of the city. `unheard` are edges that no link can be closed for."""

    def __init__(self, client: httpx.Client, link_map: LinkMap, edges: Mapping[str, Edge]) -> None:
        self._client = client
        self._link_map = link_map
        self._edges = edges
        self._announced: dict[str, str] = {}
        self.unheard: set[str] = set()

    def follow(self, minute: Minute) -> None:
        """Announce what has closed and end what has opened, before the watermark of the minute.

        Raises
        ------
        StandaloneError
            Lotse refuses it.
        """
        for edge_id in sorted(self._announced.keys() - minute.closed):
            self._post(f"/v1/roadworks/{self._announced.pop(edge_id)}/end", {})
        for number, edge_id in enumerate(sorted(minute.closed - self._announced.keys() - self.unheard)):
            if links := self._link_map.links_of(edge_id):
                self._announced[edge_id] = f"closed-{minute.until_s}-{number}"
                self._post("/v1/roadworks", self._roadwork(edge_id, links, minute))
            else:
                self.unheard.add(edge_id)

    def _roadwork(self, edge_id: str, links: tuple[str, ...], minute: Minute) -> dict[str, object]:
        return {
            "roadwork_id": self._announced[edge_id],
            "name": f"Sperrung {self._edges[edge_id].name}".strip(),
            "effect": "closed",
            "links": links,
            "starts_at": moment(minute.until_s - INTERVAL_S, MORNING).isoformat(),
            "override_reason": "it is closed in the simulation, whatever that isolates",
        }

    def _post(self, path: str, body: Mapping[str, object]) -> None:
        answer = self._client.post(path, json=body)
        if not answer.is_success:
            message = f"POST {path} was refused: {answer.text[:500]}"
            raise StandaloneError(message)
