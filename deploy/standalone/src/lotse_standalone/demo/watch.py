"""Asks the gateway what the line is doing: for the live status while it runs, for the report when it is over."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx

from lotse_standalone.demo.live import Board, SignRow
from lotse_standalone.demo.report import Decision
from lotse_standalone.signs.sign_client import SignClient
from lotse_standalone.stack.gateway import GatewayAwayError, ask, list_all

LINKS_PAGE = 10_000


def list_decisions(client: httpx.Client, sign_id: str, since: datetime) -> list[Decision]:
    """Give the decisions on a sign since a moment, newest first."""
    decisions = []
    for item in list_all(client, f"/v1/signs/{sign_id}/decisions"):
        decision = _decision(sign_id, item)
        if decision.decided_at < since:
            break
        decisions.append(decision)
    return decisions


def count_levels(client: httpx.Client) -> Counter[str]:
    """Count the links of each level of service."""
    collection = ask(client, "/v1/links", limit=LINKS_PAGE)
    return Counter(feature["properties"]["level_of_service"] for feature in collection["features"])


class Watch:
    """Looks at the line again and again.

    Parameters
    ----------
    client
        HTTP client of the API.
    signs
        The signs on the road, with the names of their places.
    """

    def __init__(self, client: httpx.Client, signs: Sequence[tuple[str, SignClient]]) -> None:
        self._client = client
        self._signs = signs
        self._board = Board()

    def look(self, phase: str) -> Board:
        """Give the board of this moment; while the gateway is away, the last one with the trouble."""
        try:
            readings = ask(self._client, "/v1/system")["readings"]
            levels = count_levels(self._client) if self._signs else {}
            rows = tuple(self._row(name, sign) for name, sign in self._signs)
            self._board = Board(phase, readings, levels, rows)
        except GatewayAwayError as error:
            self._board = replace(self._board, phase=phase, trouble=str(error))
        return self._board

    def _row(self, name: str, sign: SignClient) -> SignRow:
        newest = ask(self._client, f"/v1/signs/{sign.sign_id}/decisions", limit=1)["items"]
        shown = sign.shown
        explanation = newest[0]["explanation"] if newest else "nothing was decided yet"
        return SignRow(sign.sign_id, name, shown.lines, explanation, shown.fault)


def _decision(sign_id: str, item: dict[str, Any]) -> Decision:
    return Decision(
        sign=sign_id,
        epoch=item["epoch"],
        seq=item["seq"],
        state=item["state"],
        lines=tuple(item["lines"]),
        explanation=item["explanation"],
        decided_at=datetime.fromisoformat(item["decided_at"]),
        sensed_at=None if item["sensed_at"] is None else datetime.fromisoformat(item["sensed_at"]),
    )
