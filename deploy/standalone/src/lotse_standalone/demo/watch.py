"""Asks the gateway what the line is doing: for the live status while it runs, for the report when it is over."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx

from lotse_standalone.demo.live import Board, SignRow
from lotse_standalone.demo.report import Decision
from lotse_standalone.demo.road import Road, RoadSign
from lotse_standalone.signs.sign_client import Shown
from lotse_standalone.stack.gateway import GatewayAwayError, ask, list_all

LINKS_PAGE = 10_000
MEASURED_LEVELS = ("free", "dense", "slow", "jam")
RECENT_DECISIONS = 5
"""Among so many newest decisions is the one behind what a sign holds, which may lag behind by a poll."""


def list_decisions(client: httpx.Client, sign_id: str, since: datetime) -> list[Decision]:
    """Give the decisions on a sign since a moment, newest first."""
    decisions = []
    for item in list_all(client, f"/v1/signs/{sign_id}/decisions"):
        decision = _decision(sign_id, item)
        if decision.decided_at < since:
            break
        decisions.append(decision)
    return decisions


def count_levels(client: httpx.Client, links: int) -> Counter[str]:
    """Count the links of each level of service, of a network of so many `links`.

    Those without a measurement are not listed one by one: in a city they are nearly all.
    """
    levels = Counter({level: _count(client, level) for level in MEASURED_LEVELS})
    levels["unknown"] = max(links - levels.total(), 0)
    return levels


class Watch:
    """Looks at the line again and again.

    Parameters
    ----------
    client
        HTTP client of the API.
    road
        The signs on the road.
    """

    def __init__(self, client: httpx.Client, road: Road) -> None:
        self._client = client
        self._road = road
        self._board = Board()
        self._decisions: dict[str, list[Decision]] = {}

    def look(self, phase: str) -> Board:
        """Give the board of this moment.

        While the gateway is away it has the trouble, the last figures known, and the signs as they stand: they are on
        the road, and what they show without the gateway is what counts then.
        """
        try:
            self._board = self._ask(phase)
        except GatewayAwayError as error:
            self._board = replace(self._board, phase=phase, trouble=str(error))
        return replace(self._board, signs=tuple(self._row(each) for each in self._road.signs))

    def _ask(self, phase: str) -> Board:
        self._road.man()
        system = ask(self._client, "/v1/system")
        network: Mapping[str, Any] = system["network"] or {"links": 0}
        levels = count_levels(self._client, network["links"])
        self._decisions = {each.sign_id: self._recent(each.sign_id) for each in self._road.signs}
        return Board(phase, system["readings_24h"], levels)

    def _recent(self, sign_id: str) -> list[Decision]:
        items = ask(self._client, f"/v1/signs/{sign_id}/decisions", limit=RECENT_DECISIONS)["items"]
        return [_decision(sign_id, item) for item in items]

    def _row(self, sign: RoadSign) -> SignRow:
        shown, rank = sign.client.shown, sign.client.rank
        decisions = self._decisions.get(sign.sign_id, [])
        behind = next((each for each in decisions if (each.epoch, each.seq) == rank), None)
        decision = behind or next(iter(decisions), None)
        return SignRow(
            sign.sign_id,
            sign.name,
            shown.lines,
            "nothing was decided yet" if decision is None else decision.explanation,
            shown.fault,
            fallback=_why_fallback(shown, decision) if shown.is_fallback else "",
            decided_at=None if decision is None else decision.decided_at,
        )


def _why_fallback(shown: Shown, decision: Decision | None) -> str:
    """Tell why a sign fell back: it was told to, or no answer came that would prolong what it holds."""
    if decision is not None and decision.state == "fallback":
        return decision.explanation
    return "what it last heard is stale" + (f" ({shown.fault})" if shown.fault else "")


def _count(client: httpx.Client, level: str) -> int:
    page = ask(client, "/v1/links", level_of_service=level, limit=LINKS_PAGE)
    count = len(page["features"])
    while page["next_cursor"] is not None:
        page = ask(client, "/v1/links", level_of_service=level, limit=LINKS_PAGE, cursor=page["next_cursor"])
        count += len(page["features"])
    return count


def _decision(sign_id: str, item: Mapping[str, Any]) -> Decision:
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
